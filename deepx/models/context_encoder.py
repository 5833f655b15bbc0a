"""Context encoders: Pathak, Krahenbuhl, Donahue, Darrell, Efros 2016 (arXiv 1604.07379).

An encoder of strided convolutions sees an image x with a hole M^ (1 where pixels are missing); a channel-wise fully
connected layer and a 1x1 convolution carry what it sees to every place; a decoder of fractionally-strided convolutions
predicts the missing part, F((1 - M^) x) (section 3.1). An adversary D is to tell predicted parts from real ones; it is
not shown the context (section 3.2):

    L_rec = |M^ (x - F((1 - M^) x))|^2                                                                (equation 1)
    L     = lambda_rec L_rec + lambda_adv L_adv,    lambda_rec = 1 - lambda_adv                  (the joint loss)

What is predicted is a little larger than the hole: in the band where it overlaps the context, errors weigh ten times as
much (section 5.1). Layers, widths and initial weights are those of the authors' code (train.lua), but for the way from
encoder to decoder: there, for inpainting, they flatten the last map into 4000 units; we take the layer of section 3.1,
with a hundredth of the weights. As in the code, the adversarial loss is the non-saturating one. Missing pixels are 0,
grey; in the code, the mean colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import adversarial, functional
from deepx.nn.adversarial import GenDisc
from deepx.nn.channelwise import ChannelwiseDense
from deepx.nn.functional import Variables
from deepx.nn.strided import batch_norm, down, up, weights

Array = jax.Array
Key = jax.Array

KERNEL = 4


@dataclass(frozen=True)
class Config:
    """As it stands, the authors' net for a square hole in the middle of 128 pixels.

    size: of the square images, in pixels. channels: of the images. window: side of the square in the middle that is
    predicted, half an image or, where holes may be anywhere, the whole. widths: channels of the encoder's maps, each
    half the size of the one before; the decoder has them reversed, and the discriminator the last of them, enough to
    make its last map as small as the encoder's. band: pixels of the overlap. band_weight: of the squared errors in it.
    adversarial: lambda_adv; 0: reconstruction alone.
    """

    size: int = 128
    channels: int = 3
    window: int = 64
    widths: tuple[int, ...] = (64, 64, 128, 256, 512)
    band: int = 4
    band_weight: float = 10.0
    adversarial: float = 0.001

    def __post_init__(self):
        bottom = self.size // 2 ** len(self.widths)
        if bottom * 2 ** len(self.widths) != self.size:
            raise ValueError(f"size is {self.size}; it cannot be halved {len(self.widths)} times, once for each width")
        if self.window not in (self.size, self.size // 2):
            raise ValueError(f"window is {self.window}; it must be the size, {self.size}, or half of it")

    @property
    def doublings(self) -> int:
        """How often the decoder doubles the last map, and the discriminator halves what is predicted."""
        return len(self.widths) - (self.window < self.size)


class ContextEncoder(nn.Module):
    """Images with a hole -> what is predicted in the window."""

    config: Config

    @nn.compact
    def __call__(self, x: Array, train: bool) -> Array:
        config = self.config
        for layer, width in enumerate(config.widths, 1):
            x = down(width, KERNEL, name=f"down{layer}")(x)
            x = nn.leaky_relu(x if layer == 1 else batch_norm(not train, name=f"down_norm{layer}")(x), 0.2)
        x = ChannelwiseDense(name="channelwise")(x)
        x = nn.Conv(config.widths[-1], (1, 1), use_bias=False, kernel_init=weights, name="across")(x)
        narrowing = config.widths[-2::-1][: config.doublings - 1]
        for layer, width in enumerate([*narrowing, config.channels], 1):
            x = nn.relu(batch_norm(not train, name=f"up_norm{layer}")(x))
            x = up(width, KERNEL, name=f"up{layer}")(x)
        return jnp.tanh(x)


class Discriminator(nn.Module):
    """What is in the window -> logits [N]."""

    config: Config

    @nn.compact
    def __call__(self, x: Array, train: bool) -> Array:
        for layer, width in enumerate(self.config.widths[-self.config.doublings :], 1):
            x = down(width, KERNEL, name=f"down{layer}")(x)
            x = nn.leaky_relu(x if layer == 1 else batch_norm(not train, name=f"norm{layer}")(x), 0.2)
        return nn.Dense(1, use_bias=False, kernel_init=weights, name="logit")(x.reshape(x.shape[0], -1))[:, 0]


def init(key: Key, config: Config) -> GenDisc:
    """Fresh variables of the context encoder and its adversary."""
    of_gen, of_disc = jax.random.split(key)
    images, parts = (jnp.zeros((1, side, side, config.channels)) for side in (config.size, config.window))
    return GenDisc(
        functional.init(ContextEncoder(config), of_gen, images),
        functional.init(Discriminator(config), of_disc, parts),
    )


def predict(config: Config, variables: Variables, images: Array, hole: Array, *, train: bool = False) -> Any:
    """F((1 - M^) x) [N, window, window, channels] in [-1, 1]; in training (the same, new batch_stats).

    images: [N, size, size, channels] in [-1, 1]. hole: [N or 1, size, size, 1], 1 where pixels are missing.
    """
    chex.assert_shape(images, (None, config.size, config.size, config.channels))
    chex.assert_shape(hole, (None, config.size, config.size, 1))
    return functional.apply(ContextEncoder(config), variables, images * (1 - hole), train=train)


def discriminate(config: Config, variables: Variables, parts: Array, *, train: bool = False) -> Any:
    """Logits [N] of real or predicted parts [N, window, window, channels]; in training (logits, new batch_stats)."""
    chex.assert_shape(parts, (None, config.window, config.window, config.channels))
    return functional.apply(Discriminator(config), variables, parts, train=train)


def fill(config: Config, variables: Variables, images: Array, hole: Array) -> Array:
    """The images with what is predicted in their holes, which must lie in the window; all else is as it was."""
    predicted = predict(config, variables, images, hole)
    edge = (config.size - config.window) // 2
    whole = jnp.pad(predicted, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    return jnp.where(hole > 0, whole, images)


def window(config: Config, images: Array) -> Array:
    """The middle of images or holes [N, size, size, C], where the prediction is."""
    edge = (config.size - config.window) // 2
    return images[:, edge : edge + config.window, edge : edge + config.window]


def reconstruction_loss(config: Config, predicted: Array, images: Array, hole: Array, band: Array) -> Array:
    """Equation 1 with the overlap: squared errors, times `band_weight` in the band, over the hole's and band's values.

    predicted: [N, window, window, channels]. images, hole, band: whole, [N, size, size, ...].
    """
    images, hole, band = (window(config, a) for a in (images, hole, band))
    weighted = jnp.square(predicted - images) * (hole + config.band_weight * band)
    return weighted.mean() / (hole + band).mean()


def joint_loss(config: Config, reconstruction: Array, fake_logits: Array) -> Array:
    """The context encoder's joint loss, of `reconstruction_loss` and D's logits [N] of what is predicted."""
    return (1 - config.adversarial) * reconstruction + config.adversarial * adversarial.non_saturating(fake_logits)
