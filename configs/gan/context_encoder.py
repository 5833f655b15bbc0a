"""A context encoder fills the hole in an image (Pathak 2016).

Pathak, Krahenbuhl, Donahue, Darrell, Efros 2016, arXiv 1604.07379, sections 3 and 5.1, table 1. Settings are those of
the authors' code for Paris StreetView, which is not public (L1 9.37%, L2 1.96%, PSNR 18.58 dB): `paper` trains on
ImageNet instead, of which the paper has pictures only. Errors are in the hole, in percent of a pixel's range.

Expected: cpu, at least 2 dB above filling with the mean of the pixels that touch the hole. Reconstruction alone has the
higher PSNR; the adversary makes fills sharper.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce gan/context_encoder:l2                 # reconstruction alone
    ./scripts/reproduce gan/context_encoder --config.evaluation.compared_with=runs/gan/context_encoder-l2
    ./scripts/reproduce gan/context_encoder --mode=predict --image=FILE --top=ROW --left=COLUMN
    ./scripts/reproduce gan/context_encoder:paper --config.hole=blocks          # or region
"""

from configs.gan import ADAM, RUN
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/context_encoder",
    "cost": "days on a GPU",
    "data": {
        "name": "imagenet2012",
        "held_out": 10_000,
        "shorter": (350, 350),  # pixels of the shorter side; (): small images, as they are
        "test_shorter": 350,
        "size": 128,  # of which so many are cut out
        "memory": "host",
    },
    "hole": "centre",  # or "blocks", "region": anywhere, a quarter of the image
    "model": {
        "name": "context_encoder",
        "channels": 3,
        "widths": (64, 64, 128, 256, 512),
        "band": 4,
        "band_weight": 10.0,
        "adversarial": 0.001,  # lambda_adv; 0: reconstruction alone
    },
    "optimizer": ADAM | {"learning_rate": 2e-3, "disc_factor": 0.1},  # section 5.1
    "batch_size": 64,
    "evaluation": {"batch_size": 100, "crops": 1, "compared_with": ""},  # a run whose fills are drawn beside
    "run": RUN | {"steps": 1_000_000, "eval_every": 20_000},
    "reported": {},
}

CIFAR = {
    "data.name": "cifar10",
    "data.held_out": 5000,
    "data.shorter": (),
    "data.size": 32,
    "data.memory": "device",
    "model.widths": (32, 64, 128),
    "model.band": 1,
}

CPU = CIFAR | {
    "cost": "10 minutes on 2 cores",
    "optimizer.decay_steps": 6000,
    "evaluation.batch_size": 500,
    "run.steps": 6000,
    "run.steps_per_call": 1,
    "run.log_every": 100,
    "run.eval_every": 1000,
    "run.checkpoint_every": 500,
}

L2 = CPU | {"model.adversarial": 0.0}

SMOKE = CPU | {
    "cost": "seconds, on generated images",
    "data.name": "generated",
    "data.held_out": 32,
    "model.widths": (4, 8, 8),
    "batch_size": 16,
    "evaluation.batch_size": 24,
    "run.steps": 12,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}

get_config = variants(paper=PAPER, cpu=CPU, l2=L2, smoke=SMOKE)
