"""What the experiments on visual question answering share: Kim et al. 2016 (arXiv 1606.01455), section 4.

Sizes, schedule and clipping are those of the authors' code (github.com/jnhwkim/nips-mrn-vqa, train_residual.lua).
"""

from ml_collections.config_dict import placeholder

import configs

FILES = {"questions": "", "annotations": "", "images": ""}  # several joined by commas

DATA = {
    "name": "vqa",  # or "easy_vqa", "scenes", "clevr"
    "size": 224,  # pixels of a picture's side
    "answers": 2000,  # the most frequent ones, among which is chosen; None: all
    "least": 1,  # times a word is in training questions, to be known
    "length": 26,  # words of a question; 0: those of the longest
    "held_out": 2000,  # pictures that validate; of scenes, as many that test
    "memory": "device",  # or "host"
    "together": 1,  # questions about one image that are in a batch together; it is seen once for all of them
    "files": {"train": FILES, "test": FILES},
    "scenes": 0,  # generated ones to train on
    "per_scene": 0,  # questions about each
}

FEATURES = {  # of images, computed once by a net that was trained before; without it, `eye` learns with the rest
    "run": "",  # of a residual net of configs/resnet
    "weights": "",  # a file of scripts/convert_weights, of torchvision's residual net
    "depth": 152,  # of that
    "folder": "",  # where features are kept; default: where prepared data sets are
}

READER = {"unit": "gru", "words": 620, "cells": 2400, "spread": 1.0, "dropout": 0.25}  # spread: of words at first

MODEL = {"name": "mrn", "form": "b", "joint": 1200, "layers": 3, "dropout": 0.5, "bound": 0.08}

RMSPROP = {
    "name": "rmsprop",  # or "adam"
    "learning_rate": 3e-4,
    "decay": 0.99,  # of the mean of squares
    "factor": 0.99997592083,  # of the rate, at every step
    "kick": 2.0,  # of the rate, at these steps
    "kicks": (50_000, 100_000),
    "schedule_steps": 0,  # in which adam's rate falls to 0
    "clip": 10.0,  # of every number of a gradient
}

RUN = configs.RUN | {
    "steps": 250_000,
    "steps_per_call": 10,
    "log_every": 100,
    "eval_every": 10_000,
    "checkpoint_every": 10_000,
    "select": "max valid_accuracy",
}

ANSWERING = {  # the paper's, but for its data
    "data": DATA,
    "features": FEATURES,
    "eye": {"widths": (32, 64, 128, 256)},
    "reader": READER,
    "model": MODEL,
    "optimizer": RMSPROP,
    "batch_size": 200,
    "evaluation": {"batch_size": 200},
    "run": RUN,
    "reported": {},
}

END_TO_END = {  # pictures that are small, and a net that learns to see them
    "features.weights": "",
    "data.answers": placeholder(int),
    "data.length": 0,
    "reader.words": 32,
    "reader.cells": 128,
    "reader.dropout": 0.0,
    "model.joint": 256,
    "model.dropout": 0.0,
    "model.bound": placeholder(float),
    "optimizer.name": "adam",
    "optimizer.learning_rate": 1e-3,
    "optimizer.kicks": (),
    "batch_size": 64,
    "evaluation.batch_size": 192,
    "run.steps_per_call": 1,
}

SMOKE = END_TO_END | {
    "cost": "seconds, on generated scenes",
    "data.name": "scenes",
    "data.memory": "device",
    "data.size": 16,
    "data.scenes": 24,
    "data.per_scene": 4,
    "data.together": 2,
    "data.held_out": 12,
    "eye.widths": (4, 4),
    "reader.words": 4,
    "reader.cells": 8,
    "model.joint": 8,
    "optimizer.schedule_steps": 12,
    "batch_size": 16,
    "evaluation.batch_size": 24,
    "run.steps": 12,
    "run.log_every": 2,
    "run.eval_every": 6,
    "run.checkpoint_every": 6,
}


def baseline(form: str, layers: int = 1, joint: int = 256) -> dict:
    """Antol et al. 2015: "question", "image", "concatenation" or "product"."""
    return {"model.name": "baseline", "model.form": form, "model.layers": layers, "model.joint": joint}
