"""What the games for images share: Goodfellow et al. 2014 (arXiv 1406.2661) and those who built on them."""

import configs

ADAM = {  # Radford et al. 2015 (arXiv 1511.06434), section 4
    "name": "adam",
    "learning_rate": 2e-4,
    "disc_factor": 1.0,  # of the discriminator's rate, over the generator's
    "momentum": 0.5,  # of Adam, beta1
    "decay_begin": 0,  # from this step on the rate falls linearly
    "decay_steps": 0,  # to 0, in so many; 0: it stays
}

MNIST = {"name": "mnist", "held_out": 10_000}  # or "digits", which need no download

EVALUATION = {
    "batch_size": 500,
    "samples": 10_000,  # for Parzen windows and features, and as many test images
    "parzen_valid": 1000,  # images with which sigma is chosen
    "least_share": 0.02,  # of the samples, for a class to count as covered
}

RUN = configs.RUN | {
    "steps": 100_000,
    "steps_per_call": 20,
    "log_every": 200,
    "eval_every": 5000,
    "checkpoint_every": 5000,
}

IMAGES = {  # what all systems that make images from noise share
    "loss": "non_saturating",  # or "minimax"
    "smoothing": 0.0,  # of the target of real examples
    "discriminator_steps": 1,  # k
    "average": 0.0,  # of the generator's parameters over steps, with which it is tested
    "optimizer": ADAM,
    "batch_size": 128,
    "evaluation": EVALUATION,
    "run": RUN,
}

MINUTES = {  # on 2 cores
    "average": 0.999,
    "batch_size": 64,
    "run.steps_per_call": 1,  # without a C++ compiler, a loop over convolutions is slow (deepx/engine/program.py)
    "run.log_every": 50,
    "run.eval_every": 500,
    "run.checkpoint_every": 500,
}

MNIST_DCGAN = MINUTES | {
    "cost": "10 minutes on 2 cores",
    "model.widths": (64, 32),
    "model.kernel": 4,
    "optimizer.decay_begin": 3000,
    "optimizer.decay_steps": 3000,
    "run.steps": 6000,
}

SMOKE = {
    "cost": "seconds, on generated images",
    "data.name": "generated",
    "data.held_out": 32,
    "batch_size": 8,
    "evaluation.batch_size": 24,
    "evaluation.samples": 40,
    "evaluation.parzen_valid": 8,
    "run.steps": 12,
    "run.steps_per_call": 1,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}


# Super-resolution: Ledig et al. 2016 (arXiv 1609.04802).

PATCHES = {  # folders of pictures; 'packaged': those of scikit-image
    "train": "",  # the paper: 350 thousand of ImageNet's
    "test": "",  # one or several, with commas
    "held_out": 1,  # pictures of training that validate
    "patch": 96,  # side, in pixels
}

SRRESNET = {"name": "srresnet", "blocks": 16, "width": 64, "scale": 4, "norm": True}

SUPER_RESOLUTION = {
    "data": PATCHES,
    "optimizer": {
        "learning_rate": 1e-4,
        "b1": 0.9,
        "schedule": "steps",  # times `factor` at each boundary
        "boundaries": (),
        "factor": 0.1,
        "schedule_steps": 0,  # in which 'cosine' falls to 0
    },
    "batch_size": 16,
    "evaluation": {
        "patches": 64,  # of the pictures held out
        "batch_size": 16,
        "tile": 192,  # side of the tiles by which pictures are enlarged, in small pixels
    },
    "run": RUN | {"steps": 1_000_000, "eval_every": 10_000},
}

SUPER_RESOLUTION_CPU = {  # small batches: what the first steps learn needs many of them, not exact ones
    "data.train": "packaged",
    "data.test": "packaged",
    "data.patch": 72,
    "model.blocks": 6,
    "model.width": 32,
    "model.norm": False,
    "batch_size": 8,
    "evaluation.tile": 128,
    "run.steps_per_call": 1,  # without a C++ compiler, a loop over convolutions is slow (deepx/engine/program.py)
    "run.log_every": 100,
    "run.checkpoint_every": 500,
}

SUPER_RESOLUTION_SMOKE = {
    "cost": "seconds, on generated pictures",
    "data.train": "generated",
    "data.test": "generated",
    "data.patch": 16,
    "model.blocks": 1,
    "model.width": 4,
    "batch_size": 8,
    "evaluation.patches": 6,
    "evaluation.batch_size": 4,
    "run.steps": 12,
    "run.steps_per_call": 1,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}
