"""Sequences of words as arrays of numbers: 0 is no word and stands after the last one; 1 ends a sentence.

A source stands without its end, a target with it: the decoder starts on the end, and says it last (Sutskever 2014,
arXiv 1409.3215, figure 1). Shapes: B batch, T places.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

Array = jax.Array

NONE, END = 0, 1


def lengths(words_BT: Array) -> Array:
    """Words of each sentence [B]."""
    return (words_BT != NONE).sum(-1)


def backwards(words_BT: Array) -> Array:
    """Every sentence from its last word to its first; the padding stays at the end."""
    length_B1, places_T = lengths(words_BT)[:, None], jnp.arange(words_BT.shape[1])
    return jnp.take_along_axis(words_BT, jnp.where(places_T < length_B1, length_B1 - 1 - places_T, places_T), axis=1)


def before(target_BT: Array) -> Array:
    """What a decoder is given to say `target_BT` [B, T]: a, b, end is said to end, a, b."""
    return jnp.pad(target_BT[:, :-1], ((0, 0), (1, 0)), constant_values=END)


def ended(words_BT: Array) -> Array:
    """A source as a target [B, T + 1]: with its end."""
    ends = jnp.arange(words_BT.shape[1] + 1) == lengths(words_BT)[:, None]
    return jnp.where(ends, END, jnp.pad(words_BT, ((0, 0), (0, 1)), constant_values=NONE))


def unended(target_BT: Array) -> Array:
    """A target as a source [B, T]: without its end."""
    return jnp.where(target_BT == END, NONE, target_BT)
