"""A deep convolutional GAN of generated scenes, on whose noise arithmetic is done (Radford 2015).

Radford, Metz, Chintala 2015, arXiv 1511.06434, sections 4 and 6.3.2, figure 7, with red and blue circles and crosses in
place of faces.

Expected: red cross - red circle + blue circle = blue cross, in 20% of sums, which is no better than a guess (25%); the
colour comes right, the shape does not. No download.

    ./scripts/reproduce gan/dcgan_scenes
"""

from configs.gan import IMAGES, MINUTES, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/dcgan_scenes",
    "cost": "an hour on a GPU",
    "data": {"name": "scenes", "held_out": 4000},
    "model": {"name": "dcgan", "size": 32, "channels": 3, "noise": 100, "widths": (512, 256, 128), "kernel": 5},
    **IMAGES,
    "run": IMAGES["run"] | {"steps": 25_000},
    "reported": {},
}

CPU = MINUTES | {
    "smoothing": 0.1,
    "cost": "an estimated 10 minutes on 2 cores",
    "model.widths": (64, 32, 16),
    "model.kernel": 4,
    "optimizer.decay_begin": 3000,
    "optimizer.decay_steps": 3000,
    "run.steps": 6000,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE | {"model.size": 16, "model.widths": (8, 4)})
