"""The LSTM's loop through time and its backward loop as JAX primitives, lowered to the kernels of `lstm.cc` or else to
the functions that define them.

    lstm           (W, gates, h0, c0, there)             -> (z, h, c)         W [..., C, G]; gates, z [..., T, B, G];
    lstm_backward  (W, z, c0, c, there, dh, dh_T, dc_T)  -> (dz, dh0, dc0)    h, c [..., T, B, C]; h0 [..., B, C];
                                                                              there [..., T, B]

Leading axes are nets. h, c and z, the gates before their non-linearities, are those of every step; h0 and c0 stand
before the first. Gradients of outputs are dh, of every step, and dh_T, dc_T, of the state after the last.

Every bind says which function of one net it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import mlir

from deepx.nn.cpu.lowering import Rule, targets
from deepx.nn.cpu.primitive import primitive

Array = jax.Array
Pure = Callable[..., tuple[Array, Array, Array]]


def forward(pure: Pure, *operands: Array) -> tuple[Array, Array, Array]:
    """`pure(W, gates, h0, c0, there)`, by our kernel where it can serve."""
    return tuple(lstm_p.bind(*operands, pure=pure))


def backward(pure: Pure, *operands: Array) -> tuple[Array, Array, Array]:
    """`pure(W, z, c0, c, there, dh, dh_T, dc_T)`, by our kernel where it can serve."""
    return tuple(lstm_backward_p.bind(*operands, pure=pure))


def _definition(*operands: Array, pure: Pure) -> tuple[Array, ...]:
    for _ in range(operands[0].ndim - 2):
        pure = jax.vmap(pure)
    return pure(*operands)


def _types_forward(kernel, gates, h0, c0, there, *, pure: Pure):
    cells = gates.update(shape=(*gates.shape[:-1], h0.shape[-1]))
    return [gates, cells, cells]


def _types_backward(kernel, z, c0, c, there, dh, dh_last, dc_last, *, pure: Pure):
    return [z, dh_last, dc_last]


lstm_p = primitive("lstm", _definition, _types_forward)
lstm_backward_p = primitive("lstm_backward", _definition, _types_backward)


def _rule(of: Primitive) -> Rule:
    def plan(*types, pure: Pure) -> Callable | None:
        if any(a.dtype != np.float32 and a.dtype != np.bool_ or 0 in a.shape for a in types):
            return None
        results = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in types[len(types) - 3 :]]
        in_place = {1: 0}  # gates become z, and z dz, where nothing else needs them

        def call(*operands: Array) -> Sequence[Array]:
            return jax.ffi.ffi_call(targets("lstm")[of.name], results, input_output_aliases=in_place)(*operands)

        return call

    return Rule(of, "lstm", "lstm", plan, xla=mlir.lower_fun(_definition, multiple_results=True))


RULES = (_rule(lstm_p), _rule(lstm_backward_p))
