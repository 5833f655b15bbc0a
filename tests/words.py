"""A small experiment whose vocabulary can be shared out over devices: which word follows which."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax

from deepx.engine.data import epochs, one_pass
from deepx.engine.experiment import Experiment, Mean
from deepx.engine.supervised import supervised
from deepx.nn import dense, softmax

WORDS, WIDTH, BATCH, LENGTH = 104, 24, 16, 5
SPLIT = {"words_VE": -2, "output/kernel": -1, "output/bias": -1}


def experiment(*, words: int = WORDS, batch: int = BATCH, rows: int | None = None) -> Experiment:
    """rows: of the softmax at one time."""

    def log_p(params, batch):
        h = jnp.tanh(dense.apply(params["middle"], params["words_VE"][batch["word"]]))
        return softmax.of_words(params["output"], h, batch["next"], rows)

    def loss(params, stats, batch, key):
        nats = -log_p(params, batch)
        return nats.mean(), (stats, {"loss": Mean.of(nats)})

    def init(key):
        embeddings, middle, output = jax.random.split(key, 3)
        return {
            "words_VE": jax.random.normal(embeddings, (words, WIDTH)),
            "middle": dense.init(middle, WIDTH, WIDTH),
            "output": dense.init(output, WIDTH, words),
        }, ()

    def eval_step(state, batch):
        nats = -log_p(state.params, batch)
        return {"loss": Mean.of(nats, jnp.broadcast_to(batch["mask"][:, None], nats.shape))}

    text = np.random.default_rng(0).integers(1, words, (64, LENGTH + 1))
    examples = {"word": text[:, :-1], "next": text[:, 1:]}
    return Experiment(
        **supervised(init, loss, optax.adam(0.01))._asdict(),
        eval_step=eval_step,
        train_data=epochs(examples, batch),
        eval_data={"valid": one_pass(examples, BATCH)},
        split=SPLIT,
        mappable=True,
    )
