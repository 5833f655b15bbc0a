"""Large products of float32 matrices on the CPU, lowered to the kernel of `product.cc` instead of to XLA's own.

Nothing changes at a call: every `lax.dot_general` that a program compiles after `kernels.enable()` is lowered so where
the processor has tiles (AMX) and the product is one of two matrices, large enough to gain. All else is left to XLA.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import jax
import numpy as np
from jax import lax
from jax._src.lax.lax import _dot_general_lower  # tests/cpu_product_test.py tells if jax moves it

from deepx.nn.cpu import build
from deepx.nn.cpu.lowering import Rule, targets

LEAST, LEAST_TERMS = 32, 1 << 20  # numbers of each axis; of all terms of all sums


def plan(lhs, rhs, out, *, dimension_numbers, **_: Any) -> Callable | None:
    """The product by our kernel, as a function of its operands; None where it is not for it."""
    summed, (batch, _) = dimension_numbers
    lhs_summed, rhs_summed = zip(*sorted(zip(*summed, strict=True)), strict=True) if summed[0] else summed
    if batch or any(a.dtype != np.float32 for a in (lhs, rhs, out)):
        return None
    lhs_first, rhs_first = _summed_first(lhs, lhs_summed), _summed_first(rhs, rhs_summed)
    k = prod(lhs.shape[axis] for axis in lhs_summed)
    m, n = lhs.size // max(k, 1), rhs.size // max(k, 1)
    if lhs_first is None or rhs_first is None or min(m, n, k) < LEAST or m * n * k < LEAST_TERMS:
        return None
    if not _tiles():
        return None

    def multiply(lhs: jax.Array, rhs: jax.Array) -> jax.Array:
        a, b = lhs.reshape((k, -1) if lhs_first else (-1, k)), rhs.reshape((k, -1) if rhs_first else (-1, k))
        # Where sums run over the first axes of both, JAX differentiates a W with respect to W, and transposes.
        if lhs_first and rhs_first:
            return _call((n, m), b, a, True, False).T.reshape(out.shape)
        return _call((m, n), a, b, lhs_first, not rhs_first).reshape(out.shape)

    return multiply


def _tiles() -> bool:
    """Whether the processor has them, and the compiler knows them. Other processors do without the library."""
    try:
        return build.instructions() == "AMX" and targets("product").get("instructions") == "AMX"
    except build.Unavailable:
        return False


def _summed_first(a, summed: Sequence[int]) -> bool | None:
    """Whether the axes that a sum runs over are the first ones, or (False) the last; None: neither."""
    summed, axes = list(summed), list(range(len(a.shape)))
    if summed == axes[len(axes) - len(summed) :]:
        return False
    return True if summed == axes[: len(summed)] else None


def _call(shape: tuple[int, int], a: jax.Array, b: jax.Array, a_transposed: bool, b_transposed: bool) -> jax.Array:
    attributes = dict(a_transposed=a_transposed, b_transposed=b_transposed)
    return jax.ffi.ffi_call(targets("product")["product"], jax.ShapeDtypeStruct(shape, np.float32))(a, b, **attributes)


RULE = Rule(
    lax.dot_general_p,
    "product",
    "products",
    plan,
    xla=functools.partial(_dot_general_lower, platform="cpu"),  # as jax registers it
    told=False,  # small ones are XLA's everywhere
)
