"""A neural Turing machine learns to predict by counting (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.4, figures 13-15, tables 1-3.

Expected: paper, a little better than the LSTM, and never as good as the optimal estimator; cpu, 1.5 to 4 bits above the
optimum in four seeds of five.

    ./scripts/reproduce ntm/ngrams                                    # cpu: five seeds together
    ./scripts/reproduce ntm/ngrams --config.model.controller=none
    ./scripts/reproduce ntm/ngrams:paper
"""

from configs import reported
from configs.ntm import MANY_STEPS, MODEL, RMSPROP, RUN, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/ngrams",
    "cost": "an estimated six hours on 2 cores: a million sequences, one a step",
    "task": {"name": "ngrams", "length": 200, "context": 5},
    "model": MODEL,
    "lstm": {"controller_size": 100, "controller_layers": 1, "read_heads": 1, "write_heads": 1, "learning_rate": 3e-05},
    "feedforward": {
        "controller_size": 100,
        "controller_layers": 1,
        "read_heads": 1,
        "write_heads": 1,
        "learning_rate": 3e-05,
    },
    "none": {"layers": 3, "cells": 128, "learning_rate": 0.0001},
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
        "bits_above_optimum/trained": reported(
            0.0, "optimum of section 4.4; figure 13 shows the distance", "M", better="lower", tolerance=3.0
        ),
    },
}

CPU = {
    **MANY_STEPS,
    "cost": "100 minutes on 2 cores with other work",
    "optimizer.schedule_steps": 40_000,
    "lstm.learning_rate": 1e-4,
    "feedforward.learning_rate": 1e-4,
    "run.steps": 40_000,
}

SMALL = {
    **SMOKE,
    "task.length": 20,
    "task.context": 2,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
