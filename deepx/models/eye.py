"""A small convolutional net that turns a picture into one vector: its last map, flattened. No paper's.

Where something is, is in the vector, as questions ask for it; a mean over the map would forget that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import functional
from deepx.nn.convolutions import halved
from deepx.nn.functional import Variables

Array = jax.Array
Key = jax.Array


@dataclass(frozen=True)
class Config:
    """widths: channels of the maps, each half as high and wide as the one before. size: of the square pictures, in
    pixels.
    """

    widths: tuple[int, ...] = (32, 64, 64, 64)
    size: int = 64

    def __post_init__(self):
        if self.size % 2 ** len(self.widths):
            raise ValueError(f"size is {self.size}; {len(self.widths)} maps, each half as large, ask for a multiple.")

    @property
    def features(self) -> int:
        """Numbers of a vector."""
        return (self.size >> len(self.widths)) ** 2 * self.widths[-1]


class Net(nn.Module):
    config: Config

    @nn.compact
    def __call__(self, images: Array, train: bool) -> Array:
        x = halved(self.config.widths, images, train)
        return x.reshape(x.shape[0], -1)


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}."""
    return functional.init(Net(config), key, jnp.zeros((1, config.size, config.size, 3)))


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False) -> Any:
    """Vectors [N, features] of images [N, size, size, 3] in [-1, 1]; in training, with new batch_stats."""
    chex.assert_shape(images, (None, config.size, config.size, 3))
    return functional.apply(Net(config), variables, images, train=train)
