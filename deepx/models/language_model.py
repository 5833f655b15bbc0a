"""A language model of LSTM layers: p(y) = prod_t p(y_t | y_1 .. y_t-1), with the end of the sentence as its last word.

Sutskever, Vinyals, Le 2014 (arXiv 1409.3215, equation 1) translate by "a standard LSTM-LM formulation whose initial
hidden state is set to the representation v" of the source: so this is their decoder, and by itself, from zeros, the
p(e) of a noisy channel.

Shapes: B batch, T words with the end, N hypotheses, V vocabulary, E embedding, C cells, G = 4C gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp

from deepx.nn import dense, dropout, initial, lstm_stack, sequences, softmax
from deepx.nn.lstm_stack import States

Array = jax.Array
Params = Mapping[str, Any]

BOUND = 0.08


@dataclass(frozen=True)
class Config:
    """Sizes. vocabulary: words, with 0 and the end (`sequences`). dropout: of what enters a layer from below, and the
    softmax. softmax_rows: see `softmax.of_words`. segment: see `lstm_stack.run`.

    Raises ValueError where a size is below 1.
    """

    vocabulary: int
    layers: int = 4
    cells: int = 1000
    embedding: int = 1000
    dropout: float = 0.0
    softmax_rows: int | None = None
    segment: int | None = None

    def __post_init__(self):
        for name in ("vocabulary", "layers", "cells", "embedding", "softmax_rows", "segment"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")


def init(key: Array, config: Config) -> Params:
    """V E + 4C (E + C + 1) + (L - 1) 4C (2C + 1) + (C + 1) V parameters, all of U(-0.08, 0.08), biases too."""
    V, E, C = config.vocabulary, config.embedding, config.cells

    def shapes(key: Array) -> Params:
        layers = lstm_stack.init(key, E, C, config.layers)
        return {"words_VE": jnp.zeros((V, E)), "layers": layers, "output": dense.init(key, C, V)}

    return initial.uniform(key, BOUND, jax.eval_shape(shapes, key))


def start(config: Config, params: Params, batch: int) -> States:
    """The state before the first word: zeros."""
    return lstm_stack.zeros(params["layers"], batch)


def apply(
    config: Config, params: Params, target_BT: Array, states: States | None = None, *, key: Array | None = None
) -> Array:
    """log p of every word of sentences with their ends, given those before [B, T]; 0 where there is none.

    states: before the first word, None: zeros. key: of dropout, None: nothing is dropped.
    """
    chex.assert_rank(target_BT, 2)
    states = start(config, params, target_BT.shape[0]) if states is None else states
    layers_key, output_key = dropout.keys(key, 2)
    inputs_TBE = params["words_VE"][sequences.before(target_BT).T]
    _, h_TBC = lstm_stack.run(
        params["layers"], inputs_TBE, states, key=layers_key, rate=config.dropout, segment=config.segment
    )
    h_TBC = dropout.drop(output_key, config.dropout, h_TBC)
    return softmax.of_words(params["output"], h_TBC.swapaxes(0, 1), target_BT, config.softmax_rows)


def decode_step(config: Config, params: Params, context: tuple[()], states: States, word_N: Array):
    """log p of every next word [N, V] and the states, after one more word each; there is no context."""
    gates_NG = dense.apply(params["layers"][0]["input"], params["words_VE"][word_N])
    weights = lstm_stack.weights(params["layers"])
    states = lstm_stack.step(lambda name, a: dense.apply(weights[name], a), states, gates_NG)
    return softmax.of_all(params["output"], states[-1].h), states
