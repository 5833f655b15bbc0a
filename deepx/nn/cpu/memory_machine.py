"""A memory machine's loop through time and its backward loop as JAX primitives, lowered to the kernels of
`memory_machine.cc` or else to the functions that define them.

    machine           (K, k, b, gates, h0, c0, r0, w0, M0)          -> (z, h, c, e, r, w)
    machine_backward  (K, k, z, c0, c, e, w0, w, M0, dh, dr)        -> (dz, de, dh0, dc0, dr0, dw0, dM0)

K [..., D, G] are the kernels of all layers, one below the other, k [..., C, F] and b [..., F] the heads' weights. Of
every step [..., T, B, ...]: gates and z, the gates before their non-linearities, h and c, of all layers side by side;
what is emitted e, read vectors r [R, W], weightings w [H, N]. The state before the first [..., B, ...] has M0 [W, N]
besides. Leading axes are nets.

Every bind says which function of one net it stands for: `pure(sizes, ...)`, `pure(sizes, clip, ...)`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import mlir

from deepx.nn.cpu.lowering import Rule, targets
from deepx.nn.cpu.primitive import primitive

Array = jax.Array
Pure = Callable[..., tuple[Array, ...]]


def forward(pure: Pure, sizes: Any, *operands: Array) -> tuple[Array, ...]:
    """`pure(sizes, K, k, b, gates, h0, ...)`, by our kernel where it can serve; sizes: a `deepx.nn.heads.Sizes`."""
    return tuple(machine_p.bind(*operands, pure=pure, sizes=sizes))


def backward(pure: Pure, sizes: Any, clip: float | None, *operands: Array) -> tuple[Array, ...]:
    """`pure(sizes, clip, K, k, z, c0, ...)`, by our kernel where it can serve."""
    return tuple(machine_backward_p.bind(*operands, pure=pure, sizes=sizes, clip=clip))


def _definition(*operands: Array, pure: Pure, **given: Any) -> tuple[Array, ...]:
    f = functools.partial(pure, *given.values())
    for _ in range(operands[0].ndim - 2):
        f = jax.vmap(f)
    return f(*operands)


def _types_forward(kernels, heads, bias, gates, h0, c0, read0, w0, memory0, **_):
    *steps, _ = gates.shape

    def every_step(first):
        return first.update(shape=(*steps, *first.shape[len(steps) - 1 :]))

    emitted = gates.update(shape=(*steps, bias.shape[-1]))
    return [gates, every_step(h0), every_step(c0), emitted, every_step(read0), every_step(w0)]


def _types_backward(kernels, heads, z, c0, c, emitted, w0, w, memory0, dh, dread, **_):
    dread0 = dread.update(shape=(*c0.shape[:-1], *dread.shape[-2:]))
    return [z, emitted, c0, c0, dread0, w0, memory0]


machine_p = primitive("machine", _definition, _types_forward)
machine_backward_p = primitive("machine_backward", _definition, _types_backward)


def _rule(of: Primitive, operands: int, in_place: dict[int, int]) -> Rule:
    """in_place: which operand may become which result, where nothing else needs it."""

    def plan(*types, pure: Pure, sizes: Any, **clipped: float | None) -> Callable | None:
        if any(a.dtype != np.float32 or 0 in a.shape for a in types):
            return None
        results = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in types[operands:]]
        attributes = dict(reads=np.int64(sizes.read_heads), shifts=np.int64(sizes.shifts))
        attributes |= {name: np.float32(np.inf if clip is None else clip) for name, clip in clipped.items()}

        def call(*given: Array) -> Sequence[Array]:
            target = targets("memory_machine")[of.name]
            return jax.ffi.ffi_call(target, results, input_output_aliases=in_place)(*given, **attributes)

        return call

    return Rule(of, "memory_machine", "machine", plan, xla=mlir.lower_fun(_definition, multiple_results=True))


RULES = (_rule(machine_p, 9, {3: 0}), _rule(machine_backward_p, 11, {2: 0}))
