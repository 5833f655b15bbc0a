"""A softmax over a vocabulary: log-probabilities of the words that are asked for, or of all.

Shapes: N examples, C inputs, V vocabulary, R rows, ... any leading axes.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from deepx.nn import dense
from deepx.nn.sequences import NONE

Array = jax.Array


def of_all(weights: dense.Weights, a_C: Array) -> Array:
    """log softmax(a W + b) [..., V]."""
    return jax.nn.log_softmax(dense.apply(weights, a_C).astype(jnp.float32))


def of_words(weights: dense.Weights, a_C: Array, words: Array, rows: int | None = None) -> Array:
    """log p(word) of one word each, of any shape [...], by one product for all; 0 where there is no word.

    The word is found by comparing, not by looking up: so nothing but sums crosses devices that share out V. Devices may
    share out the first axis, the batch, too: it stays the slowest, and every device's examples have a part of the rows.

    rows: as many examples as have logits at one time, R V numbers instead of N V; the backward pass computes them
    again. None: all.
    """
    a_NC, words_N = a_C.reshape(-1, a_C.shape[-1]), words.reshape(-1)
    n = len(words_N)
    if rows is None or rows >= n:
        return _of_words(weights, a_NC, words_N).reshape(words.shape)
    parts = -(-n // rows)
    rows = -(-n // parts)  # as few as will do, and nearly no padding
    short = parts * rows - n
    a_PRC = jnp.pad(a_NC, ((0, short), (0, 0))).reshape(rows, parts, -1).swapaxes(0, 1)
    words_PR = jnp.pad(words_N, (0, short)).reshape(rows, parts).T
    log_p_PR = jax.lax.map(jax.checkpoint(lambda part: _of_words(weights, *part)), (a_PRC, words_PR))
    return log_p_PR.T.reshape(-1)[:n].reshape(words.shape)


def _of_words(weights: dense.Weights, a_NC: Array, words_N: Array) -> Array:
    logits_NV = dense.apply(weights, a_NC).astype(jnp.float32)
    chosen_NV = jnp.arange(logits_NV.shape[1]) == words_N[:, None]
    log_p_N = jnp.where(chosen_NV, logits_NV, 0).sum(-1) - jax.nn.logsumexp(logits_NV, axis=-1)
    return jnp.where(words_N == NONE, 0, log_p_N)
