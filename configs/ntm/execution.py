"""A neural Turing machine learns what a Turing machine does: it adds one to binary numbers.

Not in the paper; after section 9.1.1 of the chapter. The network sees the tape before, and must write the tape after.

Expected: cpu, under 0.1 bits a sequence at numbers of up to 10 digits.

    ./scripts/reproduce ntm/execution                                 # cpu: five seeds together
    ./scripts/reproduce ntm/execution --config.task.program=unary_addition
"""

from configs.ntm import MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/execution",
    "cost": "two hours on 2 cores: a million sequences, one a step",
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
    "cost": "5 minutes on 2 cores",
    # Adam at a rate that falls to zero, gradients clipped by their norm: every seed converges, within minutes.
    "optimizer.name": "adam",
    "optimizer.schedule": "cosine",
    "optimizer.schedule_steps": 1600,
    "optimizer.decay": 0.99,
    "optimizer.clip": 1.0,
    "lstm.learning_rate": 8e-3,
    "feedforward.learning_rate": 8e-3,
    "none.learning_rate": 1e-3,
    "model.initial_memory": 1e-6,
    "batch_size": 16,
    "run.replicas": 5,
    "run.steps": 1600,
    "run.steps_per_call": 10,
    "run.log_every": 40,
    "run.eval_every": 200,
    "run.checkpoint_every": 200,
}

SMALL = {
    **SMOKE,
    "task.max_length": 4,
    "evaluation.conditions": {"trained": {}, "len6": {"min_length": 6, "max_length": 6}},
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
