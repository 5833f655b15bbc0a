"""SRResNet and SRGAN, super-resolution of single images: Ledig et al. 2016 (arXiv 1609.04802), section 2 and figure 4.

The generator is SRResNet: residual blocks on the small image, a skip over all of them, sub-pixel convolutions that
double the size, and one output layer. SRResNet is this net trained by the mean squared error; SRGAN is the same net
trained against a discriminator, with a loss of content in feature maps.

Small images are in [0, 1], large ones in [-1, 1] (section 3.2); the output layer is linear, so it may leave them.
The paper does not say how weights begin: ours by He et al.'s rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import sub_pixel
from deepx.nn.adversarial import GenDisc, non_saturating
from deepx.nn.convolutions import Variables, batch_norm, conv, dense, he_normal

Array = jax.Array
Key = jax.Array

VGG_SCALE = 1 / 12.75  # of feature maps, so that their errors are about as large as those of pixels (section 3.2)
small = nn.initializers.variance_scaling(0.02, "fan_in", "normal")


@dataclass(frozen=True)
class Config:
    """blocks, width: residual blocks and channels of the generator. scale: by which sides grow, a power of 2. norm:
    batch normalisation in the generator; without it, its convolutions have biases, and blocks begin near the identity.
    patch: side of the large images that the discriminator sees, in pixels. disc_widths: channels of its convolutions,
    two of each width, the second with stride 2. disc_hidden: of its fully connected layer.
    """

    blocks: int = 16
    width: int = 64
    scale: int = 4
    norm: bool = True
    patch: int = 96
    disc_widths: tuple[int, ...] = (64, 128, 256, 512)
    disc_hidden: int = 1024

    def __post_init__(self):
        if self.scale < 2 or self.scale & (self.scale - 1):
            raise ValueError(f"scale must be a power of 2, got {self.scale}")
        if self.blocks < 1:
            raise ValueError(f"blocks must be at least 1, got {self.blocks}")
        if self.patch % self.scale:
            raise ValueError(f"patch must be a multiple of scale = {self.scale} pixels, got {self.patch}")

    @property
    def doublings(self) -> int:
        return self.scale.bit_length() - 1

    @property
    def reach(self) -> int:
        """How far from a pixel of the small image, in such pixels, lies what its large pixels may depend on."""
        large = sum(2.0**-i for i in range(self.doublings)) + 4 / self.scale  # doublings, output layer
        return 4 + 2 * self.blocks + 1 + int(-(-large // 1))


class PReLU(nn.Module):
    """He et al. 2015 (arXiv 1502.01852): max(0, x) + slope min(0, x), a slope a channel, 1/4 at first.

    channels: of x, or a divisor of them: groups of so many then share their slopes.
    """

    channels: int

    @nn.compact
    def __call__(self, x: Array) -> Array:
        slope = self.param("slope", nn.initializers.constant(0.25), (self.channels,))
        return jnp.where(x >= 0, x, jnp.tile(slope, x.shape[-1] // self.channels) * x)


class Generator(nn.Module):
    """Figure 4, above: k9n64s1, B blocks, k3n64s1 and the sum, two k3n256s1 with sub-pixel shuffles, k9n3s1."""

    config: Config

    @nn.compact
    def __call__(self, low: Array, train: bool) -> Array:
        config, width = self.config, self.config.width
        x = begun = PReLU(width, name="stem_prelu")(conv(width, 9, bias=True, name="stem_conv")(low))
        for b in range(1, config.blocks + 1):
            f = PReLU(width, name=f"block{b}_prelu")(self.layer(x, train, f"block{b}_layer1"))
            x = x + self.layer(f, train, f"block{b}_layer2", **({} if config.norm else {"init": small}))
        x = begun + self.layer(x, train, "trunk")
        for d in range(1, config.doublings + 1):  # the slopes behind a shuffle are the same in front of it
            x = sub_pixel.shuffle(x, 2) if d > 1 else x
            x = PReLU(width, name=f"double{d}_prelu")(conv(4 * width, 3, bias=True, name=f"double{d}_conv")(x))
        return sub_pixel.shuffle(Output(width, name="output")(x), 2)

    def layer(self, x: Array, train: bool, name: str, init: Callable = he_normal) -> Array:
        norm, width = self.config.norm, self.config.width
        x = nn.Conv(width, (3, 3), padding=1, use_bias=not norm, kernel_init=init, name=f"{name}_conv")(x)
        return batch_norm(not train, name=f"{name}_norm")(x) if norm else x


class Output(nn.Module):
    """k9n3s1, the convolution behind the last shuffle, as one in front of it."""

    width: int

    @nn.compact
    def __call__(self, x: Array) -> Array:
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (9, 9, self.width, 3))
        bias = self.param("bias", nn.initializers.zeros, (3,))
        before = sub_pixel.kernel_before(kernel, 2)
        layout = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, before, (1, 1), "SAME", dimension_numbers=layout) + jnp.tile(bias, 4)


class Discriminator(nn.Module):
    """Figure 4, below: convolutions, normalised but for the first, leaky with slope 0.2, and two dense layers."""

    config: Config
    groups: int = 1

    @nn.compact
    def __call__(self, images: Array, train: bool) -> Array:
        x, leaky = images, partial(nn.leaky_relu, negative_slope=0.2)
        layers = ((width, stride) for width in self.config.disc_widths for stride in (1, 2))
        for i, (width, stride) in enumerate(layers, 1):
            x = conv(width, 3, stride, bias=i == 1, name=f"conv{i}")(x)
            x = leaky(batch_norm(not train, groups=self.groups, name=f"norm{i}")(x) if i > 1 else x)
        x = leaky(dense(self.config.disc_hidden, name="hidden")(x.reshape(x.shape[0], -1)))
        return dense(1, name="logit")(x)[:, 0]


def init_generator(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"} of the generator; without normalisation, the latter is empty."""
    return {"batch_stats": {}, **Generator(config).init(key, jnp.zeros((1, 8, 8, 3)), False)}


