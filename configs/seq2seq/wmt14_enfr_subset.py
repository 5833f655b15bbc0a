"""English to French of a part of WMT'14, two layers of LSTM cells: sentences of up to 30 words, two million pairs.

Ours, after Sutskever, Vinyals, Le 2014, arXiv 1409.3215: what a single accelerator learns in a day.

    ./scripts/prepare_data wmt14_translate/fr-en
    ./scripts/reproduce seq2seq/wmt14_enfr_subset:paper
    ./scripts/reproduce seq2seq/wmt14_enfr_subset:paper --config.data.pairs=500000 --config.data.most_words=20
"""

from configs.seq2seq import DATA, MODEL, RUN, SMOKE, WMT14, WMT14_CPU
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/wmt14_enfr_subset",
    **WMT14,
    "cost": "an estimated day on a GPU",
    "data": WMT14["data"]
    | {
        "pairs": 2_000_000,
        "most_words": 30,
        "longest": (40, 45),
        "vocabulary": DATA["vocabulary"] | {"source": 30_000, "target": 30_000},
    },
    "model": MODEL | {"layers": 2, "cells": 512, "embedding": 512},
    "lengths": (10, 20, 30),
    "run": RUN | {"steps": 117_180, "eval_every": 5000, "checkpoint_every": 5000},  # at most 7.5 epochs
}

get_config = variants(
    paper=PAPER,
    cpu=WMT14_CPU,
    attention=WMT14_CPU | {"model.name": "attention"},
    smoke=SMOKE,
)
