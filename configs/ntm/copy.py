"""A neural Turing machine learns to copy (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.1, figures 3-6, tables 1-3.

Expected: paper, near 0 bits a sequence at lengths up to 20 within 100-200 thousand sequences, and copies on at 30, 50
and 120; cpu, under 0.1 bits a sequence at length 20 in every seed.

    ./scripts/reproduce ntm/copy                                      # cpu: five seeds together
    ./scripts/reproduce ntm/copy --config.model.controller=none       # an LSTM alone; or feedforward
    ./scripts/reproduce ntm/copy:paper
"""

from configs import reported
from configs.ntm import FEW_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/copy",
    "cost": "an estimated two hours on 2 cores: a million sequences, one a step",
    "task": {"name": "copy", "bits": 8, "min_length": 1, "max_length": 20},
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
    "none": {"layers": 3, "cells": 256, "learning_rate": 3e-05},
    "optimizer": RMSPROP,
    "batch_size": 1,
    "evaluation": {
        "conditions": {
            "len10": {"min_length": 10, "max_length": 10},
            "len20": {"min_length": 20, "max_length": 20},
            "len30": {"min_length": 30, "max_length": 30},
            "len50": {"min_length": 50, "max_length": 50},
            "len120": {"min_length": 120, "max_length": 120},
        },
        "sequences": 1000,
        "batch_size": 50,
        "watched": "len20",
    },
    "run": RUN,
    "reported": {
        "bits_per_sequence/len20": reported(0.0, "figure 3, read off", "M", better="lower", tolerance=0.1),
    },
}

CPU = {
    **FEW_STEPS,
    "cost": "3 minutes on 2 cores",
    "optimizer.schedule_steps": 1600,
    "run.steps": 1600,
}

SMALL = {
    **SMOKE,
    "task.max_length": 4,
    "evaluation.conditions": {"len4": {"min_length": 4, "max_length": 4}, "len6": {"min_length": 6, "max_length": 6}},
    "evaluation.watched": "len4",
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
