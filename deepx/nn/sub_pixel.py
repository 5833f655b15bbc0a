"""Sub-pixel convolution (Shi et al. 2016, arXiv 1609.05158): channels become pixels.

A map [N, H, W, r r C] is rearranged into [N, r H, r W, C], pixel (i, j) of each r x r square from the channels
(r i + j) C and on: equation 4, there written for one image.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array


def shuffle(x: Array, r: int) -> Array:
    """[N, H, W, r r C] -> [N, r H, r W, C]."""
    chex.assert_rank(x, 4)
    N, H, W, channels = x.shape
    x = x.reshape(N, H, W, r, r, channels // (r * r))
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(N, r * H, r * W, channels // (r * r))


def unshuffle(x: Array, r: int) -> Array:
    """[N, r H, r W, C] -> [N, H, W, r r C], the inverse of `shuffle`."""
    chex.assert_rank(x, 4)
    N, height, width, C = x.shape
    x = x.reshape(N, height // r, r, width // r, r, C)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(N, height // r, width // r, r * r * C)


def kernel_before(kernel: Array, r: int) -> Array:
    """The kernel of a convolution in front of a shuffle that does what `kernel` does behind it.

    kernel: [k, k, C, K] with odd k, of a convolution with zero padding that keeps the size. The result is
    [q, q, r r C, r r K], q = 2 ceil((k // 2) / r) + 1, of another such:

        convolve(shuffle(x, r), kernel) = shuffle(convolve(x, kernel_before(kernel, r)), r)

    A colour image has three channels, which leave most lanes of a vector unit idle; r r as many do not.
    """
    k, _, C, K = kernel.shape
    reach = -(-(k // 2) // r)
    place = np.zeros((2 * reach + 1, r, r, k), np.float32)  # Q tap, I pixel it meets, O pixel it makes, T tap of ours
    for made in range(r):
        for tap in range(k):
            square, met = divmod(made + tap - k // 2, r)
            place[square + reach, met, made, tap] = 1
    before = jnp.einsum("QIOT,qiot,TtCK->QqIiCOoK", place, place, kernel, precision="highest")
    return before.reshape(2 * reach + 1, 2 * reach + 1, r * r * C, r * r * K)
