"""`lax.conv_general_dilated` on the CPU, lowered to the kernels of `convolution.cc` instead of to XLA's own.

Nothing changes at a call: every convolution that a program compiles after `kernels.enable()` is lowered so where it can
be: float32, two spatial axes, one feature group, no axis both strided and dilated. All else is left to XLA.
Differentiation, batching and rematerialisation stay JAX's own, since they happen before lowering.

The kernels know one layout, NHWC and HWIO, and two passes; `plan` brings a convolution into this form.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax.convolution import _conv_general_dilated_lower  # tests/cpu_convolution_test.py tells if jax moves it

from deepx.nn.cpu.lowering import Rule, targets

Kernel = Callable[[jax.Array, jax.Array], jax.Array]


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
    stride, reach, pad, dilation = axes["reach"], axes["stride"], axes["pad"], axes["dilation"]
    if np.all(dilation == 1):
        w = _call("weight_gradient", [*taps, channels, features], x, y, stride=stride, reach=reach, pad=pad)
    else:  # of a transposed convolution: x is the smaller image. Exchanged, the sum runs over its pixels, taps reversed
        pad = np.array(taps) - 1 - pad
        w = _call("weight_gradient", [*taps, features, channels], y, x, stride=dilation, reach=reach, pad=pad)
        w = jnp.flip(w, (0, 1)).swapaxes(2, 3)
    return w.transpose(np.argsort(from_hwck))


def _call(name: str, shape, *operands: jax.Array, **attributes: np.ndarray) -> jax.Array:
    result = jax.ShapeDtypeStruct(tuple(shape), jnp.float32)
    return jax.ffi.ffi_call(targets("convolution")[name], result)(*operands, **attributes)


RULE = Rule(
    lax.conv_general_dilated_p,
    "convolution",
    "convolution",
    plan,
    xla=functools.partial(_conv_general_dilated_lower, expand_complex_convolutions=True),  # as jax registers it
)
