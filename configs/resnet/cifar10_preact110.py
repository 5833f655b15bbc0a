"""A pre-activation ResNet-110 on CIFAR-10 (He 2016).

He, Zhang, Ren, Sun 2016, arXiv 1603.05027, section 4.1, table 2.

Expected: paper, 6.37% test error.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_preact110              # cpu
    ./scripts/reproduce resnet/cifar10_preact110:paper
"""

from configs.resnet import CIFAR, CPU, SGD, SMOKE, reported
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_preact110",
    "model": {
        "name": "preact",
        "block": "basic",
        "depth": 110,
        "widths": (16, 32, 64),
        "classes": 10,
        "norm_groups": 1,
    },
    "optimizer": SGD | {"warmup": 400, "warmup_rate": 0.01},
    "reported": reported(6.37, "table 2", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20},
    smoke=SMOKE | {"model.depth": 8, "model.widths": (4, 8, 8)},
)
