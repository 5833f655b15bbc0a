"""The neural Turing machine (Graves, Wayne, Danihelka 2014, arXiv 1410.5401).

Shapes: B batch, T time, I input, O output, C controller cells, R read heads, E write heads, H = R + E heads (the read
heads first), N memory slots, W slot width, S = 2 x shift_range + 1 shifts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from deepx.nn import addressing, lstm

Array = jax.Array
Params = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the machine; the defaults are the paper's (section 4, Table 2).

    initial_memory: the value of every element of the memory at the start of a sequence; None: learned, one parameter an
        element, as in the paper.

    Raises ValueError where the sizes make no machine.
    """

    input_size: int
    output_size: int
    controller_size: int = 100
    memory_slots: int = 128
    slot_width: int = 20
    read_heads: int = 1
    write_heads: int = 1
    shift_range: int = 1
    initial_memory: float | None = None

    def __post_init__(self):
        for name in ("input_size", "output_size", "controller_size", "slot_width", "read_heads", "write_heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.shift_range < 0:
            raise ValueError(f"shift_range must not be negative, not {self.shift_range}")
        if self.memory_slots < self.shifts:
            raise ValueError(
                f"memory_slots = {self.memory_slots} is smaller than the window of {self.shifts} shifts "
                f"that shift_range = {self.shift_range} spans"
            )

    @property
    def heads(self) -> int:
        return self.read_heads + self.write_heads

    @property
    def shifts(self) -> int:
        return 2 * self.shift_range + 1


class State(NamedTuple):
    """What the machine carries from one time step to the next."""

    controller: lstm.State
    read_BRW: Array
    w_BHN: Array
    memory_BWN: Array


class Trace(NamedTuple):
    """What every head did at every time step (Figure 6)."""

    read_w_BTRN: Array
    write_w_BTEN: Array
    read_BTRW: Array
    erase_BTEW: Array
    add_BTEW: Array


class Heads(NamedTuple):
    """What the controller emits for its heads, in the ranges the equations ask for."""

    key_BHW: Array  # k
    beta_BH: Array  # >= 0
    gate_BH: Array  # g in (0, 1)
    shift_BHS: Array  # s, a distribution
    gamma_BH: Array  # >= 1
    erase_BEW: Array  # e in (0, 1)
    add_BEW: Array  # a


def init(key: Array, config: Config) -> Params:
    """Parameters: weights Glorot-uniform, biases zero, the learned initial state zero (the memory: 1e-6).

    For the paper's copy task (9 inputs, 8 outputs, controller 100, memory 128 x 20, one head) they number 65,040:

        controller     (9 + 100 + 1) x 400                   44,000
        its read       20 x 400                               8,000
        heads          (100 + 1) x (2 x (20 + 3 + 3) + 40)    9,292
        output         (100 + 20 + 1) x 8                       968
        initial state  2 x 100 + 20 + 128 x 20                2,780

    The paper prints 67,561, that is 2,521 more, and does not say of what. Peepholes would add 300, learned initial
    weightings 256, an output from the controller alone take away 160, every two more shifts add 404. No wiring we tried
    gives both 67,561 and the 17,162 of the feed-forward controller, and none that differs in the controller alone can
    give Tables 1 and 2: an LSTM spends 300 weights more than a layer on each input, but the tables' differences for
    copy and repeat copy (50,399 and 49,399) are 1,000 apart, no multiple of 300.
    """
    C, R, W, N = config.controller_size, config.read_heads, config.slot_width, config.memory_slots
    controller_key, read_key, heads_key, output_key = jax.random.split(key, 4)
    glorot = jax.nn.initializers.glorot_uniform()
    initial = {"controller": lstm.State(jnp.zeros(C), jnp.zeros(C)), "read_RW": jnp.zeros((R, W))}
    if config.initial_memory is None:
        initial["memory_WN"] = jnp.full((W, N), 1e-6)
    return {
        "initial": initial,
        "controller": lstm.init(controller_key, config.input_size, C),
        "read": glorot(read_key, (R * W, 4 * C)),
        "heads": dense_init(heads_key, C, config.heads * (W + 3 + config.shifts) + config.write_heads * 2 * W),
        "output": dense_init(output_key, C + R * W, config.output_size),
    }


def dense_init(key: Array, inputs: int, outputs: int) -> Params:
    return {"kernel": jax.nn.initializers.glorot_uniform()(key, (inputs, outputs)), "bias": jnp.zeros(outputs)}


def dense(params: Params, x: Array) -> Array:
    return x @ params["kernel"] + params["bias"]


def start(config: Config, params: Params, batch_size: int) -> State:
    """The learned initial state. Every head starts on slot 0, which the paper leaves open."""
    initial = params["initial"]
    if config.initial_memory is None:
        memory_WN = initial["memory_WN"]
    else:
        memory_WN = jnp.full((config.slot_width, config.memory_slots), config.initial_memory)
    w_HN = jnp.zeros((config.heads, config.memory_slots)).at[:, 0].set(1.0)
    state = State(initial["controller"], initial["read_RW"], w_HN, memory_WN)
    return jax.tree.map(lambda a: jnp.broadcast_to(a, (batch_size, *a.shape)), state)


def emit(config: Config, params: Params, h_BC: Array) -> Heads:
    """The head parameters as functions of the controller's output, in the ranges of section 3.3."""
    H, W, P = config.heads, config.slot_width, config.slot_width + 3 + config.shifts
    flat = dense(params["heads"], h_BC)
    address_BHP = flat[:, : H * P].reshape(-1, H, P)
    erase_BEW, add_BEW = jnp.split(flat[:, H * P :].reshape(-1, config.write_heads, 2 * W), 2, axis=-1)
    return Heads(
        key_BHW=jnp.tanh(address_BHP[..., :W]),
        beta_BH=jax.nn.softplus(address_BHP[..., W]),
        gate_BH=jax.nn.sigmoid(address_BHP[..., W + 1]),
        gamma_BH=1 + jax.nn.softplus(address_BHP[..., W + 2]),
        shift_BHS=jax.nn.softmax(address_BHP[..., W + 3 :]),
        erase_BEW=jax.nn.sigmoid(erase_BEW),
        add_BEW=jnp.tanh(add_BEW),
    )


def step(config: Config, params: Params, state: State, projected_BG: Array) -> tuple[State, Heads]:
    """One time step; every head addresses M(t-1), the read heads read it, then the write heads make M(t) of it."""
    R = config.read_heads
    previous_read = state.read_BRW.reshape(len(projected_BG), -1)
    controller = lstm.step(params["controller"], state.controller, projected_BG + previous_read @ params["read"])
    heads = emit(config, params, controller.h)
    w_BHN = addressing.content(heads.key_BHW, heads.beta_BH, state.memory_BWN)
    w_BHN = addressing.interpolate(heads.gate_BH, w_BHN, state.w_BHN)
    w_BHN = addressing.shift(w_BHN, heads.shift_BHS)
    w_BHN = addressing.sharpen(w_BHN, heads.gamma_BH)
    read_BRW = addressing.read(w_BHN[:, :R], state.memory_BWN)
    memory_BWN = addressing.write(w_BHN[:, R:], heads.erase_BEW, heads.add_BEW, state.memory_BWN)
    return State(controller, read_BRW, w_BHN, memory_BWN), heads


def apply(config: Config, params: Params, inputs_BTI: Array, *, trace: bool = False) -> Array | tuple[Array, Trace]:
    """Logits [B, T, O] and, if asked for, the trace of every head.

    The backward pass keeps the state of every time step and computes the rest of the step again (`jax.checkpoint`),
    which takes a quarter of the memory and, on a CPU, half the time of storing everything.
    """
    chex.assert_shape(inputs_BTI, (None, None, config.input_size))
    R = config.read_heads

    @jax.checkpoint
    def scanned(state: State, projected_BG: Array) -> tuple[State, tuple[Array, ...]]:
        state, heads = step(config, params, state, projected_BG)
        seen = (state.w_BHN, heads.erase_BEW, heads.add_BEW) if trace else ()
        return state, (state.controller.h, state.read_BRW, *seen)

    projected_TBG = lstm.project(params["controller"], inputs_BTI.swapaxes(0, 1))
    _, outputs = jax.lax.scan(scanned, start(config, params, len(inputs_BTI)), projected_TBG)
    h_BTC, read_BTRW, *seen = (a.swapaxes(0, 1) for a in outputs)
    logits_BTO = dense(params["output"], jnp.concatenate([h_BTC, read_BTRW.reshape(*h_BTC.shape[:2], -1)], axis=-1))
    if not trace:
        return logits_BTO
    w_BTHN, erase_BTEW, add_BTEW = seen
    return logits_BTO, Trace(w_BTHN[:, :, :R], w_BTHN[:, :, R:], read_BTRW, erase_BTEW, add_BTEW)
