"""`sentences.look_up` and `sentences.count` as JAX primitives, each the other's transpose, lowered to the kernels of
`sentences.cc` or else to products with the matrices X, which XLA then forms once for all of them.

    look_up  (words [..., S, J], weights [N, J, 2], table [..., 2, V])  -> scores [..., S]
    count    (words [..., S, J], weights [N, J, 2], shares [..., S])    -> counts [..., 2, V]

Leading axes are examples. Weights are constants, the same in all examples.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from deepx.nn.cpu.lowering import Rule, targets
from deepx.nn.cpu.primitive import in_front, primitive

Array = jax.Array


def look_up(words: Array, weights: Array, table: Array) -> Array:
    """The scores of sentences, by our kernel where it can serve."""
    return _bind(look_up_p, words, weights, table, vocabulary=table.shape[-1])


def count(words: Array, weights: Array, shares: Array, vocabulary: int) -> Array:
    """The weighted counts of `vocabulary` words, by our kernel where it can serve."""
    return _bind(count_p, words, weights, shares, vocabulary=vocabulary)


def _bind(of: Primitive, words: Array, weights: Array, x: Array, *, vocabulary: int) -> Array:
    weights = jax.lax.stop_gradient(jnp.asarray(weights, x.dtype))
    return of.bind(jnp.asarray(words, np.int32), weights, x, vocabulary=vocabulary)[0]


def matrices(words: Array, weights: Array, vocabulary: int) -> Array:
    """X, [..., S, 2, V]. Adding up has one order only where no word stands more than twice in a sentence."""
    flat = words.reshape(-1, words.shape[-1])
    present = flat > 0
    weights = weights[present.sum(-1)] * present[..., None]
    row = jnp.arange(flat.shape[0])[:, None]
    X = jnp.zeros((flat.shape[0], 2, vocabulary), weights.dtype).at[row, :, flat].add(weights, mode="drop")
    return X.reshape(*words.shape[:-1], 2, vocabulary)


def _look_up(words: Array, weights: Array, table: Array, *, vocabulary: int) -> tuple[Array]:
    return (jnp.einsum("...SCV,...CV->...S", matrices(words, weights, vocabulary), table),)


def _count(words: Array, weights: Array, shares: Array, *, vocabulary: int) -> tuple[Array]:
    return (jnp.einsum("...S,...SCV->...CV", shares, matrices(words, weights, vocabulary)),)


def _type_of_scores(words, weights, table, *, vocabulary: int):
    return [table.update(shape=words.shape[:-1])]


def _type_of_counts(words, weights, shares, *, vocabulary: int):
    return [shares.update(shape=(*shares.shape[:-1], 2, vocabulary))]


look_up_p = primitive("look_up", _look_up, _type_of_scores)
count_p = primitive("count", _count, _type_of_counts)


def _linear(of: Primitive, transposed: Primitive) -> None:
    """Lets JAX know that the primitive is linear in its last operand, and what its transpose is."""

    def batch(operands, axes, **params):
        words, weights, x = operands
        if axes[1] is not None:
            raise NotImplementedError(f"the weights of {of.name} are the same in all examples")
        words, x = in_front((words, x), (axes[0], axes[2]))
        return of.bind(words, weights, x, **params), [0]

    def jvp(primals, tangents, **params):
        words, weights, x = primals
        tangent = ad.instantiate_zeros(tangents[2])
        return of.bind(*primals, **params), of.bind(words, weights, tangent, **params)

    def transpose(cotangents, words, weights, x, **params):
        return [None, None, *transposed.bind(words, weights, ad.instantiate_zeros(cotangents[0]), **params)]

    batching.primitive_batchers[of] = batch
    ad.primitive_jvps[of] = jvp
    ad.primitive_transposes[of] = transpose


_linear(look_up_p, transposed=count_p)
_linear(count_p, transposed=look_up_p)


def _rule(of: Primitive, definition: Callable) -> Rule:
    def plan(words, weights, x, result, *, vocabulary: int) -> Callable | None:
        if x.dtype != np.float32:
            return None
        return jax.ffi.ffi_call(targets("sentences")[of.name], [jax.ShapeDtypeStruct(result.shape, result.dtype)])

    return Rule(of, "sentences", "sentences", plan, xla=mlir.lower_fun(definition, multiple_results=True))


RULES = (_rule(look_up_p, _look_up), _rule(count_p, _count))