def init(key: Key, config: Config) -> GenDisc:
    """Fresh variables of both nets."""
    of_gen, of_disc = jax.random.split(key)
    images = jnp.zeros((1, config.patch, config.patch, 3))
    return GenDisc(init_generator(of_gen, config), Discriminator(config).init(of_disc, images, False))


def generate(config: Config, variables: Variables, low: Array, *, train: bool = False) -> Any:
    """Images [N, scale H, scale W, 3], around [-1, 1], of small ones [N, H, W, 3] in [0, 1].

    In training, (images, new batch_stats). Any height and width: in evaluation, a large pixel depends on what is within
    `config.reach` small pixels, and on the border, where that is near.
    """
    chex.assert_shape(low, (None, None, None, 3))
    return _applied(Generator(config), variables, low, train)


def discriminate(config: Config, variables: Variables, images: Array, *, train: bool = False, groups: int = 1) -> Any:
    """Logits [N] that images [N, patch, patch, 3] in [-1, 1] are photographs; in training, (logits, new batch_stats).

    groups: equal parts of the batch that are each normalised by themselves in training: photographs, and what is made.
    """
    chex.assert_shape(images, (None, config.patch, config.patch, 3))
    return _applied(Discriminator(config, groups), variables, images, train)


def _applied(net: nn.Module, variables: Variables, images: Array, train: bool) -> Any:
    if not train:
        return net.apply(variables, images, False)
    outputs, updated = net.apply(variables, images, True, mutable=["batch_stats"])
    return outputs, updated.get("batch_stats", {})


def pixel_loss(made: Array, true: Array) -> Array:
    """Equation 4, the mean squared error of images in [-1, 1]."""
    return jnp.mean(jnp.square(made - true))


def feature_loss(features: Callable[[Array], Array], made: Array, true: Array, scale: float = VGG_SCALE) -> Array:
    """Equation 5, the mean squared error of feature maps, taken times `scale`.

    features: images [N, H, W, 3] in [-1, 1] -> maps; the paper's are VGG-19's.
    """
    return jnp.mean(jnp.square(scale * (features(made) - jax.lax.stop_gradient(features(true)))))


def perceptual_loss(content: Array, logits: Array, weight: float = 1e-3) -> Array:
    """Equation 3, content and adversary: the latter is -log D, equation 6, here a mean over the batch."""
    return content + weight * non_saturating(logits)
