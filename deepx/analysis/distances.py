"""Euclidean distances between many points, as matrix products in pieces: thousands by thousands within seconds.

Shapes: N and M points, D dimensions. Points may be arrays [N, ...] of any shape: they are taken as vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
Points = Array | np.ndarray

PIECE = 500  # rows at once: 500 x 60,000 distances take 120 MB


def squared_distances(x_ND: Array, y_MD: Array) -> Array:
    """|x_n - y_m|^2 as |x|^2 + |y|^2 - 2 x.y: [N, M], never negative.

    A difference of large numbers: its error is about 1e-7 of |x|^2 + |y|^2, so centre the points first.
    """
    squares = jnp.square(x_ND).sum(1)[:, None] + jnp.square(y_MD).sum(1)
    return jnp.maximum(squares - 2 * x_ND @ y_MD.T, 0)


def mean_distance(points: Points) -> float:
    """The mean Euclidean distance of two different ones of the points [N, ...]: their diversity, 0 if all are alike."""
    x_ND = vectors(points)
    if len(x_ND) < 2:
        raise ValueError(f"a distance needs two points, got {len(x_ND)}")
    (x_ND,) = centred(x_ND)
    total = sum(float(_sum_of_distances(piece, x_ND, start)) for start, piece in pieces(x_ND))
    return total / (len(x_ND) * (len(x_ND) - 1))


def nearest(points: Points, among: Points, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The `count` nearest `among` [M, ...] of each of the points [N, ...]: indices and distances, [N, count] each.

    Nearest first. They are found by `squared_distances`; the distances returned are those of the differences, so that
    a point that is itself among the others has distance 0.
    """
    x_ND, y_MD = vectors(points), vectors(among)
    if not 1 <= count <= len(y_MD):
        raise ValueError(f"count is {count}; there are {len(y_MD)} points to choose from")
    by_product = centred(y_MD, x_ND)
    found = np.concatenate([np.asarray(_nearest(piece, by_product[0], count)) for _, piece in pieces(by_product[1])])
    apart = np.linalg.norm(np.asarray(x_ND)[:, None] - np.asarray(y_MD)[found], axis=-1)
    order = np.argsort(apart, axis=1, kind="stable")
    return np.take_along_axis(found, order, 1), np.take_along_axis(apart, order, 1)


def vectors(points: Points) -> Array:
    """Points of any shape as float32 [N, D]."""
    return jnp.asarray(points, jnp.float32).reshape(len(points), -1)


def centred(*points: Array) -> tuple[Array, ...]:
    """All moved by the mean of the first: distances stay, and products lose fewer digits."""
    mean = points[0].mean(0)
    return tuple(p - mean for p in points)


def pieces(x_ND: Array) -> Iterator[tuple[int, Array]]:
    """The points, `PIECE` of them at a time (fewer at the end), each piece with the number of its first."""
    yield from ((start, x_ND[start : start + PIECE]) for start in range(0, len(x_ND), PIECE))


@jax.jit
def _sum_of_distances(piece_PD: Array, x_ND: Array, start: Array) -> Array:
    distances = jnp.sqrt(squared_distances(piece_PD, x_ND))
    itself = jnp.arange(len(x_ND)) == start + jnp.arange(len(piece_PD))[:, None]
    return jnp.where(itself, 0, distances).sum()


@partial(jax.jit, static_argnames="count")
def _nearest(piece_PD: Array, y_MD: Array, count: int) -> Array:
    return jax.lax.top_k(-squared_distances(piece_PD, y_MD), count)[1]
