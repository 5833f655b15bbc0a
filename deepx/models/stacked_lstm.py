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

from deepx.nn import controller, dense, lstm
from deepx.nn.recurrence import Product, unroll

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
    layers_key, output_key = jax.random.split(key)
    L, C = config.layers, config.cells
    layers, states = controller.init(layers_key, "lstm", inputs=config.input_size, reads=0, units=C, layers=L)
    return {"initial": states, "layers": layers, "output": dense.init(output_key, L * C, config.output_size)}


def apply(config: Config, params: Params, inputs_BTI: Array) -> Array:
    """Logits [B, T, O]."""
    chex.assert_shape(inputs_BTI, (None, None, config.input_size))
    layers, batch = params["layers"], inputs_BTI.shape[0]
    states = jax.tree.map(lambda a: jnp.broadcast_to(a, (batch, *a.shape)), params["initial"])
    projected_TBG = controller.project(layers, inputs_BTI.swapaxes(0, 1))
    _, h_TBC = unroll(step, controller.weights(layers), states, projected_TBG, config.backward_clip)
    return dense.apply(params["output"], jnp.concatenate(h_TBC, axis=-1)).swapaxes(0, 1)


def step(product: Product, states: list[lstm.State], projected_BG: list[Array]) -> tuple[list[lstm.State], list[Array]]:
    """One time step of all layers; their outputs. It is the machine's controller with nothing to read."""
    return controller.step(product, states, projected_BG, jnp.zeros((len(projected_BG[0]), 0)))
