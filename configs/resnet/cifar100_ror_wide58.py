"""RoR-3-WRN58-4 with stochastic depth on CIFAR-100 (Zhang 2016).

Zhang, Sun, Han, Yuan, Guo, Liu 2016, arXiv 1608.02908, section 4.

Expected: paper, 19.73% test error.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar100_ror_wide58              # cpu
    ./scripts/reproduce resnet/cifar100_ror_wide58:paper
"""

from configs.resnet import CIFAR, CIFAR10, CPU, EPOCHS_500, ROR_WIDE, SMALL, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar100_ror_wide58",
    "model": ROR_WIDE | {"depth": 58, "widen": 4, "classes": 100},
    "data": CIFAR10 | {"name": "cifar100"},
    **EPOCHS_500,
    "join": {"name": "stochastic_depth", "survival": 0.5},
    "reported": test_error(19.73, "table 5", "V2"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 22, "model.widen": 1},
    smoke=SMALL | {"join.survival": 1.0, "model.depth": 10, "model.widen": 1, "model.classes": 10},
)
