"""Generative adversarial nets on MNIST (Goodfellow 2014).

Goodfellow, Pouget-Abadie, Mirza et al. 2014, arXiv 1406.2661, section 5, table 1; sizes and the schedule from the
authors' mnist.yaml.

Expected: paper, 225 +- 2 nats by Parzen windows; cpu, at least 200.

    ./scripts/prepare_data mnist
    ./scripts/reproduce gan/goodfellow_mnist
    ./scripts/reproduce gan/goodfellow_mnist --config.data.name=digits --config.data.held_out=400    # no download
    ./scripts/reproduce gan/goodfellow_mnist:paper
"""

from configs import reported
from configs.gan import IMAGES, MINUTES, MNIST, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/goodfellow_mnist",
    "cost": "hours on a GPU",
    "data": MNIST,
    "model": {
        "name": "gan",
        "data_shape": (28, 28, 1),
        "noise": 100,
        "generator": (1200, 1200),
        "output": "sigmoid",
        "discriminator": (240, 240),
        "pieces": 5,
        "input_dropout": 0.2,
        "hidden_dropout": 0.5,
        "generator_irange": 0.05,
        "discriminator_irange": 0.005,
    },
    **IMAGES,
    "optimizer": IMAGES["optimizer"] | {"name": "sgd", "learning_rate": 0.1, "decay_steps": 250_000},
    "batch_size": 100,
    "run": IMAGES["run"] | {"steps": 250_000},
    "reported": {"parzen_ll": reported(225.0, "table 1", "V", tolerance=2.0)},
}

CPU = MINUTES | {
    "cost": "90 minutes on one core",
    "smoothing": 0.1,  # without it the discriminator wins at first, and modes are lost
    "optimizer.name": "adam",
    "optimizer.learning_rate": 1e-3,
    "optimizer.decay_begin": 18_000,
    "optimizer.decay_steps": 18_000,
    "batch_size": 100,
    "run.steps": 36_000,
    "run.steps_per_call": 10,
    "run.log_every": 200,
    "run.eval_every": 2000,
    "run.checkpoint_every": 1000,
}

SMALL = SMOKE | {"model.data_shape": (8, 8, 1), "model.generator": (16,), "model.discriminator": (8,)}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
