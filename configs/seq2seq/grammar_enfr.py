"""English to French of a grammar of ours, without a download, by an LSTM that reads and one that writes.

The model is that of Sutskever, Vinyals, Le 2014 (arXiv 1409.3215); the sentences, with agreement, elision and words in
another order, are generated, and those tested are in no training set. `paper` is the paper's network and optimiser.

Expected: cpu, 95.7 BLEU on unseen sentences by beam 12, 95.0 greedily. With 4,000 steps (`--config.run.steps=4000
--config.optimizer.schedule_steps=4000 --config.run.replicas=3`) 85.5, and forward 74.1.

    ./scripts/reproduce seq2seq/grammar_enfr
    ./scripts/reproduce seq2seq/grammar_enfr:forward       # the source is read from its first word
    ./scripts/reproduce seq2seq/grammar_enfr:attention
    ./scripts/reproduce seq2seq/grammar_enfr --mode=predict --text="The old woman sees two black cats."
"""

from configs.seq2seq import ADAM, DATA, EVALUATION, RUN, SMOKE, TRANSLATION
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/grammar_enfr",
    **TRANSLATION,
    "cost": "an estimated hour on a GPU: 7.5 epochs of 200,000 sentences",
    "data": DATA | {"name": "grammar_enfr", "pairs": 200_000, "longest": (40, 40)},
    "lengths": (8, 12, 16),
    "evaluation": EVALUATION
    | {
        "phrases": (
            "Paul loves Anne.",
            "Anne loves Paul.",
            "Paul admires Anne.",
            "Anne admires Paul.",
            "Paul knows Anne.",
            "Anne knows Paul.",
        )
    },
    "run": RUN | {"steps": 11_710, "eval_every": 1000, "checkpoint_every": 1000},
}

CPU = ADAM | {
    "cost": "15 minutes on 2 cores",
    "model.layers": 1,
    "model.cells": 256,
    "model.embedding": 128,
    "optimizer.learning_rate": 0.003,
    "optimizer.schedule_steps": 12_000,
    "run.steps": 12_000,
    "run.eval_every": 1000,
    "run.checkpoint_every": 1000,
}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    forward=CPU | {"model.reverse": False},
    attention=CPU | {"model.name": "attention"},
    smoke=SMOKE,
)
