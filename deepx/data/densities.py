"""Densities on a line and in the plane that are known exactly, to see a generator approach them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
Key = jax.Array


class Density(NamedTuple):
    """sample: key, n -> points [n, D]. log_density: points [N, D] -> [N], in nats. reach: all but a trace of it lies
    within [-reach, reach] along each axis.
    """

    dimensions: int
    sample: Callable[[Key, int], Array]
    log_density: Callable[[Array], Array]
    reach: float


def gaussians(centres: np.ndarray, width: float) -> Density:
    """Equal parts of Gaussians of standard deviation `width` around the centres [K, D]."""
    centres_KD = jnp.asarray(centres, jnp.float32)
    count, dimensions = centres_KD.shape

    def sample(key: Key, n: int) -> Array:
        of_part, of_point = jax.random.split(key)
        parts = jax.random.randint(of_part, (n,), 0, count)
        return centres_KD[parts] + width * jax.random.normal(of_point, (n, dimensions))

    def log_density(points_ND: Array) -> Array:
        squares_NK = jnp.square(points_ND[:, None] - centres_KD).sum(-1)
        scale = math.log(count) + dimensions * math.log(width * math.sqrt(2 * math.pi))
        return jax.nn.logsumexp(-squares_NK / (2 * width**2), axis=1) - scale

    return Density(dimensions, sample, log_density, float(np.abs(centres).max() + 4 * width))


def circle(count: int, radius: float) -> np.ndarray:
    """Centres [count, 2], evenly on a circle."""
    angles = 2 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angles), np.sin(angles)], 1)


DENSITIES = {
    "gaussian": lambda: gaussians(np.array([[1.0]]), 0.5),
    "two_gaussians": lambda: gaussians(np.array([[-1.0], [1.0]]), 0.4),
    "ring": lambda: gaussians(circle(8, 1.5), 0.15),
}
