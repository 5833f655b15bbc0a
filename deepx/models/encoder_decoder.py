"""The encoder-decoder of Cho, van Merrienboer, Gulcehre et al. 2014 (arXiv 1406.1078): the summary of the source, c, is
not only where the decoder starts, it is before it at every step.

    h_t = f(h_t-1, y_t-1, c)                              (equation 2)
    s_t = max over pairs of O_h h_t + O_y y_t-1 + O_c c   (appendix A.2.2)
    log p(y_t) = log softmax(G s_t)

c is the encoder's last output, and the decoder starts from its last states. As it does not change, its products are
taken once a sentence. Where we depart: f is an LSTM (theirs is a gated unit that the paper introduces), layers may be
several, and s has as many units as there are cells (theirs half as many). The encoder is `seq2seq`'s, and the decoder's
parameters are those of a `language_model`, with c's and the maxout's besides.

Shapes: B batch, S source words, T target words with the end, N hypotheses, V vocabulary, E embedding, C cells,
G = 4C gates, P = 2C numbers before the maxout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.models import language_model, seq2seq
from deepx.nn import dense, dropout, initial, lstm_stack, sequences, softmax
from deepx.nn.lstm_stack import States

Array = jax.Array
Params = Mapping[str, Any]

Config = seq2seq.Config


class Summary(NamedTuple):
    """c's share of the lowest layer's gates [B, G], and of what is before the maxout [B, P]."""

    gates: Array
    pairs: Array


def init(key: Array, config: Config) -> Params:
    """Parameters, all of U(-0.08, 0.08): the encoder's, a language model's whose softmax sees s, and 4C^2 of what c
    enters by, 2C (2C + E + 1) of O.
    """
    E, C = config.embedding, config.cells
    encoder_key, decoder_key, summary_key = jax.random.split(key, 3)

    def shapes(key: Array) -> Params:
        return {
            "summary": {"kernel": jnp.zeros((C, 4 * C))},
            "O_c": {"kernel": jnp.zeros((C, 2 * C))},
            "O": dense.init(key, C + E, 2 * C),  # of h and y
        }

    own = initial.uniform(summary_key, language_model.BOUND, jax.eval_shape(shapes, summary_key))
    decoder = language_model.init(decoder_key, config.decoder)
    return {"encoder": seq2seq.init_encoder(encoder_key, config), "decoder": {**decoder, **own}}


def encode(config: Config, params: Params, source_BS: Array, *, key: Array | None = None) -> tuple[Summary, States]:
    """What every step of the decoder sees of the source, and the states that it starts from."""
    read_key, summary_key = dropout.keys(key, 2)
    states, _, _ = seq2seq.read(config, params["encoder"], source_BS, read_key)
    c_BC, decoder = dropout.drop(summary_key, config.dropout, states[-1].h), params["decoder"]
    return Summary(dense.apply(decoder["summary"], c_BC), dense.apply(decoder["O_c"], c_BC)), states


def apply(config: Config, params: Params, source_BS: Array, target_BT: Array, *, key: Array | None = None) -> Array:
    """log p of every target word, the end among them, given the source and those before [B, T]; 0 where there is none.

    key: of dropout, None: nothing is dropped.
    """
    encoder_key, layers_key, output_key = dropout.keys(key, 3)
    summary, states = encode(config, params, source_BS, key=encoder_key)
    params = params["decoder"]
    y_TBE = params["words_VE"][sequences.before(target_BT).T]
    _, h_TBC = lstm_stack.run(
        params["layers"], y_TBE, states, None, layers_key, config.dropout, config.segment, always_BG=summary.gates
    )
    s_TBC = dropout.drop(output_key, config.dropout, before_softmax(params, h_TBC, y_TBE, summary.pairs))
    return softmax.of_words(params["output"], s_TBC.swapaxes(0, 1), target_BT, config.softmax_rows)


def decode_step(config: Config, params: Params, context: Summary, states: States, word_N: Array):
    """log p of every next word [N, V] and the states, after one more word each.

    Hypotheses may be more than sources, N = B K: then those of a source stand in succession.
    """
    params = params["decoder"]
    gates_NG, pairs_NP = (jnp.repeat(a, len(word_N) // len(a), axis=0) for a in context)
    y_NE, named = params["words_VE"][word_N], lstm_stack.weights(params["layers"])
    gates_NG += dense.apply(params["layers"][0]["input"], y_NE)
    states = lstm_stack.step(lambda name, a: dense.apply(named[name], a), states, gates_NG)
    return softmax.of_all(params["output"], before_softmax(params, states[-1].h, y_NE, pairs_NP)), states


def before_softmax(params: Params, h: Array, y: Array, pairs: Array) -> Array:
    """s [..., C] of h [..., C], y [..., E] and c's share [..., P]; a pair's second number is C after its first."""
    pairs = pairs + dense.apply(params["O"], jnp.concatenate([h, y], axis=-1))
    return jnp.maximum(*jnp.split(pairs, 2, axis=-1))
