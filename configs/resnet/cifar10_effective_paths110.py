"""ResNet-110 on CIFAR-10, trained on its effective paths only (Veit 2016).

Veit, Wilber, Belongie 2016, arXiv 1605.06431, section 5.

Expected: paper, 5.96% test error, against 6.10% of its ResNet-110.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_effective_paths110              # cpu
    ./scripts/reproduce resnet/cifar10_effective_paths110:paper
"""

from configs.resnet import CIFAR, CPU, SGD, SMOKE, reported
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_effective_paths110",
    "model": {
        "name": "resnet",
        "depth": 110,
        "widths": (16, 32, 64),
        "residual": True,
        "shortcut": "A",
        "classes": 10,
        "norm_groups": 1,
    },
    "join": {"name": "effective_paths", "blocks": 23},  # of 54 in every batch
    "optimizer": SGD | {"warmup": 400, "warmup_rate": 0.01},
    "reported": reported(5.96, "section 5"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20, "join.blocks": 4},
    smoke=SMOKE | {"model.depth": 8, "model.widths": (4, 8, 8), "join.blocks": 3},
)
