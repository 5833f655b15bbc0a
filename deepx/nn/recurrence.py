"""A recurrence unrolled in time, whose weight gradients are one product after the loop instead of a sum inside it.

Differentiated by JAX, a scan carries the gradient of every weight through the backward loop, and adds a thin product to
it at each time step: for small batches, reading and writing the sums costs more than everything else. Here the backward
loop keeps what entered each product and what came back to it, and afterwards

    dW = sum over t  a_t^T delta_t                       is one matrix product over all steps and examples.

Shapes: T time, B batch, I and O inputs and outputs of a product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from deepx.nn import dense

Array = jax.Array
Weights = Mapping[str, dense.Weights]  # by name
Product = Callable[[str, Array], Array]
Step = Callable[..., tuple[Any, Any]]


@partial(jax.custom_vjp, nondiff_argnums=(0, 4))
def unroll(
    step: Step, weights: Weights, state: Any, inputs: Any, clip: float | None = None, *context: Any
) -> tuple[Any, Any]:
    """Final state and stacked outputs of `step(product, state, x) -> (state, y)` over the first axis of `inputs`.

    product(name, a_BI) is a W + b of `weights[name]`, each name at most once a step; it is a step's only way to
    weights: one that closes over traced values cannot be differentiated with respect to them. All arrays are floats.

    clip: the backward loop clips each number that it carries from one step to the step before to +-clip (Graves 2013,
    arXiv 1308.0850, section 2.1, and 2014). What it returns is then no gradient of anything, but bounded: over a few
    hundred steps of a memory, true gradients of 1e19 occur.

    context: what every step is given besides, the same each time, as `step(product, state, x, *context)`: a source that
    is attended to. Its gradient is summed inside the loop.
    """
    return jax.lax.scan(lambda state, x: _recorded(step, weights, state, x, context)[0], state, inputs)


def _forward(step: Step, weights: Weights, state: Any, inputs: Any, clip: float | None, *context: Any):
    def nudged(nudges, state, inputs, context):
        """The loop with a nudge added to every product, whose gradient is what comes back to it; and what enters."""

        def scanned(state, slot):
            x, nudge = slot
            if clip is not None:
                state = jax.tree.map(partial(_clipped_back, clip), state)
            (after, y), entered = _recorded(step, weights, state, x, context, nudge)
            return after, (y, entered)

        final, (outputs, entered) = jax.lax.scan(scanned, state, (inputs, nudges))
        return (final, outputs), entered

    first = jax.tree.map(lambda a: a[0], inputs)
    _, entered = jax.eval_shape(lambda state, x: _recorded(step, weights, state, x, context), state, first)
    length = jax.tree.leaves(inputs)[0].shape[0]
    zeros = {
        name: jnp.zeros((length, *a.shape[:-1], weights[name]["kernel"].shape[1]), a.dtype)
        for name, a in entered.items()
    }
    results, pull, entered = jax.vjp(nudged, zeros, state, inputs, context, has_aux=True)
    return results, (weights, entered, pull)


def _backward(step: Step, clip: float | None, residuals, cotangents):
    weights, entered, pull = residuals
    deltas, d_state, d_inputs, d_context = pull(cotangents)
    gradients = {name: jax.tree.map(jnp.zeros_like, w) for name, w in weights.items()}  # of weights never used
    for name, delta in deltas.items():
        gradients[name] = {"kernel": jnp.einsum("t...i,t...o->io", entered[name], delta)}
        if "bias" in weights[name]:
            gradients[name]["bias"] = delta.sum(tuple(range(delta.ndim - 1)))
    return gradients, d_state, d_inputs, *d_context


unroll.defvjp(_forward, _backward)


def _recorded(
    step: Step, weights: Weights, state: Any, x: Any, context: tuple, nudge: Mapping[str, Array] | None = None
):
    """The step's results, and what entered each product, by name."""
    entered = {}

    def product(name: str, a: Array) -> Array:
        entered[name] = a
        y = dense.apply(weights[name], a)
        return y if nudge is None else y + nudge[name]

    return step(product, state, x, *context), entered


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _clipped_back(clip: float, x: Array) -> Array:
    """x, whose cotangent is clipped to +-clip."""
    return x


_clipped_back.defvjp(lambda clip, x: (x, None), lambda clip, _, d: (jnp.clip(d, -clip, clip),))
