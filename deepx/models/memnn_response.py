"""R of the memory network (Weston et al. 2014, section 3.1): two ways from question and supports to scores of answers.

Shapes: B batch, L features of a text, K supports, T words of question and supports in a row, V words, C cells,
D embedding, A answers, W words of an answer. Id 0 is padding; supports that were not chosen are all padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from deepx.nn import bag_of_words, dense, lstm

Array = jax.Array
Weights = Mapping[str, Any]


def init_ranker(key: Array, size: int, answers_AW: Array, width: int, nonlinear: bool) -> Weights:
    """Dictionaries of its own: of the question, of its supports, and of the answers' words, one a place."""
    texts_key, answers_key = jax.random.split(key)
    weights = bag_of_words.init(texts_key, ("question", "support", "latest"), size, width, nonlinear)
    return weights | bag_of_words.init(answers_key, _places(answers_AW), int(answers_AW.max()) + 1, width, False)


def rank(weights: Weights, question_BL: Array, supports_BKL: Array, answers_AW: Array) -> Array:
    """s_R([x, m_o1, ..., m_oK], w) of every answer w (equation 4), [B, A].

    The words of an answer of several are in roles of their own, by place, so that what is learned of 'north, east'
    serves 'north, south'. (2015 ranks one word after the other instead.)
    """
    x_BKD = bag_of_words.contexts(weights, question_BL, supports_BKL)
    place_K = jnp.arange(1, x_BKD.shape[1])
    last_B = jnp.max(jnp.where((supports_BKL > 0).any(-1), place_K, 0), axis=1)
    x_BD = jnp.take_along_axis(x_BKD, last_B[:, None, None], axis=1)[:, 0]
    first_AD, *more_AD = (
        bag_of_words.project(weights, role, answers_AW[:, w : w + 1]) for w, role in enumerate(_places(answers_AW))
    )
    answer_AD = sum(more_AD, first_AD)
    return bag_of_words.embed(weights, x_BD) @ bag_of_words.embed(weights, answer_AD).T


def _places(answers_AW: Array) -> list[str]:
    return [f"answer{w}" for w in range(answers_AW.shape[1])]


def init_lstm(key: Array, vocabulary: int, answers: int, cells: int) -> Weights:
    """An LSTM over one-hot words, and the layer that scores answers by its last output."""
    cell_key, output_key = jax.random.split(key)
    return {**lstm.init(cell_key, vocabulary, cells, cells), "output": dense.init(output_key, cells, answers)}


def read(weights: Weights, words_BT: Array) -> Array:
    """Logits [B, A] after the words of question and supports, one after the other; padding leaves the state alone."""
    words_TB = words_BT.T
    gates_TBG = dense.apply(weights["input"], jax.nn.one_hot(words_TB, len(weights["input"]["kernel"])))
    return dense.apply(weights["output"], lstm.last(weights["recurrent"], gates_TBG, words_TB > 0).h)
