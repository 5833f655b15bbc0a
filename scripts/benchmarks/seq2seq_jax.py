"""Sequence to sequence: a training step as the engine takes it, and all sentences decoded at once with a beam."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from deepx.engine.supervised import supervised
from deepx.models import seq2seq
from deepx.nn.decoding import beam
from scripts.benchmarks.seq2seq import (
    BEAM, DECODING, LEARNING_RATE, LONGEST, NORM, TRAINING, VOCABULARY, Sizes, pairs,
)  # fmt: skip


def build(case: str, variant: str):
    return decoding(DECODING[case]) if case in DECODING else training(TRAINING[case])


def config_of(sizes: Sizes) -> seq2seq.Config:
    return seq2seq.Config(VOCABULARY, VOCABULARY, sizes.layers, sizes.cells, sizes.cells)


def training(sizes: Sizes):
    config = config_of(sizes)

    def loss(params, stats, batch, key):
        return -seq2seq.apply(config, params, *batch).sum() / sizes.batch, (stats, {})

    optimizer = optax.chain(optax.clip_by_global_norm(NORM), optax.sgd(LEARNING_RATE))
    training = supervised(lambda key: (seq2seq.init(key, config), ()), loss, optimizer)
    compiled = jax.jit(lambda *given: training.train_step(*given)[0], donate_argnums=0)
    state, batch, key = training.init(jax.random.key(1)), tuple(map(jnp.array, pairs(sizes.batch))), jax.random.key(0)

    def step():
        nonlocal state
        state = jax.block_until_ready(compiled(state, batch, key))

    return step


def decoding(sizes: Sizes):
    config = config_of(sizes)
    params = seq2seq.init(jax.random.key(1), config)
    source_BS = jnp.array(pairs(sizes.batch)[0])

    @jax.jit
    def decode(params, source_BS):
        context, states = seq2seq.encode(config, params, source_BS)
        return beam.search(partial(seq2seq.decode_step, config, params, context), states, BEAM, LONGEST)

    return lambda: jax.block_until_ready(decode(params, source_BS))
