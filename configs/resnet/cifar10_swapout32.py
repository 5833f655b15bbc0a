"""Swapout v2(32) W x 4 on CIFAR-10 (Singh 2016).

Singh, Hoiem, Forsyth 2016, arXiv 1605.06465, section 4, table 4.

Expected: paper, 4.76% test error, with 30 stochastic passes.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_swapout32              # cpu
    ./scripts/reproduce resnet/cifar10_swapout32:paper
"""

from configs.resnet import CIFAR, CPU, SGD, SMOKE, reported
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_swapout32",
    "model": {
        "name": "preact",
        "block": "basic",
        "depth": 32,
        "widths": (64, 128, 256),
        "classes": 10,
        "norm_groups": 1,
    },
    "join": {"name": "swapout", "theta1": (1.0, 0.5), "theta2": (1.0, 0.5), "passes": 30},
    "optimizer": SGD | {"boundaries": (75_000, 87_500)},  # epochs 192 and 224 of 256
    "run": CIFAR["run"] | {"steps": 100_000},
    "reported": reported(4.76, "table 4", "V2"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU
    | {"cost": "an estimated hour on 2 cores", "model.widths": (16, 32, 64), "join.passes": 15, "model.depth": 20},
    smoke=SMOKE | {"model.depth": 8, "model.widths": (4, 8, 8), "join.passes": 2},
)
