"""Batch normalisation (Ioffe & Szegedy 2015, arXiv 1502.03167) with a backward pass written by hand.

Differentiated by JAX, the layer stores the centred batch for the backward pass and makes more passes over memory than
it needs. By hand, nothing is stored but the input, which the layer before has stored anyway: with sums over the
m = N H W values of a channel, r = 1 / sqrt(var + epsilon), x^ = (x - mean) r,

    y    = x^ gamma + beta                                                                      (Algorithm 1)
    dx   = gamma r (dy - sum(dy) / m - x^ sum(dy x^) / m)                             (section 3, simplified)

which reads x and dy twice, and writes dx once.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

Array = jax.Array


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def normalise(x: Array, gamma: Array, beta: Array, epsilon: float) -> tuple[Array, Array, Array]:
    """The batch x [..., C] normalised over all axes but the last, and its mean and (biased) variance [C].

    The moments are for running averages: no gradient flows through these two outputs.
    """
    return _forward(x, gamma, beta, epsilon)[0]


def _forward(x: Array, gamma: Array, beta: Array, epsilon: float):
    axes = tuple(range(x.ndim - 1))
    wide = _wide(x)
    mean = wide.mean(axes)
    var = jnp.maximum(jnp.square(wide).mean(axes) - jnp.square(mean), 0)
    r = jax.lax.rsqrt(var + epsilon)
    return (affine(x, mean, r, gamma, beta), mean, var), (x, gamma, mean, r)


def _backward(epsilon: float, residuals, cotangents):
    stored, gamma, mean, r = residuals
    x, dy = _wide(stored), _wide(cotangents[0])
    axes, m = tuple(range(x.ndim - 1)), x.size / x.shape[-1]
    sum_dy = dy.sum(axes)
    sum_dy_xhat = ((dy * x).sum(axes) - mean * sum_dy) * r
    slope = gamma * r
    of_x = -slope * r * sum_dy_xhat / m
    dx = dy * slope + x * of_x - (slope * sum_dy / m + mean * of_x)
    return dx.astype(stored.dtype), sum_dy_xhat.astype(gamma.dtype), sum_dy.astype(gamma.dtype)


normalise.defvjp(_forward, _backward)


def normalise_groups(x: Array, gamma: Array, beta: Array, epsilon: float, groups: int) -> tuple[Array, Array, Array]:
    """`normalise` within each of `groups` equal parts of the batch; the moments are means over the parts."""
    if groups == 1:
        return normalise(x, gamma, beta, epsilon)
    if len(x) % groups:
        raise ValueError(f"a batch of {len(x)} cannot be normalised in {groups} equal groups")
    parts = x.reshape(groups, -1, *x.shape[1:])
    y, mean, var = jax.vmap(lambda part: normalise(part, gamma, beta, epsilon))(parts)
    return y.reshape(x.shape), mean.mean(0), var.mean(0)


def affine(x: Array, mean: Array, r: Array, gamma: Array, beta: Array) -> Array:
    """(x - mean) r gamma + beta, as one product and one sum an element, in the type of x."""
    slope = gamma * r
    return (x * slope + (beta - mean * slope)).astype(x.dtype)


def _wide(x: Array) -> Array:
    """Sums over a batch are float32 also where activations are bfloat16; what is stored stays as short as it was."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


class BatchNorm(nn.Module):
    """`flax.linen.BatchNorm` over all axes but the last: the same variables, the same numbers.

    use_running_average: normalise by the running moments, in evaluation. momentum: of their exponential averages.
    groups: parts of a batch that are normalised each by itself, as by devices that keep their statistics to themselves
    (`jax.pmap` without a mean over them); the running averages are of the mean over the parts.
    """

    use_running_average: bool
    momentum: float = 0.99
    epsilon: float = 1e-5
    groups: int = 1
    scale_init: Any = nn.initializers.ones

    @nn.compact
    def __call__(self, x: Array) -> Array:
        channels = x.shape[-1:]
        gamma = self.param("scale", self.scale_init, channels)
        beta = self.param("bias", nn.initializers.zeros, channels)
        mean = self.variable("batch_stats", "mean", jnp.zeros, channels)
        var = self.variable("batch_stats", "var", jnp.ones, channels)
        if self.use_running_average:
            return affine(x, mean.value, jax.lax.rsqrt(var.value + self.epsilon), gamma, beta)
        y, *moments = normalise_groups(x, gamma, beta, self.epsilon, self.groups)
        if not self.is_initializing():
            for running, new in zip((mean, var), moments, strict=True):
                running.value = self.momentum * running.value + (1 - self.momentum) * new
        return y
