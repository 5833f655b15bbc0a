"""Deep convolutional GANs: Radford, Metz, Chintala 2015 (arXiv 1511.06434).

The rules of section 3: strided convolutions in place of pooling; batch normalisation in every layer but the generator's
output and the discriminator's input; no fully connected hidden layer; relu in the generator and tanh at its output;
leaky relu of slope 0.2 in the discriminator. Noise z is projected to a map of a few pixels, which each layer doubles
(figure 1); the discriminator is the generator's mirror image, its last map flattened into one sigmoid.

Kernels of 5x5 and the missing biases are those of the paper's code (train_uncond_dcgan.py for faces). It normalises
every value of the projection by itself; we normalise every channel of it, as of any other map, which is what most later
code does. For evaluation we keep running averages, where it normalised by a batch.

Both nets take a condition y, joined to the input of every layer, for `conditional_gan`; here there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import functional
from deepx.nn.adversarial import GenDisc
from deepx.nn.functional import Variables
from deepx.nn.strided import batch_norm, down, joined, up, weights

Array = jax.Array
Key = jax.Array


@dataclass(frozen=True)
class Config:
    """As it stands, the net of figure 1 for 64 pixels. 32 pixels from 4x4 take three widths, 28 from 7x7 two.

    size: of the square images, in pixels. channels: of the images. noise: numbers in z. widths: channels of the
    generator's maps, from the projection on; each layer doubles a map, the last one into the image. The discriminator
    has the same, reversed. kernel: taps of every convolution along each axis; 4 of them are a third cheaper.
    """

    size: int = 64
    channels: int = 3
    noise: int = 100
    widths: tuple[int, ...] = (1024, 512, 256, 128)
    kernel: int = 5

    def __post_init__(self):
        if self.size % 2 ** len(self.widths):
            raise ValueError(
                f"size must be a multiple of {2 ** len(self.widths)} pixels to be halved {len(self.widths)} times, "
                f"got {self.size}"
            )

    @property
    def data_shape(self) -> tuple[int, int, int]:
        return self.size, self.size, self.channels

    @property
    def bottom(self) -> int:
        """Height and width of the map that the noise is projected to."""
        return self.size // 2 ** len(self.widths)


class Generator(nn.Module):
    """z [N, noise] -> images in [-1, 1]."""

    config: Config

    @nn.compact
    def __call__(self, z: Array, y: Array | None, train: bool) -> Array:
        config = self.config
        first, *widths = config.widths
        x = nn.Dense(config.bottom**2 * first, use_bias=False, kernel_init=weights, name="project")(joined(z, y))
        x = x.reshape(-1, config.bottom, config.bottom, first)
        for layer, width in enumerate([*widths, config.channels], 1):
            x = nn.relu(batch_norm(not train, name=f"norm{layer}")(x))
            x = up(width, config.kernel, name=f"up{layer}")(joined(x, y))
        return jnp.tanh(x)


class Discriminator(nn.Module):
    """Images -> logits [N]. What leaves each convolution is sown as `maps`."""

    config: Config

    @nn.compact
    def __call__(self, images: Array, y: Array | None, train: bool) -> Array:
        config, x = self.config, images
        for layer, width in enumerate(reversed(config.widths), 1):
            x = down(width, config.kernel, name=f"down{layer}")(joined(x, y))
            x = nn.leaky_relu(x if layer == 1 else batch_norm(not train, name=f"norm{layer}")(x), 0.2)
            self.sow("intermediates", "maps", x)
        x = joined(x.reshape(x.shape[0], -1), y)
        return nn.Dense(1, use_bias=False, kernel_init=weights, name="logit")(x)[:, 0]


def init(key: Key, config: Config) -> GenDisc:
    """Fresh variables of both nets."""
    of_gen, of_disc = jax.random.split(key)
    z, images = jnp.zeros((1, config.noise)), jnp.zeros((1, *config.data_shape))
    return GenDisc(
        functional.init(Generator(config), of_gen, z, None),
        functional.init(Discriminator(config), of_disc, images, None),
    )


def sample_noise(key: Key, config: Config, n: int) -> Array:
    """z [n, noise], uniform over (-1, 1)."""
    return jax.random.uniform(key, (n, config.noise), minval=-1.0)


def generate(config: Config, variables: Variables, z: Array, *, train: bool = False) -> Any:
    """Images [N, size, size, channels] in [-1, 1]; in training (images, new batch_stats)."""
    chex.assert_shape(z, (None, config.noise))
    return functional.apply(Generator(config), variables, z, None, train=train)


def discriminate(config: Config, variables: Variables, images: Array, *, train: bool = False) -> Any:
    """Logits [N] of images [N, size, size, channels] in [-1, 1]; in training (logits, new batch_stats).

    The paper gives real and generated images in batches of their own, which batch normalisation sees.
    """
    chex.assert_shape(images, (None, *config.data_shape))
    return functional.apply(Discriminator(config), variables, images, None, train=train)


def features(config: Config, variables: Variables, images: Array) -> Array:
    """What section 5.1 gives to a linear SVM, of images in [-1, 1]: [N, 16 sum(widths)].

    The maps of all the discriminator's layers, by running statistics, each reduced to 4x4 by its maxima, flattened and
    put side by side. (The paper's 28,672 are from a net of six 3x3 layers, 128 to 512 channels, trained on ImageNet.)
    Raises ValueError for sizes whose maps do not divide into 4x4, such as 28 pixels.
    """
    chex.assert_shape(images, (None, *config.data_shape))
    if config.bottom % 4:
        raise ValueError(f"maps of {config.bottom} pixels do not divide into 4 x 4 parts")
    _, seen = Discriminator(config).apply(variables, images, None, train=False, mutable=["intermediates"])

    def pooled(x: Array) -> Array:
        n, height, width, _ = x.shape
        return x.reshape(n, 4, height // 4, 4, width // 4, -1).max((2, 4)).reshape(n, -1)

    return jnp.concatenate([pooled(x) for x in seen["intermediates"]["maps"]], -1)
