"""An LSTM that reads a story and its question word by word, and then answers (the baseline of Weston et al. 2015).

Shapes: B batch, T words, V vocabulary (0 is no word), E embedding, C cells, G = 4C gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax

from deepx.nn import dense, lstm

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """Sizes. Raises ValueError where one is below 1."""

    vocabulary: int
    embedding: int = 50
    cells: int = 50

    def __post_init__(self):
        for name in ("vocabulary", "embedding", "cells"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")


def init(key: Array, config: Config) -> Params:
    """Embeddings normal, of standard deviation 0.1; the cell as in `lstm.init`; the answer's weights Glorot-uniform."""
    words_key, cell_key, answer_key = jax.random.split(key, 3)
    return {
        "words_VE": 0.1 * jax.random.normal(words_key, (config.vocabulary, config.embedding)),
        "cell": lstm.init(cell_key, config.embedding, config.cells, config.cells),
        "answer": dense.init(answer_key, config.cells, config.vocabulary),
    }


def apply(config: Config, params: Params, words_BT: Array) -> Array:
    """Logits over the vocabulary [B, V] after the last word; at a 0 the state stays as it is.

    Words reach the gates by one product for all time steps: what each word adds to them, times one-hot words.
    """
    gates_VG = dense.apply(params["cell"]["input"], params["words_VE"])
    words_TB = words_BT.T
    gates_TBG = jax.nn.one_hot(words_TB, config.vocabulary) @ gates_VG
    return dense.apply(params["answer"], lstm.last(params["cell"]["recurrent"], gates_TBG, words_TB > 0).h)
