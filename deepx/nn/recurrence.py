"""A recurrence unrolled in time, whose weight gradients are one product after the loop instead of a sum inside it.

Differentiated by JAX, a scan carries the gradient of every weight through the backward loop, and adds a thin product to
it at each time step: for small batches, reading and writing the sums costs more than everything else. Here the backward
loop keeps what entered each product and what came back to it, and afterwards

    dW = sum over t  a_t^T delta_t                       is one matrix product over all steps and examples.

The backward loop computes each step again from the state before it, which is all that the forward loop keeps.

Shapes: T time, B batch, I and O inputs and outputs of a product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

Array = jax.Array
Weights = Mapping[str, Mapping[str, Array]]  # by name: {"kernel": [I, O]} and, where there is one, {"bias": [O]}
Product = Callable[[str, Array], Array]
Step = Callable[[Product, Any, Any], tuple[Any, Any]]


def dense(weights: Mapping[str, Array], a: Array) -> Array:
    """a W + b, over the last axis of `a`."""
    y = a @ weights["kernel"]
    return y + weights["bias"] if "bias" in weights else y


@partial(jax.custom_vjp, nondiff_argnums=(0, 4))
def unroll(step: Step, weights: Weights, state: Any, inputs: Any, clip: float | None = None) -> tuple[Any, Any]:
    """Final state and stacked outputs of `step(product, state, x) -> (state, y)` over the first axis of `inputs`.

    product(name, a_BI) is a W + b of `weights[name]`, each name at most once a step; it is a step's only way to
    weights: one that closes over traced values cannot be differentiated with respect to them. All arrays are floats.

    clip: the backward loop clips each number that it carries from one step to the step before to +-clip (Graves 2013,
    arXiv 1308.0850, section 2.1, and 2014). What it returns is then no gradient of anything, but bounded: over a few
    hundred steps of a memory, true gradients of 1e19 occur.
    """
    return jax.lax.scan(lambda state, x: step(partial(_product, weights), state, x), state, inputs)


def _product(weights: Weights, name: str, a: Array) -> Array:
    return dense(weights[name], a)


def _forward(step: Step, weights: Weights, state: Any, inputs: Any, clip: float | None):
    def kept(state, x):
        after, y = step(partial(_product, weights), state, x)
        return after, (state, y)

    final, (states, outputs) = jax.lax.scan(kept, state, inputs)
    return (final, outputs), (weights, states, inputs)


def _backward(step: Step, clip: float | None, residuals, cotangents):
    weights, states, inputs = residuals
    d_final, d_outputs = cotangents

    def nudged(nudges, state, x):
        """The step with a nudge added to every product, whose gradient is what comes back to it; and what enters."""
        entered = {}

        def product(name: str, a: Array) -> Array:
            entered[name] = a
            y = dense(weights[name], a)
            return y if nudges is None else y + nudges[name]

        return step(product, state, x), entered

    first = jax.tree.map(lambda a: a[0], (states, inputs))
    _, entered = jax.eval_shape(lambda s, x: nudged(None, s, x), *first)
    zeros = {name: jnp.zeros((*a.shape[:-1], weights[name]["kernel"].shape[1]), a.dtype) for name, a in entered.items()}

    def back(d_state, slot):
        state, x, d_y = slot
        _, pull, entered = jax.vjp(nudged, zeros, state, x, has_aux=True)
        deltas, d_state, d_x = pull((d_state, d_y))
        if clip is not None:
            d_state = jax.tree.map(lambda d: jnp.clip(d, -clip, clip), d_state)
        return d_state, (d_x, deltas, entered)

    d_state, (d_inputs, deltas, entered) = jax.lax.scan(back, d_final, (states, inputs, d_outputs), reverse=True)
    gradients = {name: jax.tree.map(jnp.zeros_like, w) for name, w in weights.items()}  # of weights never used
    for name, delta in deltas.items():
        gradients[name] = {"kernel": jnp.einsum("t...i,t...o->io", entered[name], delta)}
        if "bias" in weights[name]:
            gradients[name]["bias"] = delta.sum(tuple(range(delta.ndim - 1)))
    return gradients, d_state, d_inputs


unroll.defvjp(_forward, _backward)
