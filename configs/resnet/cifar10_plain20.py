"""A plain net of 20 layers on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, figure 6.

Expected: paper, no number: figure 6 shows that deeper plain nets have more training error; `study` shows it here.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_plain20              # cpu
    ./scripts/reproduce resnet/cifar10_plain20:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_plain20:paper
"""

from configs.resnet import CIFAR, CPU, NET, SMALL, STUDY
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_plain20",
    "model": NET | {"depth": 20, "residual": False},
    "reported": {},
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "40 minutes on 2 cores"},
    study=STUDY | {"cost": "13 minutes on 2 cores with other work"},
    smoke=SMALL,
)
