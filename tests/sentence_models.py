"""Small models of sentences, and a batch of pairs, for several tests."""

import functools

import jax
import jax.numpy as jnp

from deepx.models import attention, encoder_decoder, seq2seq

SIZES = {"source_vocabulary": 7, "target_vocabulary": 6, "layers": 2, "cells": 5, "embedding": 4}
SOURCE = jnp.array([[2, 3, 4, 5], [6, 2, 0, 0], [3, 0, 0, 0]])
TARGET = jnp.array([[3, 1, 0, 0, 0], [2, 5, 4, 3, 1], [5, 4, 1, 0, 0]])
MODELS = {
    "seq2seq": (seq2seq, seq2seq.Config(**SIZES)),
    "forward": (seq2seq, seq2seq.Config(**SIZES, reverse=False)),
    "encoder_decoder": (encoder_decoder, encoder_decoder.Config(**SIZES)),
    **{score: (attention, attention.Config(**SIZES, score=score)) for score in ("dot", "general", "additive")},
}
compiled = {module: jax.jit(module.apply, static_argnums=0) for module, _ in MODELS.values()}
one_step = {module: jax.jit(module.decode_step, static_argnums=0) for module, _ in MODELS.values()}


@functools.cache
def large(model, config):
    """Parameters, far from linear."""
    return jax.tree.map(lambda a: 10 * a, jax.jit(model.init, static_argnums=1)(jax.random.key(0), config))
