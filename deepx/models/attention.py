"""Translation with attention, a step beyond Sutskever's: the decoder looks at every place of the source.

Global attention with input feeding of Luong, Pham, Manning 2015 (arXiv 1508.04025, sections 3.1 and 3.3). After the
layers of a time step, whose highest output is h, the source's places are read into c (`deepx.nn.attention`), and

    h~ = tanh(W_c [c; h])     (equation 5)

is what the softmax sees, and what enters the lowest layer with the next word. Encoder and decoder are `seq2seq`'s, and
the decoder starts from the encoder's last states.

score: of a place, 'general' or 'dot', or 'additive', which is that of Bahdanau, Cho, Bengio 2015 (arXiv 1409.0473) in
Luong's decoder; Bahdanau's own is one GRU layer, which reads before it advances, with a bidirectional encoder and a
maxout layer.

Shapes: B batch, S source words, T target words with the end, N hypotheses, V vocabulary, E embedding,
C cells, G = 4C gates, L layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.models import language_model, seq2seq
from deepx.nn import attention, dense, dropout, initial, lstm_stack, segments, sequences, softmax
from deepx.nn.attention import Source
from deepx.nn.recurrence import Product, unroll

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config(seq2seq.Config):
    """score: 'general', 'dot' or 'additive'; for the rest see `seq2seq.Config`.

    Raises ValueError for another score.
    """

    score: str = "general"

    def __post_init__(self):
        super().__post_init__()
        if self.score not in attention.KINDS:
            raise ValueError(f"score must be one of {', '.join(attention.KINDS)}, not {self.score!r}")


class State(NamedTuple):
    """Of the decoder: its layers, and h~ [N, C] of the step before."""

    layers: lstm_stack.States
    fed: Array


def init(key: Array, config: Config) -> Params:
    """Parameters, all of U(-0.08, 0.08)."""
    V, E, C = config.target_vocabulary, config.embedding, config.cells
    encoder_key, decoder_key = jax.random.split(key)

    def shapes(key: Array) -> Params:
        return {
            "words_VE": jnp.zeros((V, E)),
            "layers": lstm_stack.init(key, E, C, config.layers, fed=C),
            "attention": attention.init(key, config.score, C),
            "combine": {"kernel": jnp.zeros((2 * C, C))},
            "output": dense.init(key, C, V),
        }

    decoder = initial.uniform(decoder_key, language_model.BOUND, jax.eval_shape(shapes, key))
    return {"encoder": seq2seq.init_encoder(encoder_key, config), "decoder": decoder}


def encode(config: Config, params: Params, source_BS: Array, *, key: Array | None = None) -> tuple[Source, State]:
    """The source, which every step of the decoder looks at, and the state that it starts from."""
    layers, h_SBC, there_SB = seq2seq.read(config, params["encoder"], source_BS, key)
    source = attention.source(params["decoder"]["attention"], h_SBC.swapaxes(0, 1), there_SB.T)
    return source, State(layers, jnp.zeros_like(layers[-1].h))


def apply(config: Config, params: Params, source_BS: Array, target_BT: Array, *, key: Array | None = None) -> Array:
    """log p of every target word, the end among them, given the source and those before [B, T]; 0 where there is none.

    key: of dropout, None: nothing is dropped.
    """
    encoder_key, decoder_key, output_key = dropout.keys(key, 3)
    source, state = encode(config, params, source_BS, key=encoder_key)
    h_TBC, _ = decode(config, params["decoder"], source, state, target_BT, decoder_key)
    h_TBC = dropout.drop(output_key, config.dropout, h_TBC)
    return softmax.of_words(params["decoder"]["output"], h_TBC.swapaxes(0, 1), target_BT, config.softmax_rows)


def alignment(config: Config, params: Params, source_BS: Array, target_BT: Array) -> Array:
    """How much of the look at the source went to each of its words, for every target word [B, T, S]."""
    source, state = encode(config, params, source_BS)
    _, shares_TBS = decode(config, params["decoder"], source, state, target_BT)
    shares_BTS = shares_TBS.swapaxes(0, 1)
    if not config.reverse:
        return shares_BTS
    places_BS = sequences.backwards(jnp.where(source_BS, jnp.arange(1, source_BS.shape[1] + 1), 0)) - 1
    return jnp.take_along_axis(shares_BTS, jnp.where(source_BS, places_BS, jnp.arange(source_BS.shape[1]))[:, None], 2)


def decode_step(config: Config, params: Params, context: Source, state: State, word_N: Array):
    """log p of every next word [N, V] and the state, after one more word each.

    Hypotheses may be more than sources, N = B K: then those of a source stand in succession.
    """
    params = params["decoder"]
    named = weights(params)
    gates_NG = dense.apply(params["layers"][0]["input"], params["words_VE"][word_N])
    state, (fed_NC, _) = step(lambda name, a: dense.apply(named[name], a), state, (gates_NG, None), context)
    return softmax.of_all(params["output"], fed_NC), state


def decode(config: Config, params: Params, source: Source, state: State, target_BT: Array, key: Array | None = None):
    """h~ [T, B, C] and shares of the source's places [T, B, S], for a target. params: the decoder's."""

    def loop(state: State, inputs_TBE: Array, key: Array | None) -> tuple[State, tuple[Array, Array]]:
        embedded_key, *keys = dropout.keys(key, config.layers)
        inputs_TBE = dropout.drop(embedded_key, config.dropout, inputs_TBE)
        ones = jnp.ones((*inputs_TBE.shape[:2], config.cells), inputs_TBE.dtype)
        masks = None if key is None else [dropout.drop(k, config.dropout, ones) for k in keys]
        gates_TBG = dense.apply(params["layers"][0]["input"], inputs_TBE)
        return unroll(step, weights(params), state, (gates_TBG, masks), None, source)

    inputs_TBE = params["words_VE"][sequences.before(target_BT).T]
    return segments.run(loop, state, inputs_TBE, config.segment, key)[1]


def weights(params: Params) -> dict[str, Any]:
    """What `step` multiplies with, by name."""
    return {
        **lstm_stack.weights(params["layers"]),
        **attention.weights(params["attention"]),
        "combine": params["combine"],
    }


def step(product: Product, state: State, x: tuple[Array, Any], source: Source):
    """One time step: the state, and h~ with the shares of the source's places."""
    gates_NG, masks = x
    layers = lstm_stack.step(product, state.layers, gates_NG, [state.fed], masks)
    read_NC, shares_NS = attention.attend(product, source, layers[-1].h)
    fed_NC = jnp.tanh(product("combine", jnp.concatenate([read_NC, layers[-1].h], axis=-1)))
    return State(layers, fed_NC), (fed_NC, shares_NS)
