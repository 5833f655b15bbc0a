"""Digits on demand by convolutions: the condition joined to the input of every layer of a DCGAN.

The game of Mirza, Osindero 2014, arXiv 1411.1784, with the nets of Radford, Metz, Chintala 2015, arXiv 1511.06434.

Expected: cpu, at least 95% of the samples classified as what was asked for.

    ./scripts/prepare_data mnist
    ./scripts/reproduce gan/conditional_dcgan_mnist
"""

from configs.gan import IMAGES, MNIST, MNIST_DCGAN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/conditional_dcgan_mnist",
    "cost": "an hour on a GPU",
    "data": MNIST,
    "model": {
        "name": "conditional_dcgan",
        "size": 28,
        "channels": 1,
        "classes": 10,
        "noise": 100,
        "widths": (128, 64),
        "kernel": 5,
    },
    **IMAGES,
    "run": IMAGES["run"] | {"steps": 25_000},
    "reported": {},
}

get_config = variants(paper=PAPER, cpu=MNIST_DCGAN, smoke=SMOKE | {"model.size": 8, "model.widths": (8, 4)})
