"""The channel-wise fully connected layer of Pathak et al. 2016 (arXiv 1604.07379), section 3.1."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn

Array = jax.Array


def channelwise(x: Array, weights: Array) -> Array:
    """Every value of a channel becomes a sum over all places of that channel: y_jc = sum_i x_ic W_cij.

    x: [N, H, W, C]. weights: [C, H W, H W], from place i to place j, which are counted row by row.
    """
    chex.assert_rank(x, 4)
    count, height, width, channels = x.shape
    chex.assert_shape(weights, (channels, height * width, height * width))
    return jnp.einsum("nic,cij->njc", x.reshape(count, -1, channels), weights).reshape(x.shape)


class ChannelwiseDense(nn.Module):
    """A matrix of its own for every channel of maps [N, H, W, C]: C (H W)^2 weights, where a dense layer has C times as
    many. No channel sees another: a convolution of 1x1 behind it makes up for that. No bias.
    """

    kernel_init: Any = nn.initializers.variance_scaling(1.0, "fan_in", "normal", batch_axis=(0,))

    @nn.compact
    def __call__(self, x: Array) -> Array:
        places = x.shape[1] * x.shape[2]
        return channelwise(x, self.param("kernel", self.kernel_init, (x.shape[3], places, places)))
