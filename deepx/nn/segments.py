"""Time loops that keep their state at a few places only, and compute what lies between again in the backward pass.

Chen, Xu, Zhang, Guestrin 2016 (arXiv 1604.06174): a loop of T steps in segments of sqrt(T) needs memory for 2 sqrt(T)
steps instead of T, and takes the forward pass twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Array = jax.Array
Loop = Callable[[Any, Any, Array | None], tuple[Any, Any]]


def run(loop: Loop, state: Any, inputs: Any, steps: int | None, key: Array | None = None) -> tuple[Any, Any]:
    """Final state and outputs of `loop(state, inputs, key) -> (state, outputs)`, over the first axis of both.

    steps: of a segment; None: the whole at once. The last segment is filled up with zeros, on which the loop runs too:
    where the final state is wanted, zeros must be what leaves it as it is. Every segment has a key of its own.
    """
    if steps is None:
        return loop(state, inputs, key)
    length = len(jax.tree.leaves(inputs)[0])
    steps = min(steps, length)
    count = -(-length // steps)

    def parts(a: Array) -> Array:
        a = jnp.pad(a, [(0, count * steps - length), *[(0, 0)] * (a.ndim - 1)])
        return a.reshape(count, steps, *a.shape[1:])

    @jax.checkpoint
    def segment(state: Any, slot: tuple[Array, Any]) -> tuple[Any, Any]:
        i, part = slot
        return loop(state, part, None if key is None else jax.random.fold_in(key, i))

    state, outputs = jax.lax.scan(segment, state, (jnp.arange(count), jax.tree.map(parts, inputs)))
    return state, jax.tree.map(lambda a: a.reshape(count * steps, *a.shape[2:])[:length], outputs)
