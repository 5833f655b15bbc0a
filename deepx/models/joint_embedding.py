"""Deep structured joint embedding of pictures and sentences: Reed, Akata, Lee, Schiele 2016 (arXiv 1605.05395).

A sentence t becomes phi(t), a picture v becomes theta(v), and their compatibility is the inner product (equation 3)

    F(v, t) = theta(v) . phi(t).

Each picture shall fit its own sentence better than any other of the batch by a margin of 1, and each sentence its own
picture: the convex surrogate of equations 5 and 6, summed over the others as in the authors' code, where the paper has
the maximum.

Departures: the paper's theta is a GoogLeNet trained on ImageNet and fixed, and its phi a convolutional-recurrent net
over characters. Here theta is a small net that learns with phi, and phi is the last state of an LSTM over words, times
a matrix: sentences of a small grammar leave nothing to spelling.

Shapes: N examples, T words, E embedding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import convolutions, dense, sentence_vector

Array = jax.Array
Params = Mapping[str, Any]

MARGIN = 1.0


@dataclass(frozen=True)
class Config:
    """vocabulary: words, and 0. words: numbers of a word. cells: of the LSTM. embedding: numbers of phi and theta. eye:
    channels of the maps of theta, each half as high and wide as the one before. size: of the pictures, in pixels.
    """

    vocabulary: int
    words: int = 300
    cells: int = 512
    embedding: int = 1024
    eye: tuple[int, ...] = (64, 128, 256, 512)
    size: int = 64


class Eye(nn.Module):
    """theta: strided convolutions with relu, and one matrix."""

    config: Config

    @nn.compact
    def __call__(self, images: Array) -> Array:
        x = images
        for layer, width in enumerate(self.config.eye, 1):
            x = nn.relu(convolutions.conv(width, 3, 2, bias=True, name=f"conv{layer}")(x))
        return nn.Dense(self.config.embedding, name="embed")(x.reshape(x.shape[0], -1))


def init(key: Array, config: Config) -> Params:
    """Words and LSTM as in `sentence_vector.init`; matrices Glorot-uniform."""
    of_reader, of_matrix, of_eye = jax.random.split(key, 3)
    images = jnp.zeros((1, config.size, config.size, 3))
    return {
        "reader": sentence_vector.init(of_reader, config.vocabulary, config.words, config.cells),
        "embed": dense.init(of_matrix, config.cells, config.embedding),
        "eye": Eye(config).init(of_eye, images)["params"],
    }


def read(config: Config, params: Params, words_NT: Array) -> Array:
    """phi [N, E] of sentences as word numbers; at a 0 the LSTM's state stays as it is."""
    return dense.apply(params["embed"], sentence_vector.read(params["reader"], words_NT))


def look(config: Config, params: Params, images: Array) -> Array:
    """theta [N, E] of images [N, size, size, 3] in [-1, 1]."""
    chex.assert_shape(images, (None, config.size, config.size, 3))
    return Eye(config).apply({"params": params["eye"]}, images)


def loss(pictures_NE: Array, sentences_NE: Array) -> Array:
    """Of matching pairs: the mean over all pairs of how far a wrong one comes within the margin, both ways."""
    chex.assert_equal_shape([pictures_NE, sentences_NE])
    fit_NN = pictures_NE @ sentences_NE.T
    own_N, n = jnp.diagonal(fit_NN), len(fit_NN)
    others_NN = 1 - jnp.eye(n)
    for_picture = jax.nn.relu(MARGIN + fit_NN - own_N[:, None])
    for_sentence = jax.nn.relu(MARGIN + fit_NN - own_N[None])
    return jnp.sum((for_picture + for_sentence) * others_NN) / n**2


def found(pictures_NE: Array, sentences_NE: Array) -> Array:
    """Whether each picture [N] fits its own sentence better than all others."""
    fit_NN = pictures_NE @ sentences_NE.T
    return fit_NN.argmax(1) == jnp.arange(len(fit_NN))
