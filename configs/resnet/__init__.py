"""What the nets of He, Zhang, Ren, Sun (2015, arXiv 1512.03385) and of those who built on them share.

Section 4.2 for small images, section 3.4 for ImageNet. A config states what it changes.
"""

import configs

CIFAR10 = {"name": "cifar10", "held_out": 5000, "memory": "device"}
OWN = {"name": "own"}  # blocks are joined as the net has it

# Nets, to which a config adds their depth.
BLOCKS = {
    "norm_groups": 1,  # parts of a batch that are normalised each by itself
    "remat": False,  # the insides of blocks are computed again backwards, to need less memory
}
NET = {"name": "resnet", "widths": (16, 32, 64), "residual": True, "shortcut": "A", "classes": 10} | BLOCKS
IMAGENET_NET = NET | {"name": "resnet_imagenet", "widths": (64, 128, 256, 512), "classes": 1000}
PREACT = {"name": "preact", "widths": (16, 32, 64), "classes": 10} | BLOCKS
ROR = {"name": "ror", "levels": 3, "widths": (16, 32, 64), "classes": 10} | BLOCKS
ROR_WIDE = ROR | {"name": "ror_wide"}

SGD = {
    "schedule": "steps",  # times `factor` at each boundary
    "learning_rate": 0.1,
    "boundaries": (32_000, 48_000),
    "factor": 0.1,
    "schedule_steps": 0,  # in which 'linear' falls to 0
    "warmup": 0,  # steps: at `warmup_rate` ('steps'), or rising from 0 ('linear')
    "warmup_rate": 0.0,
    "momentum": 0.9,
    "weight_decay": 1e-4,
}
WARM = {"warmup": 400, "warmup_rate": 0.01}  # where 0.1 is too large to begin with

RUN = configs.RUN | {
    "steps": 64_000,
    "steps_per_call": 40,
    "log_every": 400,
    "eval_every": 2000,
    "checkpoint_every": 2000,
}

CIFAR = {
    "cost": "hours on a GPU; days on 2 cores",
    "data": CIFAR10,
    "join": OWN,
    "grown_from": "",  # a run of a shallower net, with which this one begins (section 1)
    "optimizer": SGD,
    "batch_size": 128,
    "accumulate": 1,  # parts of a batch, taken one after another
    "precision": "float32",  # of the network; or "bfloat16"
    "evaluation": {"batch_size": 500},
    "run": RUN,
}

EPOCHS_256 = {  # of 391 steps, nearly; 192 and 224
    "optimizer": SGD | {"boundaries": (75_000, 87_500)},
    "run": RUN | {"steps": 100_000},
}

EPOCHS_500 = {  # of 391 steps; 250 and 375
    "optimizer": SGD | {"boundaries": (97_750, 146_625)},
    "run": RUN | {"steps": 195_520},
}

IMAGENET = CIFAR | {
    "cost": "days on eight GPUs",
    "data": {
        "name": "imagenet2012",
        "held_out": 10_000,
        "shorter": (256, 480),  # pixels of the shorter side, of which `size` are cut out
        "test_shorter": 256,
        "size": 224,
    },
    "optimizer": SGD | {"boundaries": (150_000, 300_000, 450_000)},  # the paper: when the error plateaus
    "batch_size": 256,
    "evaluation": {"batch_size": 100, "crops": 10},
    "run": RUN | {"steps": 600_000, "eval_every": 20_000, "checkpoint_every": 2000},
}

CPU = {  # a rate that rises and falls once, and more decay: what a few epochs can give
    "optimizer.schedule": "linear",
    "optimizer.schedule_steps": 20_000,
    "optimizer.warmup": 1000,
    "optimizer.weight_decay": 5e-4,
    "batch_size": 64,
    "run.steps": 20_000,
    "run.steps_per_call": 1,  # without a C++ compiler, a loop over convolutions is slow (deepx/engine/program.py)
    "run.log_every": 100,
    "run.eval_every": 1000,
    "run.checkpoint_every": 500,
}

STUDY = CPU | {  # the same few epochs for nets of every depth, three seeds each
    "model.widths": (8, 16, 32),
    "optimizer.schedule_steps": 3000,
    "optimizer.warmup": 300,
    "optimizer.weight_decay": 1e-4,
    "run.replicas": 3,
    "run.steps": 3000,
    "run.eval_every": 500,
    "run.checkpoint_every": 100,
}

SMOKE = {
    "cost": "seconds, on generated images",
    "data.name": "generated",
    "data.held_out": 32,
    "optimizer.warmup": 0,
    "optimizer.warmup_rate": 0.0,
    "batch_size": 16,
    "evaluation.batch_size": 24,
    "run.steps": 12,
    "run.steps_per_call": 1,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}
SMALL = SMOKE | {"model.depth": 8, "model.widths": (4, 8, 8)}
SMALL_BOTTLENECKS = SMOKE | {"model.depth": 11, "model.widths": (2, 2, 4)}

TINY = SMOKE | {  # to see it run: ImageNet itself is not for two cores
    "data.shorter": (36, 64),
    "data.test_shorter": 36,
    "data.size": 32,
    "model.classes": 10,
    "evaluation.batch_size": 12,
}
IMAGENET_VARIANTS = {"cpu": TINY, "smoke": TINY | {"model.depth": 18, "model.widths": (4, 4, 8, 8)}}


def test_error(percent: float, source: str, confidence: str = "V") -> dict:
    """A paper's error on the test set."""
    return {"test_error": configs.reported(percent, source, confidence, better="lower")}
