"""Sequence to sequence learning: Sutskever, Vinyals, Le 2014 (arXiv 1409.3215).

An LSTM reads the source, backwards (section 3.3), and its last state is where another LSTM starts, a language model of
the target (`language_model`); the two share no weights. The target's own end is the decoder's first input, and the last
word it predicts (figure 1).

With 4 layers of 1000 cells, embeddings of 1000 and vocabularies of 160,000 and 80,000, the weights are the paper's 384M
(section 3.4), "of which 64M are pure recurrent connections": 160M and 80M of embeddings, 2 x 4 layers of 8M, 80M of the
softmax. Our biases, of which the paper does not speak, are another 112,000.

Shapes: B batch, S source words, T target words with the end, N hypotheses, V vocabulary, E embedding, C cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp

from deepx.models import language_model
from deepx.nn import dropout, initial, lstm_stack, sequences
from deepx.nn.lstm_stack import States

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """Sizes. source_vocabulary, target_vocabulary: words, with 0 and the end (`sequences`). reverse: whether the source
    is read from its last word. dropout, softmax_rows, segment: see `language_model.Config`.

    Raises ValueError where a size is below 1.
    """

    source_vocabulary: int
    target_vocabulary: int
    layers: int = 4
    cells: int = 1000
    embedding: int = 1000
    reverse: bool = True
    dropout: float = 0.0
    softmax_rows: int | None = None
    segment: int | None = None

    def __post_init__(self):
        if self.source_vocabulary < 1:
            raise ValueError(f"source_vocabulary must be at least 1, not {self.source_vocabulary}")
        self.decoder  # noqa: B018  its sizes are ours

    @property
    def decoder(self) -> language_model.Config:
        shared = ("layers", "cells", "embedding", "dropout", "softmax_rows", "segment")
        return language_model.Config(self.target_vocabulary, **{name: getattr(self, name) for name in shared})


def init(key: Array, config: Config) -> Params:
    """Parameters, all of U(-0.08, 0.08): the encoder's embeddings and layers, and a language model's."""
    encoder_key, decoder_key = jax.random.split(key)
    decoder = language_model.init(decoder_key, config.decoder)
    return {"encoder": init_encoder(encoder_key, config), "decoder": decoder}


def init_encoder(key: Array, config: Config) -> Params:
    def shapes(key: Array) -> Params:
        layers = lstm_stack.init(key, config.embedding, config.cells, config.layers)
        return {"words_VE": jnp.zeros((config.source_vocabulary, config.embedding)), "layers": layers}

    return initial.uniform(key, language_model.BOUND, jax.eval_shape(shapes, key))


def read(config: Config, params: Params, source_BS: Array, key: Array | None = None) -> tuple[States, Array, Array]:
    """The encoder's states after the source, what its highest layer gave at every place [S, B, C], and where there was
    a word [S, B]; in the order in which it reads. params: the encoder's.
    """
    chex.assert_rank(source_BS, 2)
    words_SB = (sequences.backwards(source_BS) if config.reverse else source_BS).T
    there_SB = words_SB != sequences.NONE
    states = lstm_stack.zeros(params["layers"], source_BS.shape[0])
    inputs_SBE = params["words_VE"][words_SB]
    states, h_SBC = lstm_stack.run(params["layers"], inputs_SBE, states, there_SB, key, config.dropout, config.segment)
    return states, h_SBC, there_SB


def encode(config: Config, params: Params, source_BS: Array, *, key: Array | None = None) -> tuple[tuple[()], States]:
    """The context, which every step of the decoder may look at, here none; and the states that it starts from."""
    states, _, _ = read(config, params["encoder"], source_BS, key)
    return (), states


def apply(config: Config, params: Params, source_BS: Array, target_BT: Array, *, key: Array | None = None) -> Array:
    """log p of every target word, the end among them, given the source and those before [B, T]; 0 where there is none.

    key: of dropout, None: nothing is dropped.
    """
    encoder_key, decoder_key = dropout.keys(key, 2)
    _, states = encode(config, params, source_BS, key=encoder_key)
    return language_model.apply(config.decoder, params["decoder"], target_BT, states, key=decoder_key)


def decode_step(config: Config, params: Params, context: tuple[()], states: States, word_N: Array):
    """log p of every next word [N, V] and the states, after one more word each."""
    return language_model.decode_step(config.decoder, params["decoder"], context, states, word_N)
