"""The algorithmic tasks of Graves, Wayne, Danihelka (2014), section 4, sampled on the device.

Shapes: B batch, T time, L longest sequence, V bits of a vector. A sampler compiles once for all lengths: sequences are
padded with zeros behind their end, and the mask says which outputs are judged.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array


class Batch(NamedTuple):
    """Inputs [B, T, I], the bits wanted [B, T, O], and where they are wanted [B, T], 0 or 1. All float32."""

    inputs_BTI: Array
    targets_BTO: Array
    mask_BT: Array


def copy(
    key: Array, *, batch_size: int, bits: int, min_length: int, max_length: int, padded_length: int | None = None
) -> Batch:
    """Random vectors, a delimiter, then silence in which the vectors are to be repeated (section 4.1).

    A sequence of length n, drawn uniformly from min_length .. max_length for every sequence, takes 2n + 1 time steps: n
    vectors on the first `bits` channels, one step with the last channel 1, n steps of zeros. `padded_length` (default:
    max_length) sets T = 2 x padded_length + 1, so that ranges of lengths can share one compiled shape.

    Raises ValueError if a length is below 1, min_length > max_length, or max_length > padded_length.
    """
    padded_length = max_length if padded_length is None else padded_length
    if not 1 <= min_length <= max_length <= padded_length:
        raise ValueError(
            f"lengths must satisfy 1 <= min_length <= max_length <= padded_length, not "
            f"{min_length}, {max_length}, {padded_length}"
        )
    if batch_size < 1 or bits < 1:
        raise ValueError(f"batch_size and bits must be at least 1, not {batch_size} and {bits}")
    length_key, bits_key = jax.random.split(key)
    length_B11 = jax.random.randint(length_key, (batch_size, 1, 1), min_length, max_length + 1)
    drawn_BLV = jax.random.bernoulli(bits_key, shape=(batch_size, padded_length, bits)).astype(jnp.float32)
    time_T1 = jnp.arange(2 * padded_length + 1)[:, None]

    vectors_BTV = jnp.pad(drawn_BLV, ((0, 0), (0, padded_length + 1), (0, 0))) * (time_T1 < length_B11)
    delimiter_BT1 = (time_T1 == length_B11).astype(jnp.float32)
    wanted_BT1 = (time_T1 > length_B11) & (time_T1 <= 2 * length_B11)
    source_BT1 = jnp.where(wanted_BT1, time_T1 - length_B11 - 1, 0)
    targets_BTV = jnp.take_along_axis(vectors_BTV, source_BT1, axis=1) * wanted_BT1
    return Batch(
        jnp.concatenate([vectors_BTV, delimiter_BT1], axis=2), targets_BTV, wanted_BT1[..., 0].astype(jnp.float32)
    )
