"""A neural Turing machine learns to sort by priority (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.5, figures 16-18, tables 1-3.

Expected: paper, much better than the LSTM; the feed-forward controller needs 8 heads; cpu,
79 bits after 192,000 sequences, three seeds.

    ./scripts/reproduce ntm/priority_sort                             # cpu: three seeds together
    ./scripts/reproduce ntm/priority_sort --config.model.controller=none
    ./scripts/reproduce ntm/priority_sort:paper
"""

from configs import reported
from configs.ntm import FEW_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/priority_sort",
    "cost": "an estimated eight hours on 2 cores: a million sequences, one a step",
    "task": {"name": "priority_sort", "bits": 8, "items": 20, "wanted": 16},
    "model": MODEL,
    "lstm": {"controller_size": 100, "controller_layers": 2, "read_heads": 5, "write_heads": 5, "learning_rate": 3e-05},
    "feedforward": {
        "controller_size": 512,
        "controller_layers": 1,
        "read_heads": 8,
        "write_heads": 8,
        "learning_rate": 3e-05,
    },
    "none": {"layers": 3, "cells": 128, "learning_rate": 3e-05},
    "optimizer": RMSPROP,
    "batch_size": 1,
    "evaluation": {
        "conditions": {"trained": {}},
        "sequences": 1000,
        "batch_size": 50,
        "watched": "trained",
    },
    "run": RUN,
    "reported": {
        "bits_per_sequence/trained": reported(10.0, "figure 18, read off", "M", better="lower"),
    },
}

CPU = {
    **FEW_STEPS,
    "cost": "three hours on 2 cores with other work",
    "optimizer.schedule_steps": 12_000,
    "lstm.learning_rate": 3e-3,
    "feedforward.learning_rate": 3e-3,
    "run.replicas": 3,
    "run.steps": 12_000,
    "run.log_every": 100,
    "run.eval_every": 1000,
    "run.checkpoint_every": 500,
}

SMALL = {
    **SMOKE,
    "task.items": 4,
    "task.wanted": 3,
    "lstm.read_heads": 2,
    "lstm.write_heads": 2,
    "feedforward.read_heads": 2,
    "feedforward.write_heads": 2,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
