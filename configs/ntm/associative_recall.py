"""A neural Turing machine learns to recall what came after an item (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.3, figures 10-12, tables 1-3.

Expected: paper, near 0 bits a sequence by 30 thousand sequences, which the LSTM does not reach in a million; with the
feed-forward controller, near perfect at 12 items and under 1 bit at 15; cpu, under 0.1 bits at 2 to 6 items in every
seed.

    ./scripts/reproduce ntm/associative_recall                        # cpu: five seeds together
    ./scripts/reproduce ntm/associative_recall --config.model.controller=feedforward
    ./scripts/reproduce ntm/associative_recall:paper
"""

from configs import reported
from configs.ntm import MANY_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/associative_recall",
    "cost": "an estimated two hours on 2 cores: a million sequences, one a step",
    "task": {"name": "associative_recall", "bits": 6, "item_length": 3, "min_items": 2, "max_items": 6},
    "model": MODEL,
    "lstm": {
        "controller_size": 100,
        "controller_layers": 1,
        "read_heads": 1,
        "write_heads": 1,
        "learning_rate": 0.0001,
    },
    "feedforward": {
        "controller_size": 256,
        "controller_layers": 1,
        "read_heads": 4,
        "write_heads": 4,
        "learning_rate": 0.0001,
    },
    "none": {"layers": 3, "cells": 256, "learning_rate": 0.0001},
    "optimizer": RMSPROP,
    "batch_size": 1,
    "evaluation": {
        "conditions": {
            "trained": {},
            "items6": {"min_items": 6, "max_items": 6},
            "items10": {"min_items": 10, "max_items": 10},
            "items12": {"min_items": 12, "max_items": 12},
            "items15": {"min_items": 15, "max_items": 15},
            "items20": {"min_items": 20, "max_items": 20},
        },
        "sequences": 1000,
        "batch_size": 50,
        "watched": "trained",
    },
    "run": RUN,
    "reported": {
        "bits_per_sequence/trained": reported(0.0, "figure 10, read off", "M", better="lower", tolerance=0.1),
        "bits_per_sequence/items15": reported(1.0, "section 4.3, feed-forward controller", "V", better="lower"),
    },
}

CPU = {
    **MANY_STEPS,
    "cost": "10 minutes on 2 cores",
    "optimizer.schedule_steps": 60_000,
    "run.steps": 60_000,
}

SMALL = {
    **SMOKE,
    "task.max_items": 3,
    "evaluation.conditions": {"trained": {}, "items4": {"min_items": 4, "max_items": 4}},
    "feedforward.read_heads": 2,
    "feedforward.write_heads": 2,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
