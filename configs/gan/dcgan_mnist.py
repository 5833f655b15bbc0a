"""A deep convolutional GAN on MNIST (Radford 2015).

Radford, Metz, Chintala 2015, arXiv 1511.06434, sections 3, 4 and 6.

Expected: cpu, all ten digits covered.

    ./scripts/prepare_data mnist
    ./scripts/reproduce gan/dcgan_mnist
    ./scripts/reproduce gan/dcgan_mnist --config.data.name=digits --config.data.held_out=400    # no download
"""

from configs.gan import IMAGES, MINUTES, MNIST, SMOKE
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

CPU = MINUTES | {
    "cost": "10 minutes on 2 cores",
    "model.widths": (64, 32),
    "model.kernel": 4,
    "optimizer.decay_begin": 3000,
    "optimizer.decay_steps": 3000,
    "run.steps": 6000,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE | {"model.size": 8, "model.widths": (8, 4)})
