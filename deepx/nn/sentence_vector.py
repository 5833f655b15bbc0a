"""A sentence as one vector: the last state of a recurrent unit that reads its words.

Shapes: N sentences, T words, V vocabulary (0 is no word), W numbers of a word, C cells, G gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import chex
import jax
import jax.numpy as jnp

from deepx.nn import dense, dropout, gru, lstm

Array = jax.Array
Params = Mapping[str, Any]

UNITS = ("lstm", "gru")
FEW = 256  # words of a vocabulary up to which one product for all words is faster than looking them up


def init(
    key: Array, vocabulary: int, words: int, cells: int, unit: str = "lstm", spread: float = 0.1
) -> dict[str, Any]:
    """Word vectors normal, `spread` being their standard deviation; the unit as in `lstm.init` or `gru.init`.

    Raises ValueError for a unit that there is not.
    """
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {unit!r}")
    of_words, of_cell = jax.random.split(key)
    cell = lstm.init(of_cell, words, cells, cells) if unit == "lstm" else gru.init(of_cell, words, cells)
    return {"words_VW": spread * jax.random.normal(of_words, (vocabulary, words)), "cell": cell}


def read(params: Params, words_NT: Array, key: Array | None = None, rate: float = 0.0) -> Array:
    """The last h [N, C]; where there is no word, the state stays as it is.

    key, rate: of dropout, in which every step of a sentence has the same mask (Gal & Ghahramani 2016, arXiv
    1512.05287): on word vectors, and with GRUs on h as well.
    """
    chex.assert_rank(words_NT, 2)
    words_TN, cell = words_NT.T, params["cell"]
    of_words, of_state = dropout.keys(key, 2)
    if key is None or rate == 0:  # the vocabulary's share of the gates is that of its words
        gates_TNG = looked_up(dense.apply(cell["input"], params["words_VW"]), words_TN)
    else:
        vectors_TNW = looked_up(params["words_VW"], words_TN)
        mask_NW = dropout.drop(of_words, rate, jnp.ones_like(vectors_TNW[0]))
        gates_TNG = dense.apply(cell["input"], vectors_TNW * mask_NW)
    if "recurrent" in cell:
        return lstm.last(cell["recurrent"], gates_TNG, words_TN > 0).h
    ones_NC = jnp.ones((words_NT.shape[0], gates_TNG.shape[-1] // 3), gates_TNG.dtype)
    return gru.last(cell, gates_TNG, words_TN > 0, dropout.drop(of_state, rate, ones_NC))


def looked_up(table_VX: Array, words_TN: Array) -> Array:
    """The rows [T, N, X] of words."""
    if len(table_VX) <= FEW:
        return jax.nn.one_hot(words_TN, len(table_VX), dtype=table_VX.dtype) @ table_VX
    return table_VX[words_TN]
