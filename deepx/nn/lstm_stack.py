"""LSTM layers on top of one another, each of which sees the layer below and nothing else (Sutskever 2014).

Through time there are two ways with the same result. `run` goes layer after layer, so that every layer's inputs are
multiplied at once for all time steps; `step` goes one time step through all layers, for what is fed back from the top.
Dropout is on what enters a layer from below, never on what it carries through time (Zaremba 2014, arXiv 1409.2329).

Shapes: B batch, T time, I input, C cells of a layer, G = 4C gates, F numbers fed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from deepx.nn import dense, dropout, lstm, segments
from deepx.nn.recurrence import Product

Array = jax.Array
Layers = Sequence[dict[str, Any]]
States = list[lstm.State]


def init(key: Array, inputs: int, cells: int, layers: int, fed: int = 0) -> Layers:
    """Parameters as of `lstm.init`. fed: how many numbers enter the lowest layer with its own h."""
    return [
        lstm.init(layer_key, cells if l else inputs, (0 if l else fed) + cells, cells)
        for l, layer_key in enumerate(jax.random.split(key, layers))
    ]


def zeros(layers: Layers, batch: int) -> States:
    """The state before the first step."""
    kernels = [layer["recurrent"]["kernel"] for layer in layers]
    return [lstm.State(*2 * [jnp.zeros((batch, kernel.shape[1] // 4), kernel.dtype)]) for kernel in kernels]


def run(
    layers: Layers,
    inputs_TBI: Array,
    states: States,
    there_TB: Array | None = None,
    key: Array | None = None,
    rate: float = 0.0,
    segment: int | None = None,
    always_BG: Array | None = None,
) -> tuple[States, Array]:
    """The states after a sequence, and what the highest layer gave at every step [T, B, C].

    there_TB: whether there is an input; where there is none, the state stays. None: always. key, rate: of dropout.
    segment: steps of time whose insides are computed again in the backward pass (`segments`); None: nothing is.
    always_BG: what the lowest layer's gates have besides, at every step. None: nothing.
    """
    if segment is not None and there_TB is None:
        there_TB = jnp.ones(inputs_TBI.shape[:2], bool)

    def loop(states: States, inputs: tuple[Array, Array | None], key: Array | None) -> tuple[States, Array]:
        x_TBI, there_TB = inputs
        after = []
        for layer, state, layer_key in zip(layers, states, dropout.keys(key, len(layers)), strict=True):
            gates_TBG = dense.apply(layer["input"], dropout.drop(layer_key, rate, x_TBI))
            if always_BG is not None and not after:
                gates_TBG = gates_TBG + always_BG
            state, x_TBI = lstm.run(layer["recurrent"], gates_TBG, state, there_TB)
            after.append(state)
        return after, x_TBI

    return segments.run(loop, states, (inputs_TBI, there_TB), segment, key)


def weights(layers: Layers) -> dict[str, dict[str, Array]]:
    """What `step` multiplies with, by name."""
    named = {"cell0": layers[0]["recurrent"]}
    for l, layer in enumerate(layers[1:], 1):
        both = [layer["input"]["kernel"], layer["recurrent"]["kernel"]]
        named[f"cell{l}"] = {"kernel": jnp.concatenate(both), "bias": layer["input"]["bias"]}
    return named


def step(
    product: Product,
    states: States,
    gates_BG: Array,
    fed: Sequence[Array] = (),
    masks: Sequence[Array] | None = None,
) -> States:
    """The states after a time step, given the input's share of the lowest layer's gates.

    fed: arrays [B, ...] of F numbers in all. masks: factors [B, C] of what enters each layer but the lowest: dropout.
    """
    after: States = []
    for l, state in enumerate(states):
        below = fed if l == 0 else [after[-1].h if masks is None else after[-1].h * masks[l - 1]]
        gates = product(f"cell{l}", jnp.concatenate([*below, state.h], axis=-1))
        after.append(lstm.advance(state.c, gates if l else gates_BG + gates))
    return after
