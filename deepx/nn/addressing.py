"""Addressing an external memory (Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 3.3).

Shapes: B batch, H heads, N memory slots, W slot width, S = 2 x range + 1 shifts. Slots come last (`memory_BWN`), so
that everything done to a memory runs along its contiguous axis.

The four steps of a head's weighting, in the paper's order (Figure 2):

    content      w_c = softmax(beta K(k, M))       eq 5, 6
    interpolate  w_g = g w_c + (1 - g) w_prev      eq 7
    shift        w~  = w_g (*) s                   eq 8
    sharpen      w   = w~^gamma / sum w~^gamma     eq 9

All functions are pure and finite, in value and in gradient, on an all-zero memory and on weightings with zeros.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp

Array = jax.Array

EPSILON = 1e-6  # added to squared norms: a zero vector is similar to nothing
TINY = 1e-30  # the smallest weight sharpening distinguishes from zero


def content(key_BHW: Array, beta_BH: Array, memory_BWN: Array) -> Array:
    """Weightings by cosine similarity of keys and slots, eq 5 and 6; `beta` >= 0 is the key strength."""
    chex.assert_rank([key_BHW, beta_BH, memory_BWN], [3, 2, 3])
    dot_BHN = key_BHW @ memory_BWN
    scale_BH = beta_BH * jax.lax.rsqrt(jnp.sum(jnp.square(key_BHW), axis=2) + EPSILON)
    slot_BN = jax.lax.rsqrt(jnp.sum(jnp.square(memory_BWN), axis=1) + EPSILON)
    return jax.nn.softmax(dot_BHN * scale_BH[:, :, None] * slot_BN[:, None], axis=-1)


def interpolate(gate_BH: Array, content_BHN: Array, previous_BHN: Array) -> Array:
    """The content weighting where the gate is 1, the previous weighting where it is 0, eq 7."""
    return previous_BHN + gate_BH[:, :, None] * (content_BHN - previous_BHN)


def shift(w_BHN: Array, s_BHS: Array) -> Array:
    """Circular convolution with a distribution over the shifts -range .. range, eq 8.

    Raises ValueError if the number of shifts is even or exceeds the number of slots.
    """
    slots, shifts = w_BHN.shape[-1], s_BHS.shape[-1]
    if shifts % 2 == 0 or shifts > slots:
        raise ValueError(f"the shifts must be an odd number of at most {slots} slots, not {shifts}")
    r = shifts // 2
    around = jnp.concatenate([w_BHN[..., slots - r :], w_BHN, w_BHN[..., :r]], axis=-1)
    # w~(i) = sum_j w(i - j) s(j); s(j) is stored at j + r, w(i - j) at i - j + r.
    shifted = (s_BHS[..., j + r, None] * around[..., r - j : r - j + slots] for j in range(-r, r + 1))
    return sum(shifted)  # pyrefly: ignore[bad-return]  # never a sum of nothing


def sharpen(w_BHN: Array, gamma_BH: Array) -> Array:
    """Weightings to the power of gamma >= 1, normalised, eq 9; computed in logarithms, so nothing underflows to 0/0."""
    return jax.nn.softmax(gamma_BH[:, :, None] * jnp.log(jnp.maximum(w_BHN, TINY)), axis=-1)
