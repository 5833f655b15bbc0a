"""A pre-activation ResNet-1001 on CIFAR-10 (He 2016).

He, Zhang, Ren, Sun 2016, arXiv 1603.05027, table 5.

Expected: paper, 4.92% test error at batches of 128 (4.62% at 64).

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_preact1001              # cpu
    ./scripts/reproduce resnet/cifar10_preact1001:paper
"""

from configs.resnet import CIFAR, CPU, PREACT, SGD, SMALL_BOTTLENECKS, WARM, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_preact1001",
    "model": PREACT | {"block": "bottleneck", "depth": 1001},
    "optimizer": SGD | WARM,
    "reported": test_error(4.92, "table 5"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU | {"cost": "an estimated hour on 2 cores", "model.depth": 29},
    smoke=SMALL_BOTTLENECKS,
)
