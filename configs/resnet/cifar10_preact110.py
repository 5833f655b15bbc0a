"""A pre-activation ResNet-110 on CIFAR-10 (He 2016).

He, Zhang, Ren, Sun 2016, arXiv 1603.05027, section 4.1, table 2.

Expected: paper, 6.37% test error.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_preact110              # cpu
    ./scripts/reproduce resnet/cifar10_preact110:paper
"""

from configs.resnet import CIFAR, CPU, PREACT, SGD, SMALL, WARM, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_preact110",
    "model": PREACT | {"block": "basic", "depth": 110},
    "optimizer": SGD | WARM,
    "reported": test_error(6.37, "table 2", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20},
    smoke=SMALL,
)
