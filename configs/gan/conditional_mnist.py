"""Digits on demand: a conditional GAN on MNIST (Mirza 2014).

Mirza, Osindero 2014, arXiv 1411.1784, section 4.1, table 1.

Expected: paper, 132 +- 1.8 nats by Parzen windows, not run; cpu, 187 nats, and 98% of the samples are the digit that
was asked for. `gan/conditional_dcgan_mnist` is the same by convolutions.

    ./scripts/prepare_data mnist
    ./scripts/reproduce gan/conditional_mnist
    ./scripts/reproduce gan/conditional_mnist:paper        # the paper's perceptrons
"""

from configs import reported
from configs.gan import IMAGES, MINUTES, MNIST, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/conditional_mnist",
    "cost": "hours on a GPU",
    "data": MNIST,
    "model": {
        "name": "conditional",
        "data_shape": (28, 28, 1),
        "classes": 10,
        "noise": 100,
        "generator": (200, 1000, 1200),
        "discriminator": ((240, 5), (50, 5), (240, 4)),
        "generator_dropout": 0.5,
        "discriminator_dropout": 0.5,
        "generator_irange": 0.05,
        "discriminator_irange": 0.005,
    },
    **IMAGES,
    "optimizer": IMAGES["optimizer"] | {"name": "sgd", "learning_rate": 0.1, "decay_steps": 250_000},
    "batch_size": 100,
    "run": IMAGES["run"] | {"steps": 250_000},
    "reported": {"parzen_ll": reported(132.0, "table 1", "M", tolerance=1.8)},
}

CPU = MINUTES | {
    "model.generator_dropout": 0.0,  # else the generator lives on it, and has one digit a class without it
    "cost": "50 minutes on one core",
    "optimizer.name": "adam",
    "optimizer.learning_rate": 1e-3,  # with 2e-4 the discriminator wins
    "optimizer.decay_begin": 12_000,
    "optimizer.decay_steps": 12_000,
    "smoothing": 0.1,
    "batch_size": 100,
    "run.steps": 24_000,
    "run.steps_per_call": 10,
    "run.log_every": 200,
    "run.eval_every": 2000,
    "run.checkpoint_every": 1000,
}

SMALL = SMOKE | {
    "model.generator_dropout": 0.0,
    "model.data_shape": (8, 8, 1),
    "model.generator": (8, 8, 16),
    "model.discriminator": ((8, 2), (4, 2), (8, 2)),
    "model.discriminator_dropout": 0.0,
    "model.generator_irange": 0.5,
    "model.discriminator_irange": 0.5,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
