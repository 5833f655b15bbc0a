"""`lax.conv_general_dilated` on the CPU, lowered to the kernels of `convolution.cc` instead of to XLA's own.

Nothing changes at a call: every convolution that a program compiles for one CPU device after `enable()` is lowered so
where it can be: float32, two spatial axes, one feature group, no axis both strided and dilated. All else is left to
XLA, and so are programs that the partitioner divides over several devices (inside `shard_map` ours serve), and exported
ones. Differentiation, batching and rematerialisation stay JAX's own, since they happen before lowering.

The kernels know one layout, NHWC and HWIO, and two passes; `plan` brings a convolution into this form.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax.convolution import _conv_general_dilated_lower  # tests/cpu_test.py says when a new jax moves it
from jax._src.sharding_impls import ShardingContext, SPMDAxisContext
from jax.interpreters import mlir

from deepx.nn.cpu import build

SWITCH = "DEEPX_CPU_CONVOLUTIONS"  # environment: "native", the default, or "xla"

Kernel = Callable[[jax.Array, jax.Array], jax.Array]

_xla = functools.partial(_conv_general_dilated_lower, expand_complex_convolutions=True)  # as jax registers it
_rule = _xla  # what `enable` has set
_lowered: set[str] = set()


def enable() -> None:
    """Lowers convolutions on the CPU to our kernels from now on, unless DEEPX_CPU_CONVOLUTIONS=xla says otherwise.

    Programs compiled before are forgotten. The kernels are compiled when the first convolution needs them; where that
    is not possible, one line says why, and XLA's own serve. Raises ValueError for another value of the variable.
    """
    wanted = os.environ.get(SWITCH) or "native"
    if wanted not in ("native", "xla"):
        raise ValueError(f"{SWITCH} is {wanted!r}; it must be 'native' or 'xla'.")
    global _rule
    _rule = _lower if wanted == "native" else _xla
    mlir.register_lowering(lax.conv_general_dilated_p, _rule, platform="cpu")
    jax.clear_caches()


@contextmanager
def disabled() -> Iterator[None]:
    """XLA's own convolutions in functions that are compiled for the first time meanwhile."""
    mlir.register_lowering(lax.conv_general_dilated_p, _xla, platform="cpu")
    try:
        yield
    finally:
        mlir.register_lowering(lax.conv_general_dilated_p, _rule, platform="cpu")


def lowered() -> str:
    """What the convolutions that this process compiled became: 'native (AVX-512)', 'xla', both, or 'none'."""
    return " and ".join(sorted(_lowered)) or "none"


def threads() -> int:
    """The threads of XLA's pool on the CPU, which also run our kernels."""
    return max(int(os.environ.get("NPROC") or len(os.sched_getaffinity(0))), jax.local_device_count("cpu"))


def _lower(ctx: mlir.LoweringRuleContext, lhs, rhs, **params):
    kernel = plan(*ctx.avals_in, *ctx.avals_out, **params) if _one_device(ctx.module_context) else None
    found = kernel and targets()
    if not found:
        _lowered.add("xla")
        return _xla(ctx, lhs, rhs, **params)
    _lowered.add(f"native ({found['instructions']})")
    return mlir.lower_fun(kernel, multiple_results=False)(ctx, lhs, rhs)


def _one_device(module: mlir.ModuleContext) -> bool:
    """Whether the program is for this process and one CPU device, or says itself what each device does."""
    context = module.axis_context
    if module.lowering_parameters.for_export or tuple(module.platforms) != ("cpu",):
        return False
    if isinstance(context, SPMDAxisContext):
        return context.manual_axes == frozenset(context.mesh.axis_names)
    return isinstance(context, ShardingContext) and context.num_devices == 1


