"""What the experiments on conversations share: Vinyals & Le 2015 (arXiv 1506.05869), section 4.1."""

from ml_collections.config_dict import placeholder

from configs.seq2seq import ADAM, DATA, EVALUATION, MODEL, TRANSLATION
from configs.seq2seq import SMOKE as TRANSLATED

TALK = TRANSLATION | {  # the help desk's, but for its data
    "data": {
        "name": "conversations",  # or "subtitles", "chatterbot"
        "train": "",  # files, FILE,FILE,...
        "valid": "",  # where there are none, a tenth of the conversations of training's
        "test": "",
        "held_out": 10_000,  # answers to validate and as many to test, at most, where there are no files of them
        "context": 4,  # turns that are read
        "pairs": placeholder(int),  # of a turn and its context, in training, the first; None: all
        "most_words": placeholder(int),
        "longest": (120, 60),
        "memory": "device",
        "vocabulary": DATA["vocabulary"] | {"target": 20_000, "lowercase": True},  # of both sides
    },
    "model": MODEL | {"layers": 1, "cells": 1024, "embedding": 1024},
    "lengths": (16, 24, 32, 48, 64),
    "evaluation": {
        "batch_size": 64,
        "beam": 20,  # wide, as 'mmi' chooses among what it finds
        "alpha": 0.0,
        "watched": EVALUATION["watched"],
        "longest": 200,  # numbers of what is typed, with its context
        "answered": 1000,  # test turns, the first
        "most_words": 40,  # of an answer, with its end
        "ngram": 5,  # words of the n-grams it is held against; 0: none
        "answer": "greedy",  # of what is typed; or "beam", "sampled", "mmi", "mmi_search"
        "temperature": 1.0,  # of "sampled"
        "mmi": {"weight": 0.5, "first": 5, "length": 0.0},
    },
}

CPU = ADAM | {
    "cost": "an estimated half hour on one core, with 2,000 conversations",
    "data.context": 2,
    "data.longest": (80, 40),
    "data.vocabulary.target": 5000,
    "lengths": (12, 16, 24, 32, 48),
    "model.layers": 1,
    "model.cells": 192,
    "model.embedding": 128,
    "model.dropout": 0.3,
    "model.softmax_rows": 10_000,  # more than there are: all at once
    "optimizer.learning_rate": 0.004,
    "optimizer.schedule_steps": 3200,  # 10 epochs of 10,000 answers
    "batch_size": 32,
    "evaluation.alpha": 1.0,
    "evaluation.answered": 300,
    "run.steps": 3200,
    "run.eval_every": 100,
    "run.checkpoint_every": 100,
    "run.select": "min valid_loss",
}

NOT_THEIRS = ("data.source", "data.target")
SMOKE = {name: value for name, value in TRANSLATED.items() if name not in NOT_THEIRS} | {
    "cost": "seconds, on a few of chatterbot-corpus's conversations",
    "data.name": "chatterbot",
    "data.context": 2,
    "data.vocabulary.target": 200,
    "data.vocabulary.source": None,
    "model.softmax_rows": None,
    "evaluation.ngram": 3,
    "evaluation.answered": 12,
    "evaluation.most_words": 8,
}
