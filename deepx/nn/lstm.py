"""The LSTM cell (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), written once.

Shapes: B batch, T time, I input, C cells, G = 4C gates, ... any leading axes. Weights come in two parts: `input`, whose
product with the inputs does not depend on the state, so that it is taken once for all time steps, outside the loop; and
`recurrent`, whose product with what the time loop carries is taken inside it (`recurrence.unroll`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp

from deepx.nn.recurrence import Product, unroll

Array = jax.Array
Params = Mapping[str, Mapping[str, Array]]


class State(NamedTuple):
    """Output h and cell c, both [B, C]."""

    h: Array
    c: Array


def init(key: Array, inputs: int, carried: int, cells: int) -> dict[str, dict[str, Array]]:
    """Parameters, uniform in +-1/sqrt(cells); the forget gate's bias is 1. Gates stand in the order i, f, g, o.

    carried: how many numbers `recurrent` multiplies; `cells`, where the cell sees nothing of the state but its own h.
    """
    input_key, recurrent_key = jax.random.split(key)
    bound = cells**-0.5
    return {
        "input": {
            "kernel": jax.random.uniform(input_key, (inputs, 4 * cells), minval=-bound, maxval=bound),
            "bias": jnp.zeros(4 * cells).at[cells : 2 * cells].set(1.0),
        },
        "recurrent": {"kernel": jax.random.uniform(recurrent_key, (carried, 4 * cells), minval=-bound, maxval=bound)},
    }


def advance(c: Array, gates: Array) -> State:
    """The next state from the cell [B, C] and the gates before their non-linearities [B, 4C]."""
    chex.assert_equal(gates.shape[-1], 4 * c.shape[-1])
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return State(jax.nn.sigmoid(o) * jnp.tanh(c), c)


def last(recurrent: Mapping[str, Array], gates_TBG: Array, there_TB: Array) -> State:
    """The state after a sequence, from zeros, given the inputs' share of the gates. Without an input it stays."""
    none = jnp.zeros((gates_TBG.shape[1], gates_TBG.shape[2] // 4))
    return unroll(
        lambda *given: (_step(*given), ()), {"cell": recurrent}, State(none, none), (gates_TBG, _column(there_TB))
    )[0]


def run(
    recurrent: Mapping[str, Array], gates_TBG: Array, state: State, there_TB: Array | None = None
) -> tuple[State, Array]:
    """The state after a sequence, and h after every step [T, B, C]; there_TB None: there is an input at every step."""

    def step(*given) -> tuple[State, Array]:
        after = _step(*given)
        return after, after.h

    there_TB1 = None if there_TB is None else _column(there_TB)
    return unroll(step, {"cell": recurrent}, state, (gates_TBG, there_TB1))


def _step(product: Product, state: State, x: tuple[Array, Array | None]) -> State:
    gates_BG, there_B1 = x
    after = advance(state.c, gates_BG + product("cell", state.h))
    return after if there_B1 is None else jax.tree.map(partial(jnp.where, there_B1), after, state)


def _column(there_TB: Array) -> Array:
    return there_TB.astype(bool)[..., None]
