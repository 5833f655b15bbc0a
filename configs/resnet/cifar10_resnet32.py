"""ResNet-32 on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, table 6.

Expected: paper, 7.51% test error after 64k steps; cpu, see RESULTS.md.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_resnet32              # cpu
    ./scripts/reproduce resnet/cifar10_resnet32:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_resnet32:paper
"""

from configs.resnet import CIFAR, CPU, NET, SMALL, STUDY, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_resnet32",
    "model": NET | {"depth": 32},
    "reported": test_error(7.51, "table 6"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "70 minutes on 2 cores"},
    study=STUDY | {"cost": "an estimated 10 minutes on 2 cores"},
    smoke=SMALL,
)
