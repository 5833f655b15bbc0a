"""Generative adversarial nets: Goodfellow et al. 2014 (arXiv 1406.2661), the multi-layer perceptrons of section 5.

The generator has relu layers and a sigmoid output, and noise at its bottom layer only; the discriminator has maxout
layers, with dropout at the input of every layer. Sizes, dropout, initial ranges, noise and output bias are those of the
authors' mnist.yaml (github.com/goodfeli/adversarial), whose rule on norms of columns is in its configuration for the
Toronto faces only. `output="linear"` is for data that are no images: densities in one or two dimensions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import functional
from deepx.nn.adversarial import GenDisc
from deepx.nn.functional import Variables
from deepx.nn.maxout import Maxout, irange

Array = jax.Array
Key = jax.Array

OUTPUTS = {"sigmoid": nn.sigmoid, "linear": lambda x: x}


@dataclass(frozen=True)
class Config:
    """data_shape: of one datum. noise: numbers in z. generator: widths of its relu layers. output: 'sigmoid', into
    [0, 1], or 'linear'. discriminator: units of its maxout layers, of `pieces` linear functions each. input_dropout,
    hidden_dropout: rates, of the discriminator. generator_irange, discriminator_irange: weights begin uniform within
    plus and minus this, biases at zero.
    """

    data_shape: tuple[int, ...] = (28, 28, 1)
    noise: int = 100
    generator: tuple[int, ...] = (1200, 1200)
    output: str = "sigmoid"
    discriminator: tuple[int, ...] = (240, 240)
    pieces: int = 5
    input_dropout: float = 0.2
    hidden_dropout: float = 0.5
    generator_irange: float = 0.05
    discriminator_irange: float = 0.005

    def __post_init__(self):
        if self.output not in OUTPUTS:
            raise ValueError(f"output must be one of {', '.join(OUTPUTS)}, got {self.output!r}")
        if self.pieces < 2:
            raise ValueError(f"pieces must be 2 or more for a discriminator that is not linear, got {self.pieces}")


class Generator(nn.Module):
    """z [N, noise] -> data [N, *data_shape]."""

    config: Config

    @nn.compact
    def __call__(self, z: Array, train: bool) -> Array:
        config, weights = self.config, irange(self.config.generator_irange)
        x = z
        for layer, width in enumerate(config.generator, 1):
            x = nn.relu(nn.Dense(width, kernel_init=weights, name=f"layer{layer}")(x))
        x = nn.Dense(math.prod(config.data_shape), kernel_init=weights, name="output")(x)
        return OUTPUTS[config.output](x).reshape(-1, *config.data_shape)


class Discriminator(nn.Module):
    """Data [N, *data_shape] -> logits [N]."""

    config: Config

    @nn.compact
    def __call__(self, x: Array, train: bool) -> Array:
        config, weights = self.config, irange(self.config.discriminator_irange)
        x = nn.Dropout(config.input_dropout, deterministic=not train)(x.reshape(x.shape[0], -1))
        for layer, units in enumerate(config.discriminator, 1):
            x = Maxout(units, config.pieces, weights, name=f"layer{layer}")(x)
            x = nn.Dropout(config.hidden_dropout, deterministic=not train)(x)
        return nn.Dense(1, kernel_init=weights, name="logit")(x)[:, 0]


def init(key: Key, config: Config, mean: Array | None = None) -> GenDisc:
    """Fresh variables of both nets; neither has batch statistics.

    mean: of the training images, [*data_shape] in [0, 1]. With it a sigmoid output begins at the data's mean.
    """
    of_gen, of_disc = jax.random.split(key)
    gen = functional.init(Generator(config), of_gen, jnp.zeros((1, config.noise)))
    if mean is not None:
        gen = beginning_at(mean, gen, config.data_shape)
    return GenDisc(gen, functional.init(Discriminator(config), of_disc, jnp.zeros((1, *config.data_shape))))


def beginning_at(mean: Array, gen: Variables, data_shape: tuple[int, ...]) -> Variables:
    """A generator's variables, but with that output bias of which a sigmoid is the mean [*data_shape] in [0, 1]."""
    chex.assert_shape(mean, data_shape)
    bias = jax.scipy.special.logit(jnp.clip(mean, 1e-7, 1 - 1e-7)).ravel()
    params = gen["params"]
    return {**gen, "params": {**params, "output": {**params["output"], "bias": bias}}}


def sample_noise(key: Key, config: Config, n: int) -> Array:
    """z [n, noise], as `unit_noise`."""
    return unit_noise(key, (n, config.noise))


def unit_noise(key: Key, shape: tuple[int, ...]) -> Array:
    """Uniform with mean 0 and variance 1."""
    return jax.random.uniform(key, shape, minval=-math.sqrt(3), maxval=math.sqrt(3))


def generate(config: Config, variables: Variables, z: Array, *, train: bool = False) -> Any:
    """Data [N, *data_shape], in [0, 1] of a sigmoid output; in training (data, {})."""
    chex.assert_shape(z, (None, config.noise))
    return functional.apply(Generator(config), variables, z, train=train)


def discriminate(
    config: Config, variables: Variables, data: Array, *, train: bool = False, key: Key | None = None
) -> Any:
    """Logits [N] of data [N, *data_shape]; in training (logits, {}). key: of dropout, which training needs."""
    chex.assert_shape(data, (None, *config.data_shape))
    return functional.apply(Discriminator(config), variables, data, train=train, key=key)
