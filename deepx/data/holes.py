"""Holes in images: the masks of Pathak et al. 2016 (arXiv 1604.07379), section 3.3 and figure 3.

A hole is [N, H, W, 1], 1 where pixels are missing and 0 where they are seen, the paper's M^; with N = 1, it is the hole
of every image.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

Array = jax.Array
Key = jax.Array

SHARE = 0.25  # of an image's pixels that are missing in random holes, at most (blocks) or exactly (regions)
BLOCKS = 4


def centre(size: int, side: int) -> Array:
    """A square of `side` pixels in the middle of every image of `size` x `size` (figure 3a)."""
    first = (size - side) // 2
    return jnp.zeros((1, size, size, 1)).at[:, first : first + side, first : first + side].set(1)


def blocks(key: Key, count: int, size: int) -> Array:
    """Squares at random places, which may overlap, with a quarter of the image's pixels together (figure 3b)."""
    side = int(size * (SHARE / BLOCKS) ** 0.5)
    corners = jax.random.randint(key, (2, count, BLOCKS, 1), 0, size - side + 1)
    rows, columns = (jnp.arange(size) >= corners) & (jnp.arange(size) < corners + side)
    return jnp.einsum("nbh,nbw->nhw", rows, columns, preferred_element_type=bool)[..., None].astype(jnp.float32)


def region(key: Key, count: int, size: int) -> Array:
    """A quarter of the image in random shapes with curved borders (figure 3c).

    As in the authors' code, not with shapes of segmented objects as in the paper: the lowest values of smooth noise.
    """
    knots = max(4, round(0.06 * size))
    noise = jax.random.uniform(key, (count, knots, knots, 1))
    smooth = jax.image.resize(noise, (count, size, size, 1), "cubic")
    return (smooth < jnp.quantile(smooth, SHARE, axis=(1, 2), keepdims=True)).astype(jnp.float32)


def band(hole: Array, width: int) -> Array:
    """1 at the seen pixels that are at most `width` pixels from the hole, along rows, columns or both."""
    window = (1, 2 * width + 1, 2 * width + 1, 1)
    near = jax.lax.reduce_window(hole, -jnp.inf, jax.lax.max, window, (1, 1, 1, 1), "SAME")
    return near - hole


def surrounding_mean(images: Array, hole: Array) -> Array:
    """Each image's mean colour [N, 1, 1, C] over the pixels that touch its hole: the plainest way of filling it."""
    seen = band(hole, 1)
    return (images * seen).sum((1, 2), keepdims=True) / seen.sum((1, 2), keepdims=True)
