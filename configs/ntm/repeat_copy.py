"""A neural Turing machine learns to copy several times (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.2, figures 7-9, tables 1-3.

Expected: paper, near 0 bits a sequence, on to twice the length and to 20 repeats, where the end is missed; cpu, 2 to 5
bits in four seeds of five, almost all of it from sequences with an all-zero vector (docs/ntm.md).

    ./scripts/reproduce ntm/repeat_copy                               # cpu: five seeds together
    ./scripts/reproduce ntm/repeat_copy --config.model.controller=none
    ./scripts/reproduce ntm/repeat_copy:paper
"""

from configs import reported
from configs.ntm import MANY_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/repeat_copy",
    "cost": "an estimated four hours on 2 cores: a million sequences, one a step",
    "task": {
        "name": "repeat_copy",
        "bits": 8,
        "min_length": 1,
        "max_length": 10,
        "min_repeats": 1,
        "max_repeats": 10,
        "normal_repeats": 10,
    },
    "model": MODEL,
    "lstm": {
        "controller_size": 100,
        "controller_layers": 1,
        "read_heads": 1,
        "write_heads": 1,
        "learning_rate": 0.0001,
    },
    "feedforward": {
        "controller_size": 100,
        "controller_layers": 1,
        "read_heads": 1,
        "write_heads": 1,
        "learning_rate": 0.0001,
    },
    "none": {"layers": 3, "cells": 512, "learning_rate": 3e-05},
    "optimizer": RMSPROP,
    "batch_size": 1,
    "evaluation": {
        "conditions": {
            "trained": {},
            "len20_rep10": {"min_length": 20, "max_length": 20, "min_repeats": 10, "max_repeats": 10},
            "len10_rep20": {"min_length": 10, "max_length": 10, "min_repeats": 20, "max_repeats": 20},
        },
        "sequences": 1000,
        "batch_size": 50,
        "watched": "trained",
    },
    "run": RUN,
    "reported": {
        "bits_per_sequence/trained": reported(0.0, "figure 7, read off", "M", better="lower", tolerance=0.5),
    },
}

CPU = {
    **MANY_STEPS,
    "cost": "30 minutes on 2 cores",
    "optimizer.schedule_steps": 100_000,
    "run.steps": 100_000,
}

SMALL = {
    **SMOKE,
    "task.max_length": 3,
    "task.max_repeats": 3,
    "evaluation.conditions": {"trained": {}, "len6_rep3": {"min_length": 6, "max_length": 6}},
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
