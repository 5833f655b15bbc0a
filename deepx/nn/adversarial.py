"""The two-player game of Goodfellow et al. 2014 (arXiv 1406.2661), as losses on the discriminator's logits.

D(x) = sigmoid(logit) is the probability that x came from the data. All functions take logits [N], and average over N.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array

VALUE_AT_OPTIMUM = -math.log(4)  # theorem 1: where the generator's density is the data's, D = 1/2 everywhere


class GenDisc(NamedTuple):
    """Something of the generator, and the same of the discriminator: parameters, statistics, optimisers."""

    gen: Any
    disc: Any


def variables(params: GenDisc, stats: GenDisc) -> GenDisc:
    """Both nets' Flax variables, {"params", "batch_stats"} each."""
    return GenDisc(*({"params": p, "batch_stats": s} for p, s in zip(params, stats, strict=True)))


def parts(of_both: GenDisc) -> tuple[GenDisc, GenDisc]:
    """Both nets' parameters and both nets' batch statistics, of their Flax variables."""
    gen, disc = of_both
    return GenDisc(gen["params"], disc["params"]), GenDisc(gen["batch_stats"], disc["batch_stats"])


def log_real(logits_N: Array, smoothing: float = 0.0) -> Array:
    """E log D(x), or E [(1 - s) log D(x) + s log(1 - D(x))]: the target of real examples lowered to 1 - s.

    Only of the real ones: Salimans et al. 2016 (arXiv 1606.03498), section 3.4.
    """
    return -jnp.mean((1 - smoothing) * jax.nn.softplus(-logits_N) + smoothing * jax.nn.softplus(logits_N))


def log_fake(logits_N: Array) -> Array:
    """E log(1 - D(x))."""
    return -jnp.mean(jax.nn.softplus(logits_N))


def value(real_N: Array, fake_N: Array) -> Array:
    """V(D, G) of equation 1, in nats."""
    return log_real(real_N) + log_fake(fake_N)


def discriminator_loss(real_N: Array, fake_N: Array, smoothing: float = 0.0) -> Array:
    """-V(D, G), with the target of real examples lowered to 1 - `smoothing`."""
    return -(log_real(real_N, smoothing) + log_fake(fake_N))


def minimax(fake_N: Array) -> Array:
    """What the generator minimises in equation 1: E log(1 - D(G(z))). Its gradient dies where D is sure."""
    return log_fake(fake_N)


def non_saturating(fake_N: Array) -> Array:
    """What it minimises in practice (section 3): -E log D(G(z)). The same fixed point, stronger gradients early."""
    return -log_real(fake_N)


GENERATOR_LOSSES = {"minimax": minimax, "non_saturating": non_saturating}
