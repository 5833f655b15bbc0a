"""A pre-activation ResNet-164 of bottlenecks on CIFAR-10 (He 2016).

He, Zhang, Ren, Sun 2016, arXiv 1603.05027, section 4.1, table 2.

Expected: paper, 5.46% test error.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_preact164              # cpu
    ./scripts/reproduce resnet/cifar10_preact164:paper
"""

from configs.resnet import CIFAR, CPU, PREACT, SGD, SMALL_BOTTLENECKS, WARM, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_preact164",
    "model": PREACT | {"block": "bottleneck", "depth": 164},
    "optimizer": SGD | WARM,
    "reported": test_error(5.46, "table 2", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 29},
    smoke=SMALL_BOTTLENECKS,
)
