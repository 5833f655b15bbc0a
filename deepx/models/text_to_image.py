"""Text to image synthesis: Reed, Akata, Yan, Logeswaran, Schiele, Lee 2016 (arXiv 1605.05396).

Both nets are told phi(t), a sentence as a vector (`joint_embedding`), through a matrix and a leaky relu each (figure
2). The generator is DCGAN's, on the noise and the projected sentence. The discriminator halves the image down to 4x4,
joins the projected sentence to each of the sixteen places, and scores the whole by a convolution of 1x1 and one of 4x4.

- GAN-CLS (section 4.2, algorithm 1): besides real and generated images with their sentences, the discriminator is shown
  real images with wrong sentences, which it must tell too. s_r, s_w, s_f are its sigmoids of the three.
- GAN-INT (section 4.3, equation 5): the generator must also please it with sentences midway between two others, to
  which no image belongs.

The nets are those of the text; the authors' code puts residual blocks of convolutions on the 4x4 and the 8x8 maps
besides. Widths, kernels of 4 and the initial N(0, 0.02) are from that code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.models import dcgan
from deepx.nn import adversarial, functional
from deepx.nn.adversarial import GenDisc
from deepx.nn.functional import Variables
from deepx.nn.strided import batch_norm, down, joined, weights

Array = jax.Array
Key = jax.Array

KERNEL = 4
BOTTOM = 4  # pixels of the map to which the sentence is joined


@dataclass(frozen=True)
class Config:
    """As it stands, for 64 pixels; 32 pixels take three widths.

    size: of the square images, in pixels. condition: numbers of phi(t). projected: of what the nets make of it. noise:
    numbers in z. generator, discriminator: channels of their maps, from the input on; each map of the generator is
    doubled in size, each of the discriminator is half the size of the one before.
    """

    size: int = 64
    condition: int = 1024
    projected: int = 128
    noise: int = 100
    generator: tuple[int, ...] = (1024, 512, 256, 128)
    discriminator: tuple[int, ...] = (64, 128, 256, 512)

    def __post_init__(self):
        for name in ("generator", "discriminator"):
            halvings = len(getattr(self, name))
            if BOTTOM * 2**halvings != self.size:
                raise ValueError(
                    f"{name} has {halvings} widths, which lead from {BOTTOM} to {BOTTOM * 2**halvings} pixels, "
                    f"not to size = {self.size}"
                )

    @property
    def data_shape(self) -> tuple[int, int, int]:
        return self.size, self.size, 3


def projection(config: Config, condition: Array) -> Array:
    """What a net makes of phi(t); within a module, whose parameters it makes."""
    return nn.leaky_relu(nn.Dense(config.projected, name="sentence")(condition), 0.2)


class Generator(nn.Module):
    """z [N, noise], phi [N, condition] -> images in [-1, 1]."""

    config: Config

    @nn.compact
    def __call__(self, z: Array, condition: Array, train: bool) -> Array:
        config = self.config
        told = joined(z, projection(config, condition))
        nets = dcgan.Config(size=config.size, widths=config.generator, kernel=KERNEL)
        return dcgan.Generator(nets, name="dcgan")(told, None, train)


class Discriminator(nn.Module):
    """Images and K sentences for each of them, [K, N, condition] -> logits [K, N].

    What does not depend on the sentence is computed once; each of the K has a batch normalisation of its own.
    """

    config: Config

    @nn.compact
    def __call__(self, images: Array, conditions: Array, train: bool) -> Array:
        config, x = self.config, images
        for layer, width in enumerate(config.discriminator, 1):
            x = down(width, KERNEL, name=f"down{layer}")(x)
            x = nn.leaky_relu(x if layer == 1 else batch_norm(not train, name=f"norm{layer}")(x), 0.2)
        join = nn.Conv(config.discriminator[-1], (1, 1), use_bias=False, kernel_init=weights, name="join")
        norm = batch_norm(not train, name="norm")
        whole = (BOTTOM, BOTTOM)
        score = nn.Conv(1, whole, padding="VALID", use_bias=False, kernel_init=weights, name="logit")
        told = projection(config, conditions)
        return jnp.stack([score(nn.leaky_relu(norm(join(joined(x, y))), 0.2)).reshape(-1) for y in told])


def init(key: Key, config: Config) -> GenDisc:
    """Fresh variables of both nets."""
    of_gen, of_disc = jax.random.split(key)
    z, images = jnp.zeros((1, config.noise)), jnp.zeros((1, *config.data_shape))
    condition = jnp.zeros((1, config.condition))
    return GenDisc(
        functional.init(Generator(config), of_gen, z, condition),
        functional.init(Discriminator(config), of_disc, images, condition[None]),
    )


def sample_noise(key: Key, config: Config, n: int) -> Array:
    """z [n, noise], of N(0, 1)."""
    return jax.random.normal(key, (n, config.noise))


def generate(config: Config, variables: Variables, z: Array, condition: Array, *, train: bool = False) -> Any:
    """Images [N, size, size, 3] in [-1, 1] for sentences phi [N, condition]; in training (images, new batch_stats)."""
    chex.assert_shape([z, condition], [(None, config.noise), (None, config.condition)])
    return functional.apply(Generator(config), variables, z, condition, train=train)


def discriminate(config: Config, variables: Variables, images: Array, condition: Array, *, train: bool = False) -> Any:
    """Logits that images [N, size, size, 3] in [-1, 1] are real and show what their sentences say.

    condition: phi [N, condition] -> logits [N]; or K sentences an image, [K, N, condition] -> [K, N]. In training
    (logits, new batch_stats).
    """
    chex.assert_shape(images, (None, *config.data_shape))
    chex.assert_axis_dimension(condition, -1, config.condition)
    conditions = condition.reshape(-1, *condition.shape[-2:])
    result = functional.apply(Discriminator(config), variables, images, conditions, train=train)
    logits, *stats = result if train else (result,)
    logits = logits.reshape(condition.shape[:-1])
    return (logits, *stats) if train else logits


def matching_loss(right_N: Array, wrong_N: Array, fake_N: Array, smoothing: float = 0.0) -> Array:
    """What the discriminator of GAN-CLS minimises: -(log s_r + (log(1 - s_w) + log(1 - s_f)) / 2), from logits.

    smoothing: of the target of right ones, which is 1 in the paper.
    """
    told = (adversarial.log_fake(wrong_N) + adversarial.log_fake(fake_N)) / 2
    return -(adversarial.log_real(right_N, smoothing) + told)


def interpolated(phi_NE: Array, beta: float) -> Array:
    """Sentences [N / 2, E] between those of the first half of the batch and those of the second (GAN-INT).

    beta t_1 + (1 - beta) t_2. Raises ValueError for an odd number of sentences.
    """
    if len(phi_NE) % 2:
        raise ValueError(f"GAN-INT takes sentences two by two; a batch of {len(phi_NE)} is odd")
    first, second = jnp.split(phi_NE, 2)
    return beta * first + (1 - beta) * second
