"""Swapout v2(20) W x 4 on CIFAR-10 (Singh 2016).

Singh, Hoiem, Forsyth 2016, arXiv 1605.06465, section 4, table 4.

Expected: paper, 5.09% test error, with 30 stochastic passes.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_swapout20              # cpu
    ./scripts/reproduce resnet/cifar10_swapout20:paper
"""

from configs.resnet import CIFAR, CPU, EPOCHS_256, PREACT, SMALL, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_swapout20",
    "model": PREACT | {"block": "basic", "depth": 20, "widths": (64, 128, 256)},
    "join": {"name": "swapout", "theta1": (1.0, 0.5), "theta2": (1.0, 0.5), "passes": 30},
    **EPOCHS_256,
    "reported": test_error(5.09, "table 4", "V2"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.widths": (16, 32, 64), "join.passes": 15},
    smoke=SMALL | {"join.passes": 2},
)
