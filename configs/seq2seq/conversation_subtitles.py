"""The next line of a film, by a network that has read the one before (Vinyals & Le 2015).

Vinyals, Le 2015, "A neural conversational model", arXiv 1506.05869, section 4.2, on OpenSubtitles: two layers of 4096
cells, 100,000 words, AdaGrad with clipping. The paper's projection of the cells to 2048 units before the softmax (from
memory) is not here; embeddings, learning rate and batch are ours. Numbers are from a secondary source (V2).

Expected: paper, perplexity 17, and 28 of 5-grams.

A file has one utterance a line; a tenth of its scenes (100 lines, ours) validates, a tenth tests. A file with __eou__
between turns has conversations, one a line, as DailyDialog.

    ./scripts/reproduce seq2seq/conversation_subtitles:paper --config.data.train=FILE,FILE,...
    ./scripts/reproduce seq2seq/conversation_subtitles --config.data.train=FILE      # cpu: a small network
    ./scripts/reproduce seq2seq/conversation_subtitles --mode=predict --answer=mmi
"""

from configs import reported
from configs.seq2seq import DATA, MODEL, RUN, SGD
from configs.seq2seq.conversations import CPU, SMOKE, TALK
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/conversation_subtitles",
    **TALK,
    "cost": "weeks on several GPUs, for the paper's 923 million words",
    "data": TALK["data"]
    | {
        "name": "subtitles",
        "context": 1,
        "memory": "host",
        "vocabulary": DATA["vocabulary"] | {"target": 100_000, "lowercase": True},
    },
    "model": MODEL | {"layers": 2, "cells": 4096, "embedding": 1024, "softmax_rows": 1024},
    "optimizer": SGD | {"name": "adagrad", "learning_rate": 0.1, "schedule": "constant"},
    "evaluation": TALK["evaluation"] | {"ngram": 0},  # 5-grams of 923 million words do not fit into memory
    "run": RUN | {"steps": 480_000, "eval_every": 20_000},  # an epoch of 62 million sentences
    "reported": {
        "test_perplexity": reported(17.0, "section 4.2", "V2", better="lower"),
        "test_perplexity/5-gram": reported(28.0, "section 4.2, smoothed 5-grams", "V2", better="lower"),
    },
}

SUBTITLES = CPU | {"data.memory": "device", "evaluation.ngram": 5}

get_config = variants(paper=PAPER, cpu=SUBTITLES, attention=SUBTITLES | {"model.name": "attention"}, smoke=SMOKE)
