"""What convolutional classifiers share: layers, ways around a block, and the form of `init` and `apply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn.batch_norm import BatchNorm
from deepx.nn.residual import Join, added

Array = jax.Array
Key = jax.Array
Variables = Mapping[str, Any]  # {"params": ..., "batch_stats": ...}

he_normal = nn.initializers.variance_scaling(2.0, "fan_in", "normal")  # He et al. 2015 (arXiv 1502.01852), equation 10
batch_norm = partial(BatchNorm, momentum=0.9, epsilon=1e-5)  # it has the bias that the convolutions go without
dense = partial(nn.Dense, kernel_init=he_normal)


def conv(width: int, kernel: int, stride: int = 1, *, bias: bool = False, name: str) -> nn.Conv:
    """A square convolution [N, H, W, C] -> [N, H / stride, W / stride, width], rounded up."""
    square = (kernel, kernel)
    return nn.Conv(width, square, stride, padding=kernel // 2, use_bias=bias, kernel_init=he_normal, name=name)


def halved(widths: Sequence[int], images: Array, train: bool) -> Array:
    """Maps, each half as high and wide as the one before: strided convolutions with batch norm and relu; within a
    module, whose parameters it makes.
    """
    x = images
    for layer, width in enumerate(widths, 1):
        x = conv(width, 3, 2, name=f"conv{layer}")(x)
        x = nn.relu(batch_norm(not train, name=f"norm{layer}")(x))
    return x


def padded(x: Array, width: int, stride: int) -> Array:
    """The identity, subsampled by `stride` and extended to `width` channels by zeros: option A of He et al. 2015."""
    new = width - x.shape[-1]
    return jnp.pad(x[:, ::stride, ::stride], ((0, 0), (0, 0), (0, 0), (new // 2, new - new // 2)))


def shortcut(option: str, projection: Callable[[Array, int, int], Array], x: Array, width: int, stride: int) -> Array:
    """The way from x around a block that leaves `width` channels and has a stride, by He et al. 2015, section 3.3.

    A `projection` never (option 'A'), where the shape changes ('B'), or always ('C'); else `padded`.
    """
    changes = stride > 1 or x.shape[-1] != width
    projects = option == "C" or (option == "B" and changes)
    return (projection if projects else padded)(x, width, stride)


def computed_again(block: type[nn.Module]) -> type[nn.Module]:
    """`block`, called with (x, train, join), of which nothing but x is in memory until the backward pass.

    Chen, Xu, Zhang, Guestrin 2016 (arXiv 1604.06174): a second forward pass pays for it.
    """
    return nn.remat(block, static_argnums=(2, 3))


class BlockNet(nn.Module):
    """A stem, the blocks of a `Trunk` by their names, a head. stem, head: functions that make parameters within it."""

    config: Any
    stem: Callable[[Any, Array, bool], Array]
    block: type[nn.Module]
    head: Callable[[Any, Array, bool], Array]

    @nn.compact
    def __call__(self, images: Array, train: bool, join: Join) -> Array:
        x = self.stem(self.config, images, train)
        block = computed_again(self.block) if self.config.remat else self.block
        for place in self.config.places:
            x = block(self.config, place, name=place.name)(x, train, join).astype(images.dtype)
        return self.head(self.config, x, train)


def fresh(net: nn.Module, key: Key, size: int, channels: int) -> Variables:
    """Initial variables, float32, of a net called with (images, train, join), from an image of `size` x `size`."""
    variables = net.init(key, jnp.zeros((1, size, size, channels)), train=False, join=added)
    return {"batch_stats": {}, **variables}


def classify(
    net: nn.Module, variables: Variables, images: Array, *, train: bool, join: Join, key: Key | None = None
) -> Any:
    """Logits of a batch of images or, in training, (logits, new batch_stats). key: of dropout, in nets that have it."""
    channels = net.config.channels
    chex.assert_shape(images, (None, None, None, channels))
    if not train:
        return net.apply(variables, images, train=False, join=join)
    rngs = {} if key is None else {"dropout": key}
    logits, updated = net.apply(variables, images, train=True, join=join, mutable=["batch_stats"], rngs=rngs)
    return logits, updated.get("batch_stats", {})