@functools.cache
def targets() -> dict[str, str] | None:
    """Names of the kernels as XLA knows them, and their `instructions`; None, said once, where they cannot be had."""
    try:
        instructions = build.instructions()
        library = build.library(instructions)
    except build.Unavailable as reason:
        print(f"Convolutions are XLA's own, which train about three times slower: {reason}.", file=sys.stderr)
        return None
    # The key is in the name, so that no executable in jax's compilation cache ever meets kernels of another source.
    names = {name: f"deepx_{name}_{build.key(instructions)}" for name in ("convolve", "weight_gradient")}
    jax.ffi.register_ffi_target(names["convolve"], jax.ffi.pycapsule(library.DeepxConvolve), platform="cpu")
    jax.ffi.register_ffi_target(
        names["weight_gradient"], jax.ffi.pycapsule(library.DeepxWeightGradient), platform="cpu"
    )
    return {**names, "instructions": instructions}


def plan(lhs, rhs, out, **params: Any) -> Kernel | None:
    """The convolution of these shapes by our kernels, as a function of its operands; None where it is not for them.

    A gradient with respect to a kernel is, in JAX, a convolution whose batch is the channels: it can be told by its
    layout, in which the batch lies inside the features. Both passes are correct for either; the choice is for speed.
    """
    layout = params["dimension_numbers"]
    if any(a.dtype != np.float32 or len(a.shape) != 4 or 0 in a.shape for a in (lhs, rhs, out)):
        return None
    if params["feature_group_count"] != 1 or params["batch_group_count"] != 1:
        return None
    stride, dilation, reach = (
        np.array(params[name], np.int64) for name in ("window_strides", "lhs_dilation", "rhs_dilation")
    )
    pad = np.array([low for low, _ in params["padding"]], np.int64)
    batch, feature, *space = layout.lhs_spec
    kernel_out, kernel_in, *kernel_space = layout.rhs_spec
    axes = dict(stride=stride, dilation=dilation, reach=reach, pad=pad)
    if batch < feature:
        if np.any((stride > 1) & (dilation > 1)):
            return None
        return functools.partial(
            _convolve, out, (batch, *space, feature), (*kernel_space, kernel_in, kernel_out), layout.out_spec, axes
        )
    if np.any(dilation > 1) and (np.any(stride > 1) or np.any(reach > 1)):
        return None
    return functools.partial(
        _weight_gradient, out, (feature, *space, batch), (kernel_in, *kernel_space, kernel_out), layout.out_spec, axes
    )


def _convolve(out, to_nhwc, to_hwio, out_spec, axes, lhs, rhs):
    x, w = lhs.transpose(to_nhwc), rhs.transpose(to_hwio)
    batch, feature, *space = out_spec
    from_nhwc = (batch, *space, feature)  # axis of `out` that each axis of the result is
    y = _call("convolve", [out.shape[a] for a in from_nhwc], x, w, **axes)
    return y.transpose(np.argsort(from_nhwc))


def _weight_gradient(out, to_nhwc, to_nhwk, out_spec, axes, lhs, rhs):
    """The roles of stride and reach are exchanged: what steps through the image from term to term is `reach`."""
    x, y = lhs.transpose(to_nhwc), rhs.transpose(to_nhwk)
    channel, feature, *space = out_spec
    from_hwck = (*space, channel, feature)
    *taps, channels, features = (out.shape[a] for a in from_hwck)
    axes = dict(stride=axes["reach"], reach=axes["stride"], pad=axes["pad"]) | {"dilation": axes["dilation"]}
    dilation = axes.pop("dilation")
    if np.all(dilation == 1):
        w = _call("weight_gradient", [*taps, channels, features], x, y, **axes)
    else:  # of a transposed convolution: x is the smaller image. Exchanged, the sum runs over its pixels, taps reversed
        pad = np.array(taps) - 1 - axes["pad"]
        w = _call("weight_gradient", [*taps, features, channels], y, x, stride=dilation, reach=axes["reach"], pad=pad)
        w = jnp.flip(w, (0, 1)).swapaxes(2, 3)
    return w.transpose(np.argsort(from_hwck))


def _call(name: str, shape, *operands: jax.Array, **attributes: np.ndarray) -> jax.Array:
    return jax.ffi.ffi_call(targets()[name], jax.ShapeDtypeStruct(tuple(shape), jnp.float32))(*operands, **attributes)
