"""A deep convolutional GAN of faces (Radford 2015).

Radford, Metz, Chintala 2015, arXiv 1511.06434, sections 4 and 6.3, with CelebA's faces in place of the authors' own.

Expected: paper, pictures only: faces, ways between them, and arithmetic on their noise.

    ./scripts/prepare_data celeb_a
    ./scripts/reproduce gan/dcgan_celeba:paper
    ./scripts/reproduce gan/dcgan_celeba              # a smaller net
    ./scripts/reproduce gan/dcgan_celeba --config.data.name=./photos --config.data.held_out=200    # a folder's pictures
"""

from configs.gan import IMAGES, MINUTES, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/dcgan_celeba",
    "cost": "hours on a GPU",
    "data": {"name": "celeb_a", "held_out": 5000},
    "model": {
        "name": "dcgan",
        "size": 64,
        "channels": 3,
        "noise": 100,
        "widths": (1024, 512, 256, 128),
        "kernel": 5,
    },
    **IMAGES,
    "reported": {},
}

CPU = MINUTES | {
    "cost": "an estimated two hours on 2 cores",
    "model.widths": (256, 128, 64, 32),
    "model.kernel": 4,
    "run.steps": 20_000,
    "run.eval_every": 2000,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE | {"model.size": 16, "model.widths": (8, 4)})
