"""What the experiments on translation share: Sutskever, Vinyals, Le 2014 (arXiv 1409.3215), section 3.4."""

from typing import Any

from ml_collections.config_dict import placeholder

import configs

DATA: dict[str, Any] = {
    "source": "en",
    "target": "fr",
    "folder": "",  # of Multi30k's files; default: where prepared data sets are
    "train": "",  # of name "files": SOURCE,TARGET
    "valid": "",
    "test": "",
    "escaped": False,  # whether files have &apos; for an apostrophe
    "pairs": placeholder(int),  # of training, the first; None: all
    "held_out": 1000,  # pairs to validate and as many to test, where there are no files of them
    "most_words": placeholder(int),  # between spaces, in training
    "longest": (60, 60),  # numbers of source and target with its end, in training
    "memory": "device",  # or "host"
    "vocabulary": {
        "kind": "words",  # or "subwords"
        "source": placeholder(int),  # the size; None: all words
        "target": placeholder(int),
        "lowercase": False,  # whether all is read, and so written, in lower case
        "folder": "",  # where its files are, or will be written
    },
}

MODEL = {
    "name": "seq2seq",  # or "encoder_decoder", "attention", or "language_model", of the target alone
    "layers": 4,
    "cells": 1000,
    "embedding": 1000,
    "reverse": True,  # the source is read from its last word
    "dropout": 0.0,
    "softmax_rows": placeholder(int),  # words whose logits are in memory at once; None: all
    "segment": placeholder(int),  # steps of time that are computed again backwards, to need less memory; None: none
    "score": "general",  # of attention
}

SGD = {
    "name": "sgd",  # or "adam"
    "learning_rate": 0.7,
    "clip": 5.0,  # of the norm of the gradient of a batch's sum, divided by its sentences
    "schedule": "halving",  # or "cosine", "constant"
    "halve_after": 5.0,  # epochs
    "halve_every": 0.5,
    "schedule_steps": 0,  # in which 'cosine' falls to 0
}

# What Sutskever shows in figure 2.
PHRASES = (
    "John respects Mary.",
    "Mary respects John.",
    "John admires Mary.",
    "Mary admires John.",
    "Mary is in love with John.",
    "John is in love with Mary.",
)

EVALUATION = {
    "batch_size": 128,
    "beam": 12,
    "alpha": 0.0,  # of length normalisation
    "watched": 200,  # sentences that validate, translated greedily at every evaluation
    "longest": 200,  # numbers of a sentence that is typed
    "phrases": PHRASES,
}

RUN = configs.RUN | {
    "steps": 100_000,
    "steps_per_call": 10,
    "log_every": 100,
    "eval_every": 10_000,
    "checkpoint_every": 10_000,
}

TRANSLATION: dict[str, Any] = {  # the paper's, but for its data
    "data": DATA,
    "model": MODEL,
    "lengths": (10, 20, 30, 40),  # to which a batch is cut, each a branch of the program, besides data.longest
    "pool": 16,  # batches that are sorted by length together
    "optimizer": SGD,
    "batch_size": 128,
    "accumulate": 1,  # parts of a batch, taken one after another
    "precision": "float32",  # of the network; or "bfloat16"
    "evaluation": EVALUATION,
    "run": RUN,
    "reported": {},
}

ADAM = {  # minutes, where the paper has days
    "optimizer.name": "adam",
    "optimizer.schedule": "cosine",
    "batch_size": 64,
    "run.log_every": 50,
}

SMOKE = ADAM | {
    "cost": "seconds, on sentences of a grammar",
    "data.name": "grammar_enfr",
    "data.source": "en",
    "data.target": "fr",
    "data.pairs": 64,
    "data.held_out": 12,
    "data.longest": (24, 24),
    "data.memory": "device",
    "data.vocabulary.kind": "words",
    "model.layers": 1,
    "model.cells": 8,
    "model.embedding": 6,
    "optimizer.learning_rate": 0.003,
    "optimizer.schedule_steps": 12,
    "lengths": (12,),
    "batch_size": 16,
    "evaluation.batch_size": 8,
    "evaluation.beam": 3,
    "evaluation.watched": 4,
    "run.steps": 12,
    "run.steps_per_call": 2,
    "run.log_every": 2,
    "run.eval_every": 6,
    "run.checkpoint_every": 6,
}


CAPTIONS = (
    "A man is watching a woman.",
    "A woman is watching a man.",
    "A man is chasing a dog.",
    "A dog is chasing a man.",
    "A boy is holding a girl.",
    "A girl is holding a boy.",
)

MULTI30K = TRANSLATION | {
    "cost": "an estimated hour on a GPU",
    "data": DATA
    | {"name": "multi30k", "vocabulary": DATA["vocabulary"] | {"kind": "subwords", "source": 6000, "target": 6000}},
    "lengths": (12, 16, 20, 28),
    "evaluation": EVALUATION | {"phrases": CAPTIONS},
    "run": RUN | {"steps": 1700, "eval_every": 340, "checkpoint_every": 340},  # 7.5 epochs
}

MULTI30K_CPU = ADAM | {
    "cost": "an estimated hour on 2 cores",
    "model.layers": 1,
    "model.cells": 384,
    "model.embedding": 256,
    "model.dropout": 0.3,
    "optimizer.learning_rate": 0.001,
    "optimizer.schedule_steps": 9000,  # 20 epochs
    "evaluation.alpha": 1.0,
    "run.steps": 9000,
    "run.eval_every": 450,
    "run.checkpoint_every": 450,
    "run.select": "min valid_loss",
}

SUMMARY = {  # the source's last state is before the decoder at every step
    "model.name": "encoder_decoder",
    "data.vocabulary.source": 3000,
    "data.vocabulary.target": 3000,
    "optimizer.learning_rate": 0.002,
    "optimizer.schedule_steps": 4500,  # 10 epochs
    "run.steps": 4500,
}

ATTENTION = {  # learns faster
    "model.name": "attention",
    "optimizer.schedule_steps": 6300,  # 14 epochs
    "run.steps": 6300,
}

WMT14 = TRANSLATION | {
    "data": DATA
    | {
        "name": "wmt14",
        "pairs": 12_000_000,
        "longest": (80, 80),
        "memory": "host",
        "vocabulary": DATA["vocabulary"] | {"source": 160_000, "target": 80_000},
    },
    "lengths": (10, 20, 30, 40, 60),
    "model": MODEL | {"softmax_rows": 1024},
    "run": RUN | {"steps": 703_120, "eval_every": 10_000},  # 7.5 epochs of 12 million pairs
}

WMT14_CPU = ADAM | {  # shows the route; not a translator
    "cost": "an estimated hour on 2 cores",
    "data.pairs": 200_000,
    "data.most_words": 25,
    "data.longest": (40, 40),
    "data.memory": "device",
    "data.vocabulary.kind": "subwords",
    "data.vocabulary.source": 8000,
    "data.vocabulary.target": 8000,
    "lengths": (12, 16, 20, 28),
    "model.layers": 1,
    "model.cells": 384,
    "model.embedding": 256,
    "model.softmax_rows": 10_000,  # more than there are: all at once
    "model.dropout": 0.2,
    "optimizer.learning_rate": 0.001,
    "optimizer.schedule_steps": 9000,
    "evaluation.alpha": 1.0,
    "run.steps": 9000,
    "run.eval_every": 1000,
    "run.checkpoint_every": 1000,
    "run.select": "min valid_loss",
}
