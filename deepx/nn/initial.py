"""Initial values of parameters."""

from __future__ import annotations

from typing import Any

import jax

Array = jax.Array


def uniform(key: Array, bound: float, shapes: Any) -> Any:
    """A tree of arrays like `shapes`, every number of them drawn from U(-bound, bound)."""
    leaves, tree = jax.tree.flatten(shapes)
    keys = jax.random.split(key, len(leaves))
    drawn = [jax.random.uniform(k, a.shape, a.dtype, -bound, bound) for k, a in zip(keys, leaves, strict=True)]
    return tree.unflatten(drawn)
