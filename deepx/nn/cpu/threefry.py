"""JAX's random bits on the CPU, hashed by the kernel of `threefry.cc` instead of by a loop that XLA compiles.

Nothing changes at a call, and no number either, as they are integers. But XLA takes half a second for every shape in
which a program draws or splits keys, and our kernel is only called. On GPUs, JAX does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.random.threefry2x32 import (  # tests/cpu_threefry_test.py tells if jax moves it
    _threefry2x32_cpu_lowering_rule,
    threefry2x32_p,
)

from deepx.nn.cpu.lowering import Rule, targets

Array = jax.Array


def plan(key0, key1, count0, count1, out, _) -> Callable:
    """The hash by our kernel, as a function of its operands."""

    def hashed(*operands: Array) -> Sequence[Array]:
        keys, counts = (_together(pair, out.shape) for pair in (operands[:2], operands[2:]))
        # Not each number's own: a key is that of equal parts one after another, and the counters begin again.
        if not _leads(keys[0].shape, out.shape) or not _ends(counts[0].shape, out.shape):
            keys, counts = ([jnp.broadcast_to(a, out.shape) for a in pair] for pair in (keys, counts))
        results = [jax.ShapeDtypeStruct(out.shape, out.dtype)] * 2
        return jax.ffi.ffi_call(targets("threefry")["threefry"], results)(*keys, *counts)

    return hashed


def _together(pair, shape: tuple[int, ...]) -> list[Array]:
    """Both in one shape of as many axes as `shape`."""
    pair = [a.reshape((1,) * (len(shape) - a.ndim) + a.shape) for a in pair]
    common = np.broadcast_shapes(*(a.shape for a in pair))
    return [jnp.broadcast_to(a, common) for a in pair]


def _leads(part: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether `part` is `shape` with nothing but ones behind some axis."""
    same = [p == s for p, s in zip(part, shape, strict=True)]
    last = max((axis for axis, p in enumerate(part) if p != 1), default=-1)
    return all(same[: last + 1])


def _ends(part: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether `part` is `shape` with nothing but ones before some axis."""
    return _leads(part[::-1], shape[::-1])


RULE = Rule(threefry2x32_p, "threefry", None, plan, xla=_threefry2x32_cpu_lowering_rule)
