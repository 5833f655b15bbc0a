"""Reading and writing an external memory (Graves, Wayne, Danihelka 2014, arXiv 1410.5401, sections 3.1 and 3.2).

Where it is accessed, `addressing.py` says. Shapes: B batch, H heads, N memory slots, W slot width. Slots come last
(`memory_BWN`), so that everything done to a memory runs along its contiguous axis.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp

Array = jax.Array


def read(w_BHN: Array, memory_BWN: Array) -> Array:
    """Read vectors r_BHW, eq 2."""
    return jnp.einsum("bhn,bwn->bhw", w_BHN, memory_BWN)


def write(w_BHN: Array, erase_BHW: Array, add_BHW: Array, memory_BWN: Array) -> Array:
    """The memory after every head has erased (eq 3), then every head has added (eq 4): their order is immaterial."""
    chex.assert_rank([w_BHN, erase_BHW, add_BHW, memory_BWN], 3)
    for e in range(w_BHN.shape[1]):
        memory_BWN = memory_BWN * (1 - jnp.einsum("bw,bn->bwn", erase_BHW[:, e], w_BHN[:, e]))
    return memory_BWN + jnp.einsum("bhw,bhn->bwn", add_BHW, w_BHN)
