"""A controller with heads on a memory, through time (Graves, Wayne, Danihelka 2014, arXiv 1410.5401, Figure 1).

Shapes: T time, B batch, L layers of C units (or cells) each, G gates of a layer (4C, or C of feed-forward ones), R read
heads, H heads, N memory slots, W slot width, F numbers emitted for the heads. In the loops that the kernels stand for,
C and G are those of all layers, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from deepx.nn import controller, dense, heads, lstm, memory
from deepx.nn.cpu import memory_machine as kernels
from deepx.nn.recurrence import Product, Weights, unroll

Array = jax.Array


class State(NamedTuple):
    """What the machine carries from one time step to the next; `controller` has an entry an LSTM layer."""

    controller: list[lstm.State]
    read_BRW: Array
    w_BHN: Array
    memory_BWN: Array


def weights(layers: controller.Layers, of_heads: Mapping[str, Array]) -> Weights:
    """What `step` multiplies with inside the time loop, by name."""
    return {**controller.weights(layers), "heads": of_heads}


def step(sizes: heads.Sizes, trace: bool, product: Product, state: State, projected_BG: list[Array]):
    """One time step; every head addresses M(t-1), the read heads read it, then the write heads make M(t) of it."""
    previous_BR = state.read_BRW.reshape(state.read_BRW.shape[0], -1)
    after, outputs = controller.step(product, state.controller, projected_BG, previous_BR)
    emitted_BF = product("heads", outputs[-1])
    w_BHN, read_BRW, memory_BWN = heads.interact(sizes, emitted_BF, state.w_BHN, state.memory_BWN)
    seen = ()
    if trace:
        emitted = heads.emit(sizes, emitted_BF)
        seen = (w_BHN, emitted.erase_BEW, emitted.add_BEW)
    return State(after, read_BRW, w_BHN, memory_BWN), (jnp.concatenate(outputs, axis=-1), read_BRW, *seen)


def run(
    sizes: heads.Sizes,
    weights: Weights,
    first: State,
    projected_TBG: list[Array],
    clip: float | None = None,
    trace: bool = False,
) -> tuple[Array, ...]:
    """Outputs of all layers side by side and read vectors [T, B, R, W] of every step, from the inputs' share of every
    layer's gates; with `trace`, weightings, erase and add vectors besides. clip: see `recurrence.unroll`.

    On a CPU the loop may be one kernel (`deepx/nn/cpu`), where layers are LSTMs and nothing is traced.
    """
    if trace or not first.controller:
        return unroll(partial(step, sizes, trace), weights, first, projected_TBG, clip)[1]
    return _run(sizes, clip, weights, first, projected_TBG)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _run(sizes: heads.Sizes, clip: float | None, weights: Weights, first: State, projected_TBG: list[Array]):
    return _forward(sizes, clip, weights, first, projected_TBG)[0]


def _forward(sizes: heads.Sizes, clip: float | None, weights: Weights, first: State, projected_TBG: list[Array]):
    """Gates, cells, emissions and weightings are kept; not the memories, which are larger than all of these."""
    z_TBG, h_TBC, c_TBC, emitted_TBF, read_TBRW, w_TBHN = kernels.forward(
        _through_time,
        sizes,
        *(_one_below_the_other(weights), weights["heads"]["kernel"], weights["heads"]["bias"]),
        *(jnp.concatenate(projected_TBG, axis=-1), *_side_by_side(first.controller), *first[1:]),
    )
    return (h_TBC, read_TBRW), (weights, first, z_TBG, h_TBC, c_TBC, emitted_TBF, read_TBRW, w_TBHN)


def _backward(sizes: heads.Sizes, clip: float | None, residuals, cotangents):
    """Gradients of kernels are one product over all steps, as in `recurrence`."""
    weights, first, z_TBG, h_TBC, c_TBC, emitted_TBF, read_TBRW, w_TBHN = residuals
    L, before = len(first.controller), _side_by_side(first.controller)
    dz_TBG, demitted_TBF, dh_BC, dc_BC, *d_rest = kernels.backward(
        _back_in_time,
        sizes,
        clip,
        *(_one_below_the_other(weights), weights["heads"]["kernel"], z_TBG, before.c, c_TBC, emitted_TBF),
        *(first.w_BHN, w_TBHN, first.memory_BWN, *cotangents),
    )
    read_TBR = _earlier(first.read_BRW, read_TBRW).reshape(*h_TBC.shape[:2], -1)
    h_TBC, own_TBC, dz_TBG = (jnp.split(a, L, axis=-1) for a in (h_TBC, _earlier(before.h, h_TBC), dz_TBG))
    gradients = {"heads": {"kernel": _over_time(h_TBC[-1], demitted_TBF), "bias": demitted_TBF.sum((0, 1))}}
    for l in range(L):
        entered_TBI = jnp.concatenate([read_TBR, *h_TBC[:l][-1:], own_TBC[l]], axis=-1)
        gradients[f"controller{l}"] = {"kernel": _over_time(entered_TBI, dz_TBG[l])}
    return gradients, State(_apart(L, dh_BC, dc_BC), *d_rest), dz_TBG


_run.defvjp(_forward, _backward)


def _through_time(sizes, kernels_DG, heads_CF, bias_F, gates_TBG, h_BC, c_BC, read_BRW, w_BHN, memory_BWN):
    """After every step: z_TBG, h_TBC, c_TBC, emitted_TBF, read_TBRW, w_TBHN."""
    layers = _layers(sizes, kernels_DG, heads_CF)
    weights = {f"controller{l}": {"kernel": kernel} for l, kernel in enumerate(layers)}
    weights["heads"] = {"kernel": heads_CF, "bias": bias_F}

    def scanned(state: State, gates_BG: Array):
        made = {}

        def product(name: str, a: Array) -> Array:
            made[name] = dense.apply(weights[name], a)
            return made[name]

        after, (h_BC, read_BRW) = step(sizes, False, product, state, jnp.split(gates_BG, len(layers), axis=-1))
        z_BG = gates_BG + jnp.concatenate([made[f"controller{l}"] for l in range(len(layers))], axis=-1)
        return after, (z_BG, *_side_by_side(after.controller), made["heads"], read_BRW, after.w_BHN)

    first = State(_apart(len(layers), h_BC, c_BC), read_BRW, w_BHN, memory_BWN)
    return jax.lax.scan(scanned, first, gates_TBG)[1]


def _back_in_time(
    sizes, clip, kernels_DG, heads_CF, z_TBG, c_BC, c_TBC, emitted_TBF, w_BHN, w_TBHN, memory_BWN, *d_out
):
    """From dh_TBC and dread_TBRW: dz_TBG, demitted_TBF, and the gradient with respect to the first state."""
    layers, R = _layers(sizes, kernels_DG, heads_CF), sizes.read_heads * sizes.slot_width
    C = heads_CF.shape[0]

    def written(memory_BWN, x):
        emitted_BF, w_BHN = x
        emitted = heads.emit(sizes, emitted_BF)
        after = memory.write(w_BHN[:, sizes.read_heads :], emitted.erase_BEW, emitted.add_BEW, memory_BWN)
        return after, memory_BWN

    def scanned(d: State, x):
        z_BG, before_BC, emitted_BF, w_BHN, memory_BWN, dh_BC, dread_BRW = x
        z_BG, before_BC, dh_BC = (jnp.split(a, len(layers), axis=-1) for a in (z_BG, before_BC, dh_BC))
        pull = jax.vjp(partial(heads.interact, sizes), emitted_BF, w_BHN, memory_BWN)[1]
        demitted_BF, *d_rest = pull((d.w_BHN, d.read_BRW + dread_BRW, d.memory_BWN))
        dh_BC = [state.h + more for state, more in zip(d.controller, dh_BC, strict=True)]
        dh_BC[-1] += demitted_BF @ heads_CF.T
        dread_BR = jnp.zeros_like(dread_BRW).reshape(len(dread_BRW), R)
        d_states, dz_BG = [], []
        for l in reversed(range(len(layers))):
            dc_BC, dz = jax.vjp(lstm.advance, before_BC[l], z_BG[l])[1](lstm.State(dh_BC[l], d.controller[l].c))
            d_entered = dz @ layers[l].T
            dread_BR += d_entered[:, :R]
            if l:
                dh_BC[l - 1] += d_entered[:, R:-C]
            d_states.insert(0, lstm.State(d_entered[:, -C:], dc_BC))
            dz_BG.insert(0, dz)
        before = State(d_states, dread_BR.reshape(dread_BRW.shape), *d_rest)
        if clip is not None:
            before = jax.tree.map(lambda d: jnp.clip(d, -clip, clip), before)
        return before, (jnp.concatenate(dz_BG, axis=-1), demitted_BF)

    _, memory_TBWN = jax.lax.scan(written, memory_BWN, (emitted_TBF, w_TBHN))
    saved = z_TBG, _earlier(c_BC, c_TBC), emitted_TBF, _earlier(w_BHN, w_TBHN), memory_TBWN
    none = jax.tree.map(jnp.zeros_like, State(_apart(len(layers), c_BC, c_BC), d_out[1][0], w_BHN, memory_BWN))
    first, deltas = jax.lax.scan(scanned, none, (*saved, *d_out), reverse=True)
    return *deltas, *_side_by_side(first.controller), *first[1:]


def _layers(sizes: heads.Sizes, kernels_DG: Array, heads_CF: Array) -> list[Array]:
    """The kernels of layers that stand one below the other."""
    first, more = (sizes.read_heads * sizes.slot_width + n * heads_CF.shape[0] for n in (1, 2))
    return jnp.split(kernels_DG, list(range(first, kernels_DG.shape[0], more)))


def _one_below_the_other(weights: Weights) -> Array:
    return jnp.concatenate([weights[f"controller{l}"]["kernel"] for l in range(len(weights) - 1)])


def _side_by_side(states: list[lstm.State]) -> lstm.State:
    return lstm.State(*(jnp.concatenate(parts, axis=-1) for parts in zip(*states, strict=True)))


def _apart(layers: int, h_BC: Array, c_BC: Array) -> list[lstm.State]:
    parts = (jnp.split(a, layers, axis=-1) for a in (h_BC, c_BC))
    return [lstm.State(h, c) for h, c in zip(*parts, strict=True)]


def _earlier(first: Array, every: Array) -> Array:
    """What stood before every step: `first` before the first."""
    return jnp.concatenate([first[None], every[:-1]])


def _over_time(entered_TBI: Array, delta_TBO: Array) -> Array:
    return jnp.einsum("tbi,tbo->io", entered_TBI, delta_TBO)
