"""Conditional generative adversarial nets: Mirza & Osindero 2014 (arXiv 1411.1784).

Both nets are told y, here a class as a one-hot vector, and play on log D(x | y) and log(1 - D(G(z | y))) (equation 2).
There are two forms of them:

- `Config`: the perceptrons of section 4.1. Noise and condition, image and condition each have a layer of their own, and
  one that they share. Where the dropout of 0.5 stands is left open by the paper: here on every hidden layer of both
  nets. (In the generator it is noise that is there in training only, and can come to serve in z's place.) It gives no
  initial ranges: those of Goodfellow et al. 2014 (see `gan`) serve, and so do their output bias and their noise. The
  paper has z "within the unit hypercube"; over (0, 1) its varying part would have a twelfth of that noise's variance.
- `ConvConfig`: the nets of `dcgan`, the condition joined to the noise and to the input of every layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.models import dcgan
from deepx.models import gan as perceptrons
from deepx.nn import functional
from deepx.nn.adversarial import GenDisc
from deepx.nn.functional import Variables
from deepx.nn.maxout import Maxout, irange

Array = jax.Array
Key = jax.Array


@dataclass(frozen=True)
class Config:
    """data_shape: of an image. noise: numbers in z. generator: widths of its relu layers for z, for y, for both.
    discriminator: (units, pieces) of its maxout layers for x, for y, for both. dropout: rates.
    """

    data_shape: tuple[int, ...] = (28, 28, 1)
    classes: int = 10
    noise: int = 100
    generator: tuple[int, int, int] = (200, 1000, 1200)
    discriminator: tuple[tuple[int, int], ...] = ((240, 5), (50, 5), (240, 4))
    generator_dropout: float = 0.5
    discriminator_dropout: float = 0.5
    generator_irange: float = 0.05
    discriminator_irange: float = 0.005


@dataclass(frozen=True)
class ConvConfig(dcgan.Config):
    """As it stands, for MNIST."""

    size: int = 28
    channels: int = 1
    widths: tuple[int, ...] = (128, 64)
    classes: int = 10


class Generator(nn.Module):
    """z [N, noise], y [N, classes] -> images in [0, 1]."""

    config: Config

    @nn.compact
    def __call__(self, z: Array, y: Array, train: bool) -> Array:
        config, weights = self.config, irange(self.config.generator_irange)

        def layer(width: int, x: Array, name: str) -> Array:
            x = nn.relu(nn.Dense(width, kernel_init=weights, name=name)(x))
            return nn.Dropout(config.generator_dropout, deterministic=not train)(x)

        of_z, of_y, of_both = config.generator
        x = layer(of_both, jnp.concatenate([layer(of_z, z, "noise"), layer(of_y, y, "condition")], -1), "joint")
        x = nn.Dense(math.prod(config.data_shape), kernel_init=weights, name="output")(x)
        return nn.sigmoid(x).reshape(-1, *config.data_shape)


class Discriminator(nn.Module):
    """Images in [0, 1], y [N, classes] -> logits [N]."""

    config: Config

    @nn.compact
    def __call__(self, images: Array, y: Array, train: bool) -> Array:
        config, weights = self.config, irange(self.config.discriminator_irange)

        def layer(form: tuple[int, int], x: Array, name: str) -> Array:
            return nn.Dropout(config.discriminator_dropout, deterministic=not train)(
                Maxout(*form, weights, name=name)(x)
            )

        of_x, of_y, of_both = config.discriminator
        x = layer(of_x, images.reshape(images.shape[0], -1), "image")
        x = layer(of_both, jnp.concatenate([x, layer(of_y, y, "condition")], -1), "joint")
        return nn.Dense(1, kernel_init=weights, name="logit")(x)[:, 0]


NETS = {Config: GenDisc(Generator, Discriminator), ConvConfig: GenDisc(dcgan.Generator, dcgan.Discriminator)}


def init(key: Key, config: Config | ConvConfig, mean: Array | None = None) -> GenDisc:
    """Fresh variables of both nets; only those of `ConvConfig` have batch statistics.

    mean, of `Config` only: that of the training images, [*data_shape] in [0, 1]. With it the output begins there.
    """
    of_gen, of_disc = jax.random.split(key)
    gen, disc = (net(config) for net in NETS[type(config)])
    z, y, images = jnp.zeros((1, config.noise)), jnp.zeros((1, config.classes)), jnp.zeros((1, *config.data_shape))
    begun = functional.init(gen, of_gen, z, y)
    if mean is not None:
        begun = perceptrons.beginning_at(mean, begun, config.data_shape)
    return GenDisc(begun, functional.init(disc, of_disc, images, y))


def sample_noise(key: Key, config: Config | ConvConfig, n: int) -> Array:
    """z [n, noise], as `gan`'s, uniform with mean 0 and variance 1; of `ConvConfig`, as `dcgan`'s."""
    if isinstance(config, ConvConfig):
        return dcgan.sample_noise(key, config, n)
    return perceptrons.unit_noise(key, (n, config.noise))


def generate(
    config: Config | ConvConfig,
    variables: Variables,
    z: Array,
    y: Array,
    *,
    train: bool = False,
    key: Key | None = None,
) -> Any:
    """Images [N, *data_shape] of the classes y [N, classes], in [0, 1], of `ConvConfig` in [-1, 1].

    In training (images, new batch_stats). key: of dropout, which training needs where there is dropout.
    """
    chex.assert_shape([z, y], [(None, config.noise), (None, config.classes)])
    return functional.apply(NETS[type(config)].gen(config), variables, z, y, train=train, key=key)


def discriminate(
    config: Config | ConvConfig,
    variables: Variables,
    images: Array,
    y: Array,
    *,
    train: bool = False,
    key: Key | None = None,
) -> Any:
    """Logits [N] that images, in the range of `generate`, are real and of the classes y [N, classes].

    In training (logits, new batch_stats). key: see `generate`.
    """
    chex.assert_shape([images, y], [(None, *config.data_shape), (None, config.classes)])
    return functional.apply(NETS[type(config)].disc(config), variables, images, y, train=train, key=key)
