"""ResNet-110 on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, table 6.

Expected: paper, 6.43% test error after 64k steps (best of five runs; mean 6.61); cpu, see RESULTS.md.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_resnet110              # cpu
    ./scripts/reproduce resnet/cifar10_resnet110:study        # three seeds, to be compared with other depths
    ./scripts/reproduce resnet/cifar10_resnet110:paper
"""

from configs.resnet import CIFAR, CPU, NET, SGD, SMALL, STUDY, WARM, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_resnet110",
    "model": NET | {"depth": 110},
    "optimizer": SGD | WARM,  # the paper: until the training error is below 80%
    "reported": test_error(6.43, "table 6"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated four hours on 2 cores"},
    study=STUDY | {"cost": "an estimated 35 minutes on 2 cores"},
    smoke=SMALL,
)
