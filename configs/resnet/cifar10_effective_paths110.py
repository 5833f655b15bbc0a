"""ResNet-110 on CIFAR-10, trained on its effective paths only (Veit 2016).

Veit, Wilber, Belongie 2016, arXiv 1605.06431, section 5.

Expected: paper, 5.96% test error, against 6.10% of its ResNet-110.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_effective_paths110              # cpu
    ./scripts/reproduce resnet/cifar10_effective_paths110:paper
"""

from configs.resnet import CIFAR, CPU, NET, SGD, SMALL, WARM, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_effective_paths110",
    "model": NET | {"depth": 110},
    "join": {"name": "effective_paths", "blocks": 23},  # of 54 in every batch
    "optimizer": SGD | WARM,
    "reported": test_error(5.96, "section 5"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 20, "join.blocks": 4},
    smoke=SMALL | {"join.blocks": 3},
)
