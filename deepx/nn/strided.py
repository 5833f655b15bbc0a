"""Layers of convolutional generators and discriminators: Radford, Metz, Chintala 2015 (arXiv 1511.06434), section 3.

A strided convolution halves a map and a fractionally-strided one doubles it, in place of pooling. The weights are
N(0, 0.02) as in the paper; that scales of batch normalisation are N(1, 0.02), and that nothing but batch normalisation
has a bias, is from its code.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn

from deepx.nn import convolutions

Array = jax.Array

weights = nn.initializers.normal(0.02)
batch_norm = partial(convolutions.batch_norm, scale_init=lambda *shape: 1 + weights(*shape))


def down(width: int, kernel: int, *, name: str) -> nn.Conv:
    """A square convolution of stride 2, [N, H, W, C] -> [N, H / 2, W / 2, width], for even H and W."""
    square, pad = (kernel, kernel), (kernel - 1) // 2
    return nn.Conv(width, square, 2, padding=pad, use_bias=False, kernel_init=weights, name=name)


def up(width: int, kernel: int, *, name: str) -> nn.ConvTranspose:
    """The transpose of `down` as a map of images, [N, H, W, C] -> [N, 2 H, 2 W, width].

    With kernels turned by half a circle and their channels exchanged, this is the gradient of `down` by its input. For
    that, zeros stand between the input's pixels, `before` of them before the first, and behind the last as many or,
    where the kernel is odd, one more.
    """
    square, before = (kernel, kernel), kernel - 1 - (kernel - 1) // 2
    pads = [(before, before + kernel % 2)] * 2
    return nn.ConvTranspose(width, square, (2, 2), padding=pads, use_bias=False, kernel_init=weights, name=name)


def joined(x: Array, y: Array | None) -> Array:
    """x [N, C] or [N, H, W, C] with a condition y [N, K] as K more channels, constant over a map. None: x alone."""
    if y is None:
        return x
    maps = y.reshape(y.shape[0], *[1] * (x.ndim - 2), -1)
    return jnp.concatenate([x, jnp.broadcast_to(maps, (*x.shape[:-1], y.shape[-1]))], -1)
