"""The game on a density that is known (Goodfellow 2014).

Goodfellow, Pouget-Abadie, Mirza et al. 2014, arXiv 1406.2661, section 4 and figure 1.

Expected: theorem 1, the value comes to -log 4 = -1.386 and D to 1/2 wherever there are data; `cpu`, five seeds.

    ./scripts/reproduce gan/toy_density                                  # one Gaussian, on a line
    ./scripts/reproduce gan/toy_density --config.data.name=two_gaussians
    ./scripts/reproduce gan/toy_density --config.data.name=ring          # eight Gaussians in the plane
"""

from configs import reported
from configs.gan import ADAM, RUN
from deepx.engine.config import variants

PAPER = {  # figure 1 is a drawing: the sizes are ours
    "benchmark": "gan/toy_density",
    "cost": "minutes",
    "data": {"name": "gaussian"},
    "model": {
        "name": "toy",
        "noise": 2,
        "generator": (64, 64),
        "discriminator": (64, 64),
        "pieces": 2,
        "input_dropout": 0.0,
        "hidden_dropout": 0.0,
        "generator_irange": 0.2,
        "discriminator_irange": 0.2,
    },
    "loss": "non_saturating",
    "smoothing": 0.0,
    "discriminator_steps": 1,
    "average": 0.999,
    "optimizer": ADAM | {"learning_rate": 1e-3, "decay_begin": 10_000, "decay_steps": 10_000},
    "batch_size": 256,
    "evaluation": {"batch_size": 1000, "samples": 10_000},
    "run": RUN | {"replicas": 5, "steps": 20_000, "steps_per_call": 100, "log_every": 500, "eval_every": 500},
    "reported": {
        "test_value": reported(-1.3863, "theorem 1", "V", tolerance=0.069),
    },
}

SMOKE = {
    "cost": "seconds",
    "data.name": "ring",  # tests compile without optimisations, where XLA 0.10 makes NaN of products with one column
    "model.generator": (8,),
    "model.discriminator": (8,),
    "batch_size": 16,
    "evaluation.batch_size": 20,
    "evaluation.samples": 40,
    "run.replicas": 1,
    "run.steps": 40,
    "run.steps_per_call": 10,
    "run.log_every": 10,
    "run.eval_every": 20,
    "run.checkpoint_every": 10,
}

get_config = variants(paper=PAPER, cpu={"cost": "2 minutes on 2 cores"}, smoke=SMOKE)
