"""What a program costs, counted from its jaxpr: FLOPs, and bytes to and from memory, with loops as often as they run.

XLA's own `cost_analysis` counts the body of a loop once, however often it runs. Here

- `scan` counts its body times its length, `cond` and `switch` their dearest branch;
- a `while` loop, whose length no jaxpr tells, counts once, and `open_loops` says that there was one;
- a dot or convolution counts two FLOPs a multiplication; taps of a convolution on the padding, or on the zeros of a
  dilation, count none;
- other arithmetic counts one FLOP an element of its result, a reduction one an element of its operand;
- `shard_map` counts its body, which is one device's, times the devices.

Bytes are those of a program whose elementwise operations are all fused into what reads their results: what dots,
convolutions and reductions read and write, the rows that gathers and scatters move, and what a loop carries from one
iteration to the next. So they are few; a compiler moves more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import partial_eval

from deepx.nn.cpu.primitive import definition_of


class Cost(NamedTuple):
    """products: FLOPs of dots and convolutions by the type of their operands, 'float32'. elementwise: all others.
    bytes: to and from memory. open_loops: loops of unknown length, counted once. choices: conditionals whose branches
    have different products, of which the dearest counts."""

    products: Counter[str] = Counter()
    elementwise: float = 0
    bytes: float = 0
    open_loops: int = 0
    choices: int = 0

    @property
    def flops(self) -> float:
        return self.products.total() + self.elementwise

    def __add__(self, other: Cost) -> Cost:  # pyrefly: ignore[bad-override]  # a sum, not a longer tuple
        return Cost(
            self.products + other.products,
            self.elementwise + other.elementwise,
            self.bytes + other.bytes,
            self.open_loops + other.open_loops,
            self.choices + other.choices,
        )

    def times(self, n: float) -> Cost:
        """The cost of `n` times the same; loops and choices are still as many."""
        products = Counter({t: n * f for t, f in self.products.items()})
        return self._replace(products=products, elementwise=n * self.elementwise, bytes=n * self.bytes)


def count(jaxpr: Any) -> Cost:
    """The cost of a jaxpr (`jax.make_jaxpr`, or `jaxpr` of `jax.jit(f).trace(...)`), without what no result needs."""
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    return _all(partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))[0])


def size(*types: Any) -> int:
    """The bytes of arrays of these types; keys count as what they are made of, tokens nothing."""
    return sum(math.prod(a.shape) * a.dtype.itemsize for a in types if hasattr(a, "shape"))


def _all(jaxpr: Any) -> Cost:
    return sum(map(_of, getattr(jaxpr, "jaxpr", jaxpr).eqns), Cost())


def _of(equation: Any) -> Cost:
    name, params = equation.primitive.name, equation.params
    inputs, outputs = [v.aval for v in equation.invars], [v.aval for v in equation.outvars]
    definition = definition_of(equation.primitive)
    if definition is not None:
        shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in inputs]
        return count(jax.make_jaxpr(partial(definition, **params))(*shapes))
    if name in _CONTROL:
        return _CONTROL[name](equation)
    for inner in ("jaxpr", "call_jaxpr"):  # jit, remat, custom_jvp_call, custom_vjp_call, ...
        if hasattr(getattr(params.get(inner), "jaxpr", params.get(inner)), "eqns"):
            return _all(params[inner])
    if name in _PRODUCTS:
        flops = _PRODUCTS[name](inputs, outputs, params)
        return Cost(Counter({str(inputs[0].dtype): flops}), bytes=size(*inputs, *outputs))
    if name in ("gather", "dynamic_slice"):
        return Cost(bytes=2 * size(*outputs))
    if name == "dynamic_update_slice":
        return Cost(bytes=2 * size(inputs[1]))
    if name.startswith("scatter"):
        added = _elements(inputs[2]) if name != "scatter" else 0
        return Cost(elementwise=added, bytes=3 * size(inputs[2]))
    if name.startswith(("reduce_", "arg", "cum")) and not name.startswith("reduce_precision") or name == "sort":
        return Cost(elementwise=_elements(inputs[0]), bytes=size(*inputs, *outputs))
    return Cost(elementwise=0 if name in _MOVING else sum(_elements(a) for a in outputs if _floating(a)))


def _scan(equation: Any) -> Cost:
    params = equation.params
    first, n = params["num_consts"], params["num_carry"]
    carried = size(*(v.aval for v in equation.invars[first : first + n]))
    stacked = size(*(v.aval for v in [*equation.invars[first + n :], *equation.outvars[n:]]))
    return _all(params["jaxpr"]).times(params["length"]) + Cost(bytes=2 * carried * params["length"] + stacked)


def _while(equation: Any) -> Cost:
    params = equation.params
    return _all(params["cond_jaxpr"]) + _all(params["body_jaxpr"]) + Cost(open_loops=1)


def _cond(equation: Any) -> Cost:
    branches = list(map(_all, equation.params["branches"]))
    dearest = max(branches, key=lambda cost: (cost.flops, cost.bytes))
    return dearest + Cost(choices=int(any(branch.products != dearest.products for branch in branches)))


def _shard_map(equation: Any) -> Cost:
    mesh, axes = equation.params["mesh"], equation.params["newly_manual_axes"]
    return _all(equation.params["jaxpr"]).times(math.prod(mesh.shape[axis] for axis in axes))


def _dot(inputs: list[Any], outputs: list[Any], params: dict[str, Any]) -> int:
    (contracted, _), _ = params["dimension_numbers"]
    return 2 * _elements(outputs[0]) * math.prod(inputs[0].shape[axis] for axis in contracted)


def _convolution(inputs: list[Any], outputs: list[Any], params: dict[str, Any]) -> int:
    numbers = params["dimension_numbers"]
    left, right, out = inputs[0].shape, inputs[1].shape, outputs[0].shape
    pairs = 1  # of an output's position and a tap of the kernel that meet the input
    for d, (low, _) in enumerate(params["padding"]):
        stride, spread, apart = (params[f"{k}"][d] for k in ("window_strides", "lhs_dilation", "rhs_dilation"))
        output, tap = np.arange(out[numbers.out_spec[2 + d]]), np.arange(right[numbers.rhs_spec[2 + d]])
        place = output[:, None] * stride + tap * apart - low
        pairs *= int(np.sum((place >= 0) & (place % spread == 0) & (place // spread < left[numbers.lhs_spec[2 + d]])))
    return 2 * pairs * out[numbers.out_spec[0]] * out[numbers.out_spec[1]] * right[numbers.rhs_spec[1]]


def _elements(array: Any) -> int:
    return math.prod(getattr(array, "shape", ()))


def _floating(array: Any) -> bool:
    return hasattr(array, "dtype") and jnp.issubdtype(array.dtype, jnp.inexact)


_CONTROL: dict[str, Callable[[Any], Cost]] = {"scan": _scan, "while": _while, "cond": _cond, "shard_map": _shard_map}
_PRODUCTS = {"dot_general": _dot, "conv_general_dilated": _convolution}
_MOVING = {  # results that are operands in another place, or in another form
    *("broadcast_in_dim", "concatenate", "convert_element_type", "copy", "copy_p", "device_put", "expand_dims", "iota"),
    *("optimization_barrier", "pad", "reshape", "rev", "select_n", "sharding_constraint", "slice", "split", "squeeze"),
    *("stop_gradient", "transpose", "bitcast_convert_type", "layout_constraint", "copy_to_host", "reduce_precision"),
}
