"""The heads of a neural Turing machine (Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 3).

From what a controller emits to where the heads look, what they read and what they leave behind. Shapes: B batch, R read
heads, E write heads, H = R + E heads (the read heads first), N memory slots, W slot width, S shifts, P the numbers by
which a head addresses, F all that is emitted, H P + 2 E W.
"""

from __future__ import annotations

from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp

from deepx.nn import addressing, memory
from deepx.nn.cpu import heads as kernels

Array = jax.Array


class Sizes(NamedTuple):
    """How many heads of each kind, how wide a slot is, over how many shifts a head's distribution goes."""

    read_heads: int
    write_heads: int
    slot_width: int
    shifts: int

    @property
    def heads(self) -> int:
        return self.read_heads + self.write_heads

    @property
    def address(self) -> int:
        """P: key, strength, gate, sharpening, shifts."""
        return self.slot_width + 3 + self.shifts

    @property
    def emitted(self) -> int:
        """F: the address of every head, then an erase and an add vector of every write head."""
        return self.heads * self.address + self.write_heads * 2 * self.slot_width


class Heads(NamedTuple):
    """What the controller emits for its heads, in the ranges the equations ask for."""

    key_BHW: Array  # k
    beta_BH: Array  # >= 0
    gate_BH: Array  # g in (0, 1)
    shift_BHS: Array  # s, a distribution
    gamma_BH: Array  # >= 1
    erase_BEW: Array  # e in (0, 1)
    add_BEW: Array  # a


def emit(sizes: Sizes, emitted_BF: Array) -> Heads:
    """The emitted numbers brought into their ranges (section 3.3; the paper names the ranges, not the functions)."""
    H, W, P = sizes.heads, sizes.slot_width, sizes.address
    address_BHP = emitted_BF[:, : H * P].reshape(-1, H, P)
    erase_BEW, add_BEW = jnp.split(emitted_BF[:, H * P :].reshape(-1, sizes.write_heads, 2 * W), 2, axis=-1)
    return Heads(
        key_BHW=jnp.tanh(address_BHP[..., :W]),
        beta_BH=jax.nn.softplus(address_BHP[..., W]),
        gate_BH=jax.nn.sigmoid(address_BHP[..., W + 1]),
        gamma_BH=1 + jax.nn.softplus(address_BHP[..., W + 2]),
        shift_BHS=jax.nn.softmax(address_BHP[..., W + 3 :]),
        erase_BEW=jax.nn.sigmoid(erase_BEW),
        add_BEW=jnp.tanh(add_BEW),
    )


def address(heads: Heads, previous_BHN: Array, memory_BWN: Array) -> Array:
    """The weightings of all heads: the four steps of Figure 2."""
    w_BHN = addressing.content(heads.key_BHW, heads.beta_BH, memory_BWN)
    w_BHN = addressing.interpolate(heads.gate_BH, w_BHN, previous_BHN)
    w_BHN = addressing.shift(w_BHN, heads.shift_BHS)
    return addressing.sharpen(w_BHN, heads.gamma_BH)


def interact(sizes: Sizes, emitted_BF: Array, previous_BHN: Array, memory_BWN: Array) -> tuple[Array, Array, Array]:
    """Weightings w_BHN, read vectors r_BRW and the next memory M_BWN.

    Every head addresses the memory as it was, the read heads read it, then the write heads change it. On a CPU all of
    it may be one kernel (`deepx/nn/cpu`).
    """
    chex.assert_shape(emitted_BF, (None, sizes.emitted))
    chex.assert_shape(previous_BHN, (None, sizes.heads, None))
    chex.assert_shape(memory_BWN, (None, sizes.slot_width, previous_BHN.shape[-1]))
    return kernels.interact(_interact, sizes, emitted_BF, previous_BHN, memory_BWN)


def _interact(sizes: Sizes, emitted_BF: Array, previous_BHN: Array, memory_BWN: Array) -> tuple[Array, Array, Array]:
    heads = emit(sizes, emitted_BF)
    w_BHN = address(heads, previous_BHN, memory_BWN)
    read_BRW = memory.read(w_BHN[:, : sizes.read_heads], memory_BWN)
    memory_BWN = memory.write(w_BHN[:, sizes.read_heads :], heads.erase_BEW, heads.add_BEW, memory_BWN)
    return w_BHN, read_BRW, memory_BWN
