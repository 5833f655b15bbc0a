"""The LSTM cell (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), written once.

Shapes: B batch, I input, C cells, ... any leading axes. The input's share of the gates, `project(params, x)`, does not
depend on the state, so a caller who has all inputs computes it once for all time steps, outside the scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp

Array = jax.Array
Params = Mapping[str, Array]


class State(NamedTuple):
    """Output h and cell c, both [B, C]."""

    h: Array
    c: Array


def init(key: Array, inputs: int, cells: int) -> dict[str, Array]:
    """Parameters, uniform in +-1/sqrt(cells); the forget gate's bias is 1. Gates stand in the order i, f, g, o."""
    input_key, recurrent_key = jax.random.split(key)
    bound = cells**-0.5
    return {
        "input": jax.random.uniform(input_key, (inputs, 4 * cells), minval=-bound, maxval=bound),
        "recurrent": jax.random.uniform(recurrent_key, (cells, 4 * cells), minval=-bound, maxval=bound),
        "bias": jnp.zeros(4 * cells).at[cells : 2 * cells].set(1.0),
    }


def project(params: Params, x: Array) -> Array:
    """The input's share of the gates, [..., I] -> [..., 4C]."""
    return x @ params["input"] + params["bias"]


def step(params: Params, state: State, projected: Array) -> State:
    """One time step from the projected input [B, 4C]."""
    chex.assert_equal_shape(state)
    i, f, g, o = jnp.split(projected + state.h @ params["recurrent"], 4, axis=-1)
    c = jax.nn.sigmoid(f) * state.c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return State(jax.nn.sigmoid(o) * jnp.tanh(c), c)
