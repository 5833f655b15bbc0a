"""ResNet-20 on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, table 6.

Expected: paper, 8.75% test error after 64k steps; cpu, 13.2% after 20k steps of 64, on a copy of the
images that went through JPEG.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_resnet20              # cpu
    ./scripts/reproduce resnet/cifar10_resnet20:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_resnet20:paper
"""

from configs.resnet import CIFAR, CPU, NET, SMALL, STUDY, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_resnet20",
    "model": NET | {"depth": 20},
    "reported": test_error(8.75, "table 6"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "35 minutes on 2 cores"},
    study=STUDY | {"cost": "20 minutes on 2 cores with other work"},
    smoke=SMALL,
)
