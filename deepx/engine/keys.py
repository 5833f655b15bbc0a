"""Random streams: every key of a run derives from its seeds by name, and a step's key from that and the step."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp

Key = jax.Array


def stream(seeds: Sequence[int], name: str, *, replicated: bool) -> Key:
    """The key of the stream `name`: a scalar key of the one seed, or, replicated, one key for each of `seeds`."""
    if replicated:
        return jnp.stack([stream([seed], name, replicated=False) for seed in seeds])
    (seed,) = seeds
    return jax.random.fold_in(jax.random.key(seed), zlib.crc32(name.encode()))


def at_step(key: Key, step: jax.Array) -> Key:
    """The key of one step, for a scalar key or one key a replica."""
    return (
        jnp.vectorize(jax.random.fold_in, signature="(),()->()")(key, step)
        if key.ndim
        else jax.random.fold_in(key, step)
    )
