"""RoR-3-110 with stochastic depth on CIFAR-10 (Zhang 2016).

Zhang, Sun, Han, Yuan, Guo, Liu 2016, arXiv 1608.02908, section 4.

Expected: paper, 5.08% test error.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_ror110              # cpu
    ./scripts/reproduce resnet/cifar10_ror110:paper
"""

from configs.resnet import CIFAR, CPU, EPOCHS_500, ROR, SMALL, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_ror110",
    "model": ROR | {"depth": 110},
    **EPOCHS_500,
    "join": {"name": "stochastic_depth", "survival": 0.5},
    "reported": test_error(5.08, "table 3", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20},
    smoke=SMALL | {"join.survival": 1.0},
)
