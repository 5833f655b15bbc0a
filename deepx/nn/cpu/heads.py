"""`heads.interact` as a JAX primitive, lowered to the kernels of `heads.cc` or else to the function that defines it.

There are three primitives: the function; its derivative, linear in the tangents, by which JAX differentiates in either
mode; and its vector-Jacobian product, which is the derivative transposed. The first and the last have kernels. Second
derivatives and all else are JAX's own differentiation of the definition.

    interact      (e, p, m)              -> (w, r, m')         e emitted [..., F], p previous and w [..., H, N],
    interact_jvp  (e, p, m, te, tp, tm)  -> (tw, tr, tm')      r read [..., R, W], m and m' memory [..., W, N];
    interact_vjp  (e, p, m, dw, dr, dm') -> (de, dp, dm)       leading axes are examples

Every bind says which function it stands for: `pure(sizes, e, p, m)`, of one leading axis.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir

from deepx.nn.cpu.lowering import Rule, targets
from deepx.nn.cpu.primitive import primitive

Array = jax.Array
Pure = Callable[[Any, Array, Array, Array], tuple[Array, Array, Array]]


def interact(pure: Pure, sizes: Any, *operands: Array) -> tuple[Array, Array, Array]:
    """`pure(sizes, emitted, previous, memory)`, by our kernel where it can serve; sizes: a `deepx.nn.heads.Sizes`."""
    if any(a.dtype != np.float32 for a in operands):
        return pure(sizes, *operands)
    return tuple(interact_p.bind(*operands, pure=pure, sizes=sizes))


def _interact(*operands: Array, pure: Pure, sizes: Any) -> tuple[Array, ...]:
    f = functools.partial(pure, sizes)
    for _ in range(operands[0].ndim - 2):
        f = jax.vmap(f)
    return f(*operands)


def _interact_jvp(*operands: Array, **params: Any) -> tuple[Array, ...]:
    return jax.jvp(functools.partial(_interact, **params), operands[:3], operands[3:])[1]


def _interact_vjp(*operands: Array, **params: Any) -> tuple[Array, ...]:
    return jax.vjp(functools.partial(_interact, **params), *operands[:3])[1](operands[3:])


def _types_of_results(emitted, previous, memory, *_, pure: Pure, sizes: Any):
    read = memory.update(shape=(*memory.shape[:-2], sizes.read_heads, sizes.slot_width))
    return [previous, read, memory]


def _types_of_operands(emitted, previous, memory, *_, pure: Pure, sizes: Any):
    return [emitted, previous, memory]


interact_p = primitive("interact", _interact, _types_of_results)
interact_jvp_p = primitive("interact_jvp", _interact_jvp, _types_of_results)
interact_vjp_p = primitive("interact_vjp", _interact_vjp, _types_of_operands)


def _differentiate(primals, tangents, **params):
    tangents = [ad.instantiate_zeros(t) for t in tangents]
    return interact_p.bind(*primals, **params), interact_jvp_p.bind(*primals, *tangents, **params)


def _transpose(cotangents, *operands, **params):
    gradients = interact_vjp_p.bind(*operands[:3], *map(ad.instantiate_zeros, cotangents), **params)
    wanted = map(ad.is_undefined_primal, operands[3:])
    return [None] * 3 + [d if want else None for d, want in zip(gradients, wanted, strict=True)]


ad.primitive_jvps[interact_p] = _differentiate
ad.primitive_transposes[interact_jvp_p] = _transpose


def _rule(of: Primitive, definition: Callable) -> Rule:
    def plan(*types, pure: Pure, sizes: Any) -> Callable:
        results = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in types[len(types) - 3 :]]
        attributes = dict(reads=np.int64(sizes.read_heads), shifts=np.int64(sizes.shifts))
        return lambda *operands: jax.ffi.ffi_call(targets("heads")[of.name], results)(*operands, **attributes)

    return Rule(of, "heads", "heads", plan, xla=mlir.lower_fun(definition, multiple_results=True))


RULES = (_rule(interact_p, _interact), _rule(interact_vjp_p, _interact_vjp))
