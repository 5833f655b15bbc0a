"""A plain net of 110 layers on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, figure 6.

Expected: paper, more than 60% training error: deeper is worse, where nothing leads around the layers (figure 6).

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_plain110              # cpu
    ./scripts/reproduce resnet/cifar10_plain110:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_plain110:paper
"""

from configs.resnet import CIFAR, CPU, NET, SGD, SMALL, STUDY, WARM
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_plain110",
    "model": NET | {"depth": 110, "residual": False},
    "optimizer": SGD | WARM,  # the paper: until the training error is below 80%
    "reported": {},
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated four hours on 2 cores"},
    study=STUDY | {"cost": "an estimated 35 minutes on 2 cores"},
    smoke=SMALL,
)
