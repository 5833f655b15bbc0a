"""The paths through a residual net: Veit, Wilber, Belongie 2016 (arXiv 1605.06431), section 5 and figure 6.

At each of L blocks a path goes through the block's function or around it, so there are 2^L of them. The length of a
path is the number of functions that it goes through.

Shapes: L blocks, K = L + 1 lengths from 0 to L, N images.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import comb
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepx.nn.residual import Join, along

Array = jax.Array
Key = jax.Array
TAIL = 0.05  # of the gradient on either side of the effective lengths; the paper gives no number


@partial(jax.jit, static_argnames="blocks")
def drawn(key: Key, blocks: int, count: int | Array) -> Array:
    """`count` of the blocks at random, as gates [L]: 1 for these, 0 for the others.

    As the gates of the join `gated`, drawn anew for every training batch, they train on effective paths only: the paper
    draws 23 of 54, so that path lengths centre on 11.5.
    """
    return (jax.random.permutation(key, blocks) < count).astype(jnp.float32)


@partial(jax.jit, static_argnames=("images", "blocks"))
def one_of_every_length(key: Key, images: int, blocks: int) -> Array:
    """Random paths [N, K, L], as gates: for every image one of each length."""
    keys = jax.random.split(key, (images, blocks + 1))
    one_image = jax.vmap(lambda key, length: drawn(key, blocks, length))
    return jax.vmap(one_image, in_axes=(0, None))(keys, jnp.arange(blocks + 1))


def gradient_norms(
    apply: Callable[[Any, Array, Join], Array], through: Callable[[Array], Join] = along
) -> Callable[[Any, Array, Array, Array], Array]:
    """A compiled function (variables, images [N, H, W, C], labels [N], paths [N, K, L]) -> norms [N, K] (figure 6b).

    The norm of the gradient that arrives at an image along a path, of the cross-entropy of the net's answer: forward
    through the whole net, backward through the functions on the path and around all others. `apply` gives logits
    [N, classes] of (variables, images, join), with running batch statistics: then images do not touch one another, and
    each is a measurement of its own, where the paper takes a batch for one.

    through: the join of a path. For a net trained with stochastic depth it scales F(x) by the probability of survival.
    """

    def norm(variables, image: Array, label: Array, path_L: Array) -> Array:
        def loss(image: Array) -> Array:
            logits = apply(variables, image[None], through(path_L))[0]
            return -jax.nn.log_softmax(logits)[label]

        gradient = jax.grad(loss)(image)
        largest = jnp.abs(gradient).max()  # without it, the squares of what comes along a long path would vanish
        return largest * jnp.linalg.norm(gradient / jnp.where(largest > 0, largest, 1))

    along_several = jax.vmap(norm, in_axes=(None, None, None, 0))
    return jax.jit(jax.vmap(along_several, in_axes=(None, 0, 0, 0)))


class Lengths(NamedTuple):
    """What figure 6 shows, for every length of path: arrays [K]; quartiles [3, K].

    paths: of all 2^L, the share that has this length. norm: mean of the gradient's norm. quartiles: of it. gradient:
    share of the gradient that comes along all paths of this length, where each carries the mean norm.
    """

    paths: np.ndarray
    norm: np.ndarray
    quartiles: np.ndarray
    gradient: np.ndarray

    @property
    def effective(self) -> tuple[int, int]:
        """The shortest and longest length of the paths that carry the gradient but for TAIL on either side."""
        below = np.cumsum(self.gradient)
        return int(np.argmax(below > TAIL)), int(np.argmax(below >= 1 - TAIL))

    @property
    def effective_paths(self) -> float:
        """The share of all paths that have such lengths. The paper: lengths 5 to 17 of 54, 0.45% of the paths."""
        shortest, longest = self.effective
        return float(self.paths[shortest : longest + 1].sum())


def by_length(norms_NK: np.ndarray) -> Lengths:
    """Number of paths (figure 6a), gradient along one (6b), and their product, normalised (6c), against length.

    Raises ValueError where no gradient arrives, or one that is not finite.
    """
    norms_NK = np.asarray(norms_NK, np.float64)
    if not 0 < norms_NK.sum() < np.inf:
        raise ValueError(f"norms of gradients must be finite and not all 0; they add up to {norms_NK.sum()}")
    paths, norm = binomial(norms_NK.shape[1] - 1), norms_NK.mean(0)
    gradient = paths * norm
    return Lengths(paths, norm, np.percentile(norms_NK, (25, 50, 75), axis=0), gradient / gradient.sum())


def binomial(blocks: int) -> np.ndarray:
    """The share [K] of all paths that has each length, Binomial(L, 1/2)."""
    return np.array([comb(blocks, length) / 2**blocks for length in range(blocks + 1)])
