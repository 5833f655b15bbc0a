"""A deep convolutional GAN on MNIST (Radford 2015).

Radford, Metz, Chintala 2015, arXiv 1511.06434, sections 3, 4 and 6.

Expected: cpu, all ten digits covered.

    ./scripts/prepare_data mnist
    ./scripts/reproduce gan/dcgan_mnist
    ./scripts/reproduce gan/dcgan_mnist --config.data.name=digits --config.data.held_out=400    # no download
"""

from configs.gan import IMAGES, MNIST, MNIST_DCGAN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/dcgan_mnist",
    "cost": "an hour on a GPU",
    "data": MNIST,
    "model": {"name": "dcgan", "size": 28, "channels": 1, "noise": 100, "widths": (128, 64), "kernel": 5},
    **IMAGES,
    "run": IMAGES["run"] | {"steps": 25_000},
    "reported": {},
}

get_config = variants(paper=PAPER, cpu=MNIST_DCGAN, smoke=SMOKE | {"model.size": 8, "model.widths": (8, 4)})
