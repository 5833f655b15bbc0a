"""The neural Turing machine (Graves, Wayne, Danihelka 2014, arXiv 1410.5401).

Shapes: B batch, T time, I input, O output, C controller units, R read heads, E write heads, H = R + E heads (the read
heads first), N memory slots, W slot width, S = 2 x shift_range + 1 shifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, overload

import chex
import jax
import jax.numpy as jnp

from deepx.nn import controller, dense, heads, memory_machine

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """Sizes of the machine; the defaults are the paper's (section 4, Tables 1 and 2).

    controller: 'lstm' or 'feedforward'. controller_layers: of controller_size units each. As in Graves' LSTMs of the
        time, each sees the input, what was read, and the layer below; the heads see the highest, the output all.
    initial_memory: the value of every element of the memory at the start of a sequence, where every head then starts on
        slot 0; None: memory and weightings are learned, as in the paper.
    backward_clip: of what is carried back in time, see `recurrence.unroll`; None: the exact gradient.

    Raises ValueError where the sizes make no machine.
    """

    input_size: int
    output_size: int
    controller: str = "lstm"
    controller_size: int = 100
    controller_layers: int = 1
    memory_slots: int = 128
    slot_width: int = 20
    read_heads: int = 1
    write_heads: int = 1
    shift_range: int = 1
    initial_memory: float | None = None
    backward_clip: float | None = None

    def __post_init__(self):
        counts = ("input_size", "output_size", "controller_size", "controller_layers")
        for name in (*counts, "memory_slots", "slot_width", "read_heads", "write_heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.controller not in ("lstm", "feedforward"):
            raise ValueError(f"controller must be 'lstm' or 'feedforward', not {self.controller!r}")
        if self.shift_range < 0:
            raise ValueError(f"shift_range must not be negative, not {self.shift_range}")
        if self.memory_slots < self.shifts:
            raise ValueError(
                f"memory_slots = {self.memory_slots} is smaller than the window of {self.shifts} shifts "
                f"that shift_range = {self.shift_range} spans"
            )

    @property
    def shifts(self) -> int:
        return 2 * self.shift_range + 1

    @property
    def sizes(self) -> heads.Sizes:
        return heads.Sizes(self.read_heads, self.write_heads, self.slot_width, self.shifts)


class Trace(NamedTuple):
    """What every head did at every time step (Figure 6)."""

    read_w_BTRN: Array
    write_w_BTEN: Array
    read_BTRW: Array
    erase_BTEW: Array
    add_BTEW: Array


def init(key: Array, config: Config) -> Params:
    """Parameters: weights Glorot-uniform (an LSTM's, see `lstm.init`), biases zero.

    Learned initial states begin at zero, the memory at 1e-6, the weightings on slot 0. `tests/ntm_parameters_test.py`
    counts them beside the paper's tables, and says what is known of the differences.
    """
    C, W, N = config.controller_size, config.slot_width, config.memory_slots
    reads = config.read_heads * W
    controller_key, heads_key, output_key = jax.random.split(key, 3)
    layers, states = controller.init(
        controller_key,
        config.controller,
        inputs=config.input_size,
        reads=reads,
        units=C,
        layers=config.controller_layers,
    )
    initial = {"controller": states, "read_RW": jnp.zeros((config.read_heads, W))}
    if config.initial_memory is None:
        initial["memory_WN"] = jnp.full((W, N), 1e-6, jnp.float32)
        initial["w_HN"] = jnp.zeros((config.sizes.heads, N)).at[:, 0].set(10.0)  # its softmax is 0.99 on slot 0
    return {
        "initial": initial,
        "controller": layers,
        "heads": dense.init(heads_key, C, config.sizes.emitted),
        "output": dense.init(output_key, config.controller_layers * C + reads, config.output_size),
    }


def start(config: Config, params: Params, batch_size: int) -> memory_machine.State:
    """The initial state, learned but for what `Config.initial_memory` makes constant."""
    initial = params["initial"]
    if config.initial_memory is None:
        memory_WN, w_HN = initial["memory_WN"], jax.nn.softmax(initial["w_HN"])
    else:
        memory_WN = jnp.full((config.slot_width, config.memory_slots), config.initial_memory)
        w_HN = jnp.zeros((config.sizes.heads, config.memory_slots)).at[:, 0].set(1.0)
    state = memory_machine.State(initial["controller"], initial["read_RW"], w_HN, memory_WN)
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (batch_size, *a.shape)), state)


@overload
def apply(config: Config, params: Params, inputs_BTI: Array, *, trace: Literal[False] = False) -> Array: ...


@overload
def apply(config: Config, params: Params, inputs_BTI: Array, *, trace: Literal[True]) -> tuple[Array, Trace]: ...


def apply(config: Config, params: Params, inputs_BTI: Array, *, trace: bool = False) -> Array | tuple[Array, Trace]:
    """Logits [B, T, O] and, if asked for, the trace of every head."""
    chex.assert_shape(inputs_BTI, (None, None, config.input_size))
    R, layers = config.read_heads, params["controller"]
    projected_TBG = controller.project(layers, inputs_BTI.swapaxes(0, 1))
    weights = memory_machine.weights(layers, params["heads"])
    first = start(config, params, inputs_BTI.shape[0])
    outputs = memory_machine.run(config.sizes, weights, first, projected_TBG, config.backward_clip, trace)
    h_BTC, read_BTRW, *seen = (a.swapaxes(0, 1) for a in outputs)
    logits_BTO = dense.apply(
        params["output"], jnp.concatenate([h_BTC, read_BTRW.reshape(*h_BTC.shape[:2], -1)], axis=-1)
    )
    if not trace:
        return logits_BTO
    w_BTHN, erase_BTEW, add_BTEW = seen
    return logits_BTO, Trace(w_BTHN[:, :, :R], w_BTHN[:, :, R:], read_BTRW, erase_BTEW, add_BTEW)
