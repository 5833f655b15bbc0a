"""A layer of weights, a W + b: `kernel` [I, O] and, where there is one, `bias` [O]."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

Array = jax.Array
Weights = Mapping[str, Array]


def init(key: Array, inputs: int, outputs: int) -> Weights:
    """The kernel Glorot-uniform, the bias zero."""
    return {"kernel": jax.nn.initializers.glorot_uniform()(key, (inputs, outputs)), "bias": jnp.zeros(outputs)}


def uniform(key: Array, inputs: int, outputs: int, bound: float | None = None) -> Weights:
    """The kernel uniform in +-bound, the bias zero.

    None: +-sqrt(3 / inputs), by which what leaves is as large as what enters, if that is independent and of mean zero.
    """
    bound = (3 / inputs) ** 0.5 if bound is None else bound
    kernel = jax.random.uniform(key, (inputs, outputs), minval=-bound, maxval=bound)
    return {"kernel": kernel, "bias": jnp.zeros(outputs)}


def apply(weights: Weights, a: Array) -> Array:
    """a W + b, over the last axis of `a`."""
    y = a @ weights["kernel"]
    return y + weights["bias"] if "bias" in weights else y
