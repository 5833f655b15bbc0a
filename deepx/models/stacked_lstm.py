"""Stacked LSTM with skip connections (Graves 2013, arXiv 1308.0850, section 2 and figure 1).

Every layer sees the input and the layer below, and the output sees every layer. The baseline of the neural Turing
machine's paper (arXiv 1410.5401, Table 3), whose parameter counts say: no peepholes, learned initial h and c.

Shapes: B batch, T time, I input, O output, L layers, C cells of a layer, G = 4C gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp

from deepx.nn import lstm
from deepx.nn.recurrence import Product, dense, unroll

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """Sizes. backward_clip: of what is carried back in time, see `recurrence.unroll`; None: the exact gradient.

    Raises ValueError where a size is below 1.
    """

    input_size: int
    output_size: int
    layers: int = 3
    cells: int = 256
    backward_clip: float | None = None

    def __post_init__(self):
        for name in ("input_size", "output_size", "layers", "cells"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")


def init(key: Array, config: Config) -> Params:
    """Parameters: 4C (I + C + 1) + (L - 1) 4C (I + 2C + 1) + 2LC + (LC + 1) O of them, learned initial states 0.

    These are the numbers that Table 3 prints for copy (I = 10, O = 9), repeat copy (8, 7), associative recall (8, 6)
    and N-grams (1, 1), and each for no other I and O. For priority sort it prints 384,424, which no I and O give;
    (10, 8) gives 348,424, so we take it for a slip.
    """
    *layer_keys, output_key = jax.random.split(key, config.layers + 1)
    L, C = config.layers, config.cells
    return {
        "initial": [lstm.State(jnp.zeros(C), jnp.zeros(C)) for _ in range(L)],
        "layers": [lstm.init(k, config.input_size, C if l == 0 else 2 * C, C) for l, k in enumerate(layer_keys)],
        "output": {
            "kernel": jax.nn.initializers.glorot_uniform()(output_key, (L * C, config.output_size)),
            "bias": jnp.zeros(config.output_size),
        },
    }


def apply(config: Config, params: Params, inputs_BTI: Array) -> Array:
    """Logits [B, T, O]."""
    chex.assert_shape(inputs_BTI, (None, None, config.input_size))
    batch = len(inputs_BTI)
    states = jax.tree.map(lambda a: jnp.broadcast_to(a, (batch, *a.shape)), params["initial"])
    inputs_TBI = inputs_BTI.swapaxes(0, 1)
    projected_TBG = [dense(layer["input"], inputs_TBI) for layer in params["layers"]]
    weights = {str(l): layer["recurrent"] for l, layer in enumerate(params["layers"])}
    _, h_TBC = unroll(step, weights, states, projected_TBG, config.backward_clip)
    return dense(params["output"], jnp.concatenate(h_TBC, axis=-1)).swapaxes(0, 1)


def step(product: Product, states: list[lstm.State], projected_BG: list[Array]) -> tuple[list[lstm.State], list[Array]]:
    """One time step of all layers; their outputs."""
    after = []
    for l, (state, gates_BG) in enumerate(zip(states, projected_BG, strict=True)):
        seen = jnp.concatenate([state.h, after[-1].h], axis=-1) if after else state.h
        after.append(lstm.advance(state.c, gates_BG + product(str(l), seen)))
    return after, [state.h for state in after]
