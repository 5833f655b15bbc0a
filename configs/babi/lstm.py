"""An LSTM that reads stories word by word: what memory networks are compared with (Weston 2015).

Weston et al. 2015, arXiv 1502.05698, table 3; in Sukhbaatar et al. 2015, arXiv 1503.08895, table 1, column "LSTM".

Expected: paper, 51.3% mean error on 1,000 training questions a task, 20 tasks failed (10,000 questions: 36.4%, 16).

    ./scripts/reproduce babi/lstm            # on simulated stories: nothing to download
    ./scripts/prepare_data babi              # the official ones, then
    ./scripts/reproduce babi/lstm:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import RUN, SGD, SINGLE, VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/lstm",
    **SINGLE,
    "cost": "half an hour on 2 cores: 20 tasks, three restarts of each",
    "model": {"name": "lstm", "embedding": 50, "cells": 50},
    "optimizer": SGD | {"name": "adamw", "learning_rate": 0.003},
    "run": RUN | {"replicas": 3, "steps": 1400},
    "reported": column(51.3, 20, 'table 1, "LSTM", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
