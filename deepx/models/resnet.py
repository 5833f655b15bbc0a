"""Deep residual nets for small images: He, Zhang, Ren, Sun 2015 (arXiv 1512.03385), section 4.2.

A 3x3 convolution, three stages of n blocks of two 3x3 convolutions with 16, 32 and 64 channels on maps of 32, 16 and 8
pixels, the mean over the map, a linear classifier: 6n + 2 layers with weights. Every block computes

    y = relu(F(x) + s(x))                                                                       (equation 1, figure 2)

with s the identity or, where a stage begins, option A: every second pixel, new channels filled with zeros. So the
shortcuts have no parameters, and a residual net and the plain net of its depth have equally many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn.batch_norm import BatchNorm

Array = jax.Array
Key = jax.Array
Variables = Mapping[str, Any]  # {"params": ..., "batch_stats": ...}

he_normal = nn.initializers.variance_scaling(2.0, "fan_in", "normal")  # He et al. 2015 (arXiv 1502.01852), equation 10
conv3x3 = partial(nn.Conv, kernel_size=(3, 3), padding=1, use_bias=False, kernel_init=he_normal)
batch_norm = partial(BatchNorm, momentum=0.9, epsilon=1e-5)  # it has the bias that the convolutions go without


@dataclass(frozen=True)
class Config:
    """depth: layers with weights, 6n + 2. widths: channels of the three stages. channels: of the images."""

    depth: int = 20
    classes: int = 10
    channels: int = 3
    widths: tuple[int, int, int] = (16, 32, 64)

    def __post_init__(self):
        if self.depth < 8 or self.depth % 6 != 2:
            below = max(8, self.depth - (self.depth - 2) % 6)
            nearest = f"{below} and {below + 6}" if self.depth > 8 else "8"
            raise ValueError(f"depth must be 6n + 2 with n >= 1 blocks a stage, got {self.depth}; nearest: {nearest}")

    @property
    def blocks(self) -> int:
        """n, the number of blocks of a stage."""
        return (self.depth - 2) // 6


def shortcut(x: Array, width: int, stride: int) -> Array:
    """Option A of section 3.3: the identity, subsampled by `stride` and extended to `width` channels by zeros."""
    new = width - x.shape[-1]
    return jnp.pad(x[:, ::stride, ::stride], ((0, 0), (0, 0), (0, 0), (new // 2, new - new // 2)))


class Block(nn.Module):
    """Figure 2: two convolutions beside a shortcut. The first one takes the stride."""

    width: int
    stride: int = 1

    @nn.compact
    def __call__(self, x: Array, train: bool) -> Array:
        f = conv3x3(self.width, strides=self.stride, name="conv1")(x)
        f = nn.relu(batch_norm(not train, name="norm1")(f))
        f = conv3x3(self.width, name="conv2")(f)
        f = batch_norm(not train, name="norm2")(f)
        return nn.relu(f + shortcut(x, self.width, self.stride))


class ResNet(nn.Module):
    """Stem, blocks named `stage1_block1` and on, mean over the map, classifier."""

    config: Config

    @nn.compact
    def __call__(self, images: Array, train: bool) -> Array:
        x = conv3x3(self.config.widths[0], name="stem_conv")(images)
        x = nn.relu(batch_norm(not train, name="stem_norm")(x))
        for stage, width in enumerate(self.config.widths, 1):
            for block in range(1, self.config.blocks + 1):
                stride = 2 if stage > 1 and block == 1 else 1
                x = Block(width, stride, name=f"stage{stage}_block{block}")(x, train)
        x = x.mean(axis=(1, 2))
        return nn.Dense(self.config.classes, kernel_init=he_normal, name="classifier")(x)


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}, float32. They serve images of any height and width."""
    images = jnp.zeros((1, 8, 8, config.channels))
    return ResNet(config).init(key, images, train=False)


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False) -> Any:
    """Logits [N, classes] of images [N, H, W, channels], floats, normalised (`deepx.data.augment.normalise`).

    train=False uses the running statistics. train=True uses the batch's own and returns (logits, new batch_stats), the
    running averages moved a tenth of the way; the variance is averaged as it is, without PyTorch's m / (m - 1).
    """
    chex.assert_shape(images, (None, None, None, config.channels))
    net = ResNet(config)
    if not train:
        return net.apply(variables, images, train=False)
    logits, updated = net.apply(variables, images, train=True, mutable=["batch_stats"])
    return logits, updated["batch_stats"]
