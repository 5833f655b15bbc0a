"""The gated recurrent unit: Cho et al. 2014 (arXiv 1406.1078), equations 5 to 8.

    r = sigmoid(W_r x + U_r h)        z = sigmoid(W_z x + U_z h)
    h~ = tanh(W x + U (r h))          h' = z h + (1 - z) h~

As in `lstm`, weights come in two parts: `input` gives its share of the gates before the time loop, for all steps at
once; `gates` (U_r, U_z) and `candidate` (U) are multiplied inside it. Gates stand in the order r, z, h~.

Shapes: B batch, T time, I input, C cells, G = 3C gates.
"""

from __future__ import annotations

from collections.abc import Mapping

import chex
import jax
import jax.numpy as jnp

from deepx.nn.recurrence import Product, unroll

Array = jax.Array
Params = Mapping[str, Mapping[str, Array]]


def init(key: Array, inputs: int, cells: int) -> dict[str, dict[str, Array]]:
    """Parameters, uniform in +-1/sqrt(cells), biases zero."""
    shapes = {"input": (inputs, 3 * cells), "gates": (cells, 2 * cells), "candidate": (cells, cells)}
    bound = cells**-0.5
    params = {
        name: {"kernel": jax.random.uniform(part_key, shape, minval=-bound, maxval=bound)}
        for (name, shape), part_key in zip(shapes.items(), jax.random.split(key, len(shapes)), strict=True)
    }
    params["input"]["bias"] = jnp.zeros(3 * cells)
    return params


def advance(product: Product, h_BC: Array, gates_BG: Array, mask_BC: Array | float = 1.0) -> Array:
    """The next h, given the inputs' share of the gates. mask: factors of h where it enters a product (dropout)."""
    cells = h_BC.shape[-1]
    chex.assert_equal(gates_BG.shape[-1], 3 * cells)
    fed_BC = h_BC * mask_BC
    r_BC, z_BC = jnp.split(jax.nn.sigmoid(gates_BG[:, : 2 * cells] + product("gates", fed_BC)), 2, axis=-1)
    candidate_BC = jnp.tanh(gates_BG[:, 2 * cells :] + product("candidate", r_BC * fed_BC))
    return z_BC * h_BC + (1 - z_BC) * candidate_BC


def last(params: Params, gates_TBG: Array, there_TB: Array, mask_BC: Array | None = None) -> Array:
    """h [B, C] after a sequence, from zeros. Where there is no input, it stays. mask: see `advance`; of every step."""
    chex.assert_rank([gates_TBG, there_TB], [3, 2])
    h_BC = jnp.zeros((gates_TBG.shape[1], gates_TBG.shape[2] // 3), gates_TBG.dtype)
    mask_BC = jnp.ones_like(h_BC) if mask_BC is None else mask_BC

    def step(product: Product, h_BC: Array, x: tuple[Array, Array], mask_BC: Array) -> tuple[Array, tuple]:
        gates_BG, there_B = x
        after_BC = advance(product, h_BC, gates_BG, mask_BC)
        return jnp.where(there_B[:, None] > 0, after_BC, h_BC), ()

    weights = {name: params[name] for name in ("gates", "candidate")}
    return unroll(step, weights, h_BC, (gates_TBG, there_TB.astype(gates_TBG.dtype)), None, mask_BC)[0]
