"""JAX primitives that stand for a function, so that a rule may lower them to something else than the function."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir, xla

_definitions: dict[Primitive, Callable] = {}


def primitive(name: str, definition: Callable, types: Callable) -> Primitive:
    """A primitive that is lowered and differentiated as its definition says, where nothing else is registered.

    definition: operands -> a tuple of results, both of any leading axes. types: the operands' types -> the results'.
    """
    made = Primitive(name)
    made.multiple_results = True
    made.def_impl(functools.partial(xla.apply_primitive, made))
    made.def_abstract_eval(types)

    def batch(operands, axes, **params):
        results = made.bind(*in_front(operands, axes), **params)
        return results, [0] * len(results)

    def jvp(primals, tangents, **params):
        tangents = [ad.instantiate_zeros(t) for t in tangents]
        return jax.jvp(functools.partial(definition, **params), primals, tuple(tangents))

    batching.primitive_batchers[made] = batch
    ad.primitive_jvps[made] = jvp
    mlir.register_lowering(made, mlir.lower_fun(definition, multiple_results=True))
    _definitions[made] = definition
    return made


def definition_of(made: Primitive) -> Callable | None:
    """The function that a primitive of ours stands for; None for JAX's own."""
    return _definitions.get(made)


def in_front(operands, axes) -> list[jax.Array]:
    """The operands with their batch axis in front; repeated along it where they have none."""
    size = next(a.shape[axis] for a, axis in zip(operands, axes, strict=True) if axis is not None)
    return [
        jnp.broadcast_to(a, (size, *a.shape)) if axis is None else jnp.moveaxis(a, axis, 0)
        for a, axis in zip(operands, axes, strict=True)
    ]
