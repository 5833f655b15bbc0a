"""The LSTM cell (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), written once.

Shapes: B batch, T time, I input, C cells, G = 4C gates, ... any leading axes. Weights come in two parts: `input`, whose
product with the inputs does not depend on the state, so that it is taken once for all time steps, outside the loop; and
`recurrent`, whose product with what the time loop carries is taken inside it (by `run`, or a step of `recurrence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp

from deepx.nn.cpu import lstm as kernels

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
    none = jnp.zeros((gates_TBG.shape[1], gates_TBG.shape[2] // 4), gates_TBG.dtype)
    return run(recurrent, gates_TBG, State(none, none), there_TB)[0]


def run(
    recurrent: Mapping[str, Array], gates_TBG: Array, state: State, there_TB: Array | None = None
) -> tuple[State, Array]:
    """The state after a sequence, and h after every step [T, B, C]; there_TB None: there is an input at every step.

    On a CPU the loop may be one kernel (`deepx/nn/cpu`).
    """
    chex.assert_rank([gates_TBG, state.h], [3, 2])
    there_TB = jnp.ones(gates_TBG.shape[:2], bool) if there_TB is None else there_TB.astype(bool)
    return _run(recurrent["kernel"], gates_TBG, state, there_TB)


@jax.custom_vjp
def _run(kernel_CG: Array, gates_TBG: Array, state: State, there_TB: Array) -> tuple[State, Array]:
    return _run_forward(kernel_CG, gates_TBG, state, there_TB)[0]


def _run_forward(kernel_CG: Array, gates_TBG: Array, state: State, there_TB: Array):
    z_TBG, h_TBC, c_TBC = kernels.forward(_through_time, kernel_CG, gates_TBG, *state, there_TB)
    return (State(h_TBC[-1], c_TBC[-1]), h_TBC), (kernel_CG, z_TBG, state, h_TBC, c_TBC, there_TB)


def _run_backward(residuals, cotangents):
    """The kernel's gradient is one product over all steps, as in `recurrence`."""
    kernel_CG, z_TBG, state, h_TBC, c_TBC, there_TB = residuals
    d_last, dh_TBC = cotangents
    dz_TBG, *d_state = kernels.backward(_back_in_time, kernel_CG, z_TBG, state.c, c_TBC, there_TB, dh_TBC, *d_last)
    before_TBC = jnp.concatenate([state.h[None], h_TBC[:-1]])
    (d_kernel_CG,) = jax.linear_transpose(lambda kernel_CG: before_TBC @ kernel_CG, kernel_CG)(dz_TBG)
    return d_kernel_CG, dz_TBG, State(*d_state), None


_run.defvjp(_run_forward, _run_backward)


def _through_time(kernel_CG: Array, gates_TBG: Array, h_BC: Array, c_BC: Array, there_TB: Array):
    """After every step: the gates before their non-linearities z_TBG, h_TBC and c_TBC."""

    def step(state: State, x: tuple[Array, Array]):
        gates_BG, there_B = x
        z_BG = gates_BG + state.h @ kernel_CG
        after = _where(there_B, advance(state.c, z_BG), state)
        return after, (z_BG, *after)

    return jax.lax.scan(step, State(h_BC, c_BC), (gates_TBG, there_TB))[1]


def _back_in_time(
    kernel_CG: Array,
    z_TBG: Array,
    c_BC: Array,
    c_TBC: Array,
    there_TB: Array,
    dh_TBC: Array,
    dh_BC: Array,
    dc_BC: Array,
) -> tuple[Array, Array, Array]:
    """From dh of every step, and of the last state: dz_TBG, and the gradient with respect to the first state."""

    def step(after: State, x: tuple[Array, ...]):
        z_BG, c_BC, there_B, dh_BC = x
        after = after._replace(h=after.h + dh_BC)
        pulled = jax.vjp(advance, c_BC, z_BG)[1](after)
        dc_BC, dz_BG = (jnp.where(there_B[:, None], d, 0) for d in pulled)
        before = State(dz_BG @ kernel_CG.T, dc_BC)
        return _where(there_B, before, after), dz_BG

    before_TBC = jnp.concatenate([c_BC[None], c_TBC[:-1]])
    first, dz_TBG = jax.lax.scan(step, State(dh_BC, dc_BC), (z_TBG, before_TBC, there_TB, dh_TBC), reverse=True)
    return dz_TBG, first.h, first.c


def _where(there_B: Array, new: State, old: State) -> State:
    return jax.tree.map(partial(jnp.where, there_B[:, None]), new, old)
