"""Sentences of different lengths in one compiled program: the shortest of a few lengths that holds a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Array = jax.Array


def shortest(edges: Sequence[int], needed: Array, f: Callable[..., Any], *arrays: Any) -> Any:
    """f(edge, *arrays) with the first of the rising `edges` that is at least `needed`; the last one where none is.

    A branch is compiled for each edge, and one is run: f cuts its arrays to `edge`, which is a Python integer, and all
    branches return the same shapes (gradients, sums). Under `vmap` over `needed` all branches would run.
    """
    index = jnp.searchsorted(jnp.asarray(edges[:-1]), needed)
    return lax.switch(index, [partial(f, edge) for edge in edges], *arrays)
