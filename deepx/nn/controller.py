"""A stack of layers that works on an input and on what was read from a memory: LSTM cells, or a feed-forward net.

Every layer sees the input, what was read, and the layer below. Weights are in two parts, as in `lstm.py`. Shapes:
B batch, T time, I input, R numbers read, C units of a layer, G = 4C gates of an LSTM, else C.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from deepx.nn import dense, lstm
from deepx.nn.recurrence import Product

Array = jax.Array
Layers = Sequence[dict[str, Any]]


def init(key: Array, kind: str, *, inputs: int, reads: int, units: int, layers: int) -> tuple[Layers, list[lstm.State]]:
    """Parameters, and the learned initial states, zero: none for kind 'feedforward', else one a layer ('lstm')."""
    made = []
    for l, layer_key in enumerate(jax.random.split(key, layers)):
        carried = reads + (units if l else 0)
        if kind == "lstm":
            made.append(lstm.init(layer_key, inputs, carried + units, units))
        else:
            whole = dense.init(layer_key, inputs + carried, units)
            above, below = jnp.split(whole["kernel"], [inputs])
            made.append({"input": {"kernel": above, "bias": whole["bias"]}, "recurrent": {"kernel": below}})
    return made, [lstm.State(jnp.zeros(units), jnp.zeros(units)) for _ in made] if kind == "lstm" else []


def project(layers: Layers, inputs_TBI: Array) -> list[Array]:
    """The input's share of every layer's gates [T, B, G], before the time loop."""
    return [dense.apply(layer["input"], inputs_TBI) for layer in layers]


def weights(layers: Layers) -> dict[str, dict[str, Array]]:
    """What `step` multiplies with inside the time loop, by name."""
    return {f"controller{l}": layer["recurrent"] for l, layer in enumerate(layers)}


def step(
    product: Product, states: list[lstm.State], projected_BG: list[Array], read_BR: Array
) -> tuple[list[lstm.State], list[Array]]:
    """The states after a time step, and the output [B, C] of every layer; feed-forward layers are tanh units."""
    after, outputs = [], []
    for l, gates in enumerate(projected_BG):
        carried = [read_BR, *outputs[-1:]] + ([states[l].h] if states else [])
        gates += product(f"controller{l}", jnp.concatenate(carried, axis=-1))
        if states:
            after.append(lstm.advance(states[l].c, gates))
        outputs.append(after[-1].h if states else jnp.tanh(gates))
    return after, outputs
