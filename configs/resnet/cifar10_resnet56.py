"""ResNet-56 on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, table 6.

Expected: paper, 6.97% test error after 64k steps; cpu, see RESULTS.md.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_resnet56              # cpu
    ./scripts/reproduce resnet/cifar10_resnet56:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_resnet56:paper
"""

from configs.resnet import CIFAR, CPU, NET, SMALL, STUDY, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_resnet56",
    "model": NET | {"depth": 56},
    "reported": test_error(6.97, "table 6"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated two hours on 2 cores"},
    study=STUDY | {"cost": "26 minutes on 2 cores with other work"},
    smoke=SMALL,
)
