"""Pictures from sentences: GAN-CLS with GAN-INT (Reed 2016).

Reed, Akata, Yan, Logeswaran, Schiele, Lee 2016, arXiv 1605.05396, section 5; widths and
epochs for COCO are those of the authors' code (train_coco.sh), which also halves the rate every 40 epochs. The paper
shows pictures and gives no number.

Expected: cpu, colour and shape as told in 82% of the pictures, and in 70% for pairs of the two that no training scene
had. The discriminator wins in the end: more steps at the same rate make it worse.

    ./scripts/reproduce gan/text_to_image
    ./scripts/reproduce gan/text_to_image --mode=predict --text="a large blue square on the left"
    ./scripts/reproduce gan/text_to_image:paper        # COCO's photographs and captions
"""

from configs.gan import ADAM, MINUTES, RUN
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/text_to_image",
    "cost": "days on a GPU",
    "data": {
        "name": "coco_captions",  # or easy_vqa, scenes
        "least": 5,  # times a word occurs that is known; COCO
        "length": 20,  # words of a sentence; COCO
        "held_out": 400,  # training pictures that validate; easy-VQA
    },
    "model": {
        "name": "text_to_image",
        "size": 64,
        "noise": 100,
        "projected": 128,
        "generator": (1568, 784, 392, 196),
        "discriminator": (196, 392, 784, 1568),
        "beta": 0.5,  # GAN-INT
    },
    "embedding": {"words": 300, "cells": 512, "embedding": 1024, "eye": (64, 128, 256, 512)},
    "smoothing": 0.0,  # of the target of pictures with their own sentences
    "average": 0.0,  # of the generator's parameters over steps, with which it is tested
    "optimizer": ADAM,
    "batch_size": 64,
    "evaluation": {"batch_size": 100, "examples": 2000},
    "run": RUN | {"steps": 258_600, "eval_every": 10_000},  # 200 epochs
    "reported": {},
}

CPU = MINUTES | {
    "cost": "12 minutes on one core",
    "data.name": "scenes",
    "smoothing": 0.1,
    "average": 0.995,
    "model.size": 32,
    "model.projected": 64,
    "model.generator": (128, 64, 32),
    "model.discriminator": (16, 32, 64),
    "embedding.words": 32,
    "embedding.cells": 64,
    "embedding.embedding": 64,
    "embedding.eye": (16, 32, 64),
    "optimizer.decay_begin": 4500,
    "optimizer.decay_steps": 4500,
    "run.steps": 9000,
    "run.log_every": 100,
    "run.eval_every": 500,
    "run.select": "max attribute_accuracy/colour_and_shape/seen",
}

SMOKE = CPU | {
    "cost": "seconds, on generated scenes",
    "model.noise": 8,
    "model.projected": 4,
    "model.generator": (8, 8, 8),
    "model.discriminator": (4, 4, 8),
    "embedding.words": 4,
    "embedding.cells": 8,
    "embedding.embedding": 8,
    "embedding.eye": (4, 4, 4),
    "batch_size": 16,
    "evaluation.batch_size": 24,
    "evaluation.examples": 48,
    "run.steps": 12,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE)
