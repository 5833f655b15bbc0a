"""A small net that tells several attributes of a picture at once, each by a head of its own. No paper's."""

from __future__ import annotations

from collections.abc import Mapping
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
    """heads: attributes with their numbers of classes. widths: channels of the maps, each half as high and wide as the
    one before. size: of the square pictures, in pixels. channels: of the pictures.
    """

    heads: tuple[tuple[str, int], ...]
    widths: tuple[int, ...] = (16, 32, 64)
    size: int = 32
    channels: int = 3

    @property
    def data_shape(self) -> tuple[int, int, int]:
        return self.size, self.size, self.channels


class Net(nn.Module):
    """Images -> logits by attribute. The last map is flattened: where something is, is an attribute too.

    The means of the last map's channels are sown as `features`.
    """

    config: Config

    @nn.compact
    def __call__(self, images: Array, train: bool) -> dict[str, Array]:
        x = halved(self.config.widths, images, train)
        self.sow("intermediates", "features", x.mean((1, 2)))
        x = x.reshape(x.shape[0], -1)
        return {name: nn.Dense(classes, name=name)(x) for name, classes in self.config.heads}


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}."""
    return functional.init(Net(config), key, jnp.zeros((1, *config.data_shape)))


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False) -> Any:
    """Logits [N, classes] by attribute, of images [N, size, size, C] in [-1, 1]; in training, with new batch_stats."""
    chex.assert_shape(images, (None, *config.data_shape))
    return functional.apply(Net(config), variables, images, train=train)


def with_features(config: Config, variables: Variables, images: Array) -> tuple[dict[str, Array], Array]:
    """Logits by attribute, and features [N, widths[-1]]: the means of the channels of the last map."""
    chex.assert_shape(images, (None, *config.data_shape))
    logits, seen = Net(config).apply(variables, images, train=False, mutable=["intermediates"])
    return logits, seen["intermediates"]["features"][0]


def right(logits: Mapping[str, Array], classes: Mapping[str, Array]) -> dict[str, Array]:
    """Whether the likeliest class is `classes` [N], by attribute."""
    return {name: logits[name].argmax(-1) == classes[name] for name in logits}
