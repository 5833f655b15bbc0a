"""A neural Turing machine learns what a Turing machine does: it adds one to binary numbers.

Not in the paper; after section 9.1.1 of the chapter. The network sees the tape before, and must write the tape after.

Expected: cpu, 0.16 bits a sequence and 1.6% wrong in the mean over five seeds; twice as long, 47 bits.

    ./scripts/reproduce ntm/execution                                 # cpu: five seeds together
    ./scripts/reproduce ntm/execution --config.task.program=unary_addition
"""

from configs.ntm import FEW_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/execution",
    "cost": "an estimated two hours on 2 cores: a million sequences, one a step",
    "task": {"name": "execution", "program": "binary_increment", "min_length": 1, "max_length": 10},
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
        "conditions": {"trained": {}, "len20": {"min_length": 20, "max_length": 20}},
        "sequences": 1000,
        "batch_size": 50,
        "watched": "trained",
    },
    "run": RUN,
    "reported": {},
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
    "evaluation.conditions": {"trained": {}, "len6": {"min_length": 6, "max_length": 6}},
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
