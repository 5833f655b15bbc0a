"""Swapout: Singh, Hoiem, Forsyth 2016 (arXiv 1605.06465).

Every unit of a block's output takes or drops its shortcut and its branch, each by a coin of its own:

    y = Theta_1 * s(x) + Theta_2 * F(x),    Theta_i ~ Bernoulli(theta_i), one for each unit                 (equation 5)

so that it is dropped, skipped, feed-forward or residual. The theta of both fall linearly over the blocks. Dropout is
theta_1 = 0, stochastic depth theta_1 = 1 with a coin that all units of a block share. What remains is not scaled up.

SwapOut v2(20) W x 4 is a join of `preact.cifar(20, widen=4)`.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from deepx.nn.residual import Join

Array = jax.Array
Key = jax.Array


def linear(blocks: int, first: float = 1.0, last: float = 0.5) -> Array:
    """theta_L, linear from the first block to the last: the paper's Linear(first, last)."""
    for theta in (first, last):
        if not 0 <= theta <= 1:
            raise ValueError(f"theta must be in [0, 1], got {theta}")
    return jnp.linspace(first, last, blocks)


def swapped(key: Key, theta1_L: Array, theta2_L: Array) -> Join:
    """The join of one stochastic pass, in training or in testing: coins for every unit of every image."""

    def join(f: Array, s: Array, l: int) -> Array:
        key1, key2 = jax.random.split(jax.random.fold_in(key, l))
        takes_s = jax.random.bernoulli(key1, theta1_L[l], s.shape)
        takes_f = jax.random.bernoulli(key2, theta2_L[l], f.shape)
        return jnp.where(takes_s, s, 0) + jnp.where(takes_f, f, 0)

    return join


def expected(theta1_L: Array, theta2_L: Array) -> Join:
    """The join of deterministic inference: its mean in place of each block's output (section 3.2)."""
    return lambda f, s, l: theta1_L[l] * s + theta2_L[l] * f


def stochastic_inference(
    logits: Callable[[Join], Array], key: Key, theta1_L: Array, theta2_L: Array, passes: int = 30
) -> Array:
    """Probabilities [N, classes]: the mean softmax over stochastic passes of a net, given as its logits for a join.

    The passes are computed together, as one batch of `passes` times N images.
    """

    def one(key: Key) -> Array:
        return jax.nn.softmax(logits(swapped(key, theta1_L, theta2_L)))

    return jax.vmap(one)(jax.random.split(key, passes)).mean(axis=0)
