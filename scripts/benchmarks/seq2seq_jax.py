"""A training step of sequence to sequence as the engine takes it."""

import jax
import jax.numpy as jnp
import optax

from deepx.engine.supervised import supervised
from deepx.models import seq2seq
from scripts.benchmarks.seq2seq import LEARNING_RATE, NORM, SIZES, VOCABULARY, Sizes, pairs
from scripts.benchmarks.stepping import Step, stepping


def config_of(sizes: Sizes) -> seq2seq.Config:
    return seq2seq.Config(VOCABULARY, VOCABULARY, sizes.layers, sizes.cells, embedding=sizes.cells)


def build(case: str, variant: str) -> Step:
    sizes = SIZES[case]
    config = config_of(sizes)

    def loss(params, stats, batch, key):
        return -seq2seq.apply(config, params, *batch).sum() / sizes.batch, (stats, {})

    optimizer = optax.chain(optax.clip_by_global_norm(NORM), optax.sgd(LEARNING_RATE))
    training = supervised(lambda key: (seq2seq.init(key, config), ()), loss, optimizer)
    state, key = training.init(jax.random.key(1)), jax.random.key(0)
    batch = tuple(map(jnp.array, pairs(sizes.batch)))

    return stepping(lambda *given: training.train_step(*given)[0], state, batch, key)
