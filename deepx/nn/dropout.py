"""Dropout (Srivastava et al. 2014), with what is kept scaled up, so that testing changes nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp

Array = jax.Array


def drop(key: Array | None, rate: float, a: Array) -> Array:
    """`a`, of which a share `rate` of the numbers is 0 and the others are divided by 1 - rate; key None: all of it."""
    if key is None or rate == 0:
        return a
    return jnp.where(jax.random.bernoulli(key, 1 - rate, a.shape), a / (1 - rate), 0)


def keys(key: Array | None, n: int) -> list[Array | None]:
    """One for each of n places, or None."""
    return [None] * n if key is None else list(jax.random.split(key, n))
