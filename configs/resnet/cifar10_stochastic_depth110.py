"""ResNet-110 with stochastic depth on CIFAR-10 (Huang 2016).

Huang, Sun, Liu, Sedra, Weinberger 2016, arXiv 1603.09382, section 4.

Expected: paper, 5.25% test error, against 6.41% without.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_stochastic_depth110              # cpu
    ./scripts/reproduce resnet/cifar10_stochastic_depth110:paper
"""

from configs.resnet import CIFAR, CPU, EPOCHS_500, NET, SMALL, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_stochastic_depth110",
    "model": NET | {"depth": 110},
    **EPOCHS_500,
    "join": {"name": "stochastic_depth", "survival": 0.5},
    "reported": test_error(5.25, "table 1", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20},
    smoke=SMALL | {"join.survival": 1.0},
)
