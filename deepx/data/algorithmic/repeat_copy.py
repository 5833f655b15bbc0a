"""Repeat copy (section 4.2): say it again so many times, then say that it is done. Letters as in the package.

The paper names a channel of the repeat count and an end marker, but no width of the input. Its Table 3 does: an LSTM
with learned initial states, without peepholes, whose every layer sees the input and is seen by the output, has

    4n (I + n + 1) + 2 x 4n (I + 2n + 1) + 6n + (3n + 1) O        parameters in 3 layers of n cells

which for repeat copy, n = 512, is the 5,312,007 printed for I = 8 and O = 7 alone, and likewise the number printed for
copy (10, 9), associative recall (8, 6), N-grams (1, 1) and, if its 384,424 is a slip for 348,424, priority sort
(10, 8). So O = bits + 1, I = bits + 2: the count, and a start symbol as in the authors' later code (github.com/
google-deepmind/dnc, repeat_copy.py). That code, and the count, take vectors of 6 bits where the text says 8.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import Count, at_least_one, draw, longest, pick, random_bits
from deepx.data.algorithmic.text import Form, vectors, words


def sizes(*, bits: int = 8) -> tuple[int, int]:
    """The vector, a start symbol and the repeat count in; the vector and an end marker out."""
    return bits + 2, bits + 1


def normalised(repeats: Array, normal_repeats: int) -> Array:
    """Repeats with mean 0 and variance 1 if uniform on 1 .. normal_repeats; larger counts continue the scale."""
    return (repeats - (normal_repeats + 1) / 2) / jnp.sqrt((normal_repeats**2 - 1) / 12)


def sample(
    key: Array,
    *,
    batch_size: int,
    bits: int = 8,
    min_length: Count = 1,
    max_length: Count = 10,
    padded_length: int | None = None,
    min_repeats: Count = 1,
    max_repeats: Count = 10,
    padded_repeats: int | None = None,
    normal_repeats: int = 10,
) -> Batch:
    """A start symbol, random vectors, the repeat count, then silence for the vectors so many times and an end marker.

    A sequence of length n with r repeats, both uniform and drawn for every sequence, takes n + 2 + r n + 1 time steps.
    Channels of the input: `bits` of the vector, the start symbol, the count as `normalised`; of the output: `bits` of
    the vector, the end marker, which is 0 until the last step, where the bits are 0. All of it is judged. T =
    L x (R + 1) + 3 of the padded length L and repeats R (default: the maxima).

    Raises ValueError if a size is below 1, normal_repeats below 2, or unless 1 <= min <= max <= padded of both ranges.
    """
    at_least_one(batch_size=batch_size, bits=bits)
    if normal_repeats < 2:
        raise ValueError(f"normal_repeats must be at least 2, for one count has no variance, not {normal_repeats}")
    padded_length = longest(padded_length, max_length, "length")
    padded_repeats = longest(padded_repeats, max_repeats, "repeats")
    length_key, repeats_key, bits_key = jax.random.split(key, 3)
    length_B = draw(length_key, batch_size, min_length, max_length, padded_length, "length")
    repeats_B = draw(repeats_key, batch_size, min_repeats, max_repeats, padded_repeats, "repeats")
    drawn_BLV = random_bits(bits_key, batch_size, padded_length, bits)
    return encode(drawn_BLV, length_B, repeats_B, padded_repeats, normal_repeats)


def encode(
    vectors_BLV: Array, length_B: Array, repeats_B: Array, padded_repeats: int, normal_repeats: int = 10
) -> Batch:
    """The first `length_B` vectors, to be said `repeats_B` times, in the T of `padded_repeats`."""
    n_B1, r_B1 = length_B[:, None], repeats_B[:, None]
    time_T = jnp.arange(vectors_BLV.shape[1] * (padded_repeats + 1) + 3)
    said_BT = time_T - n_B1 - 2  # vectors said so far
    saying_BT = (said_BT >= 0) & (said_BT < r_B1 * n_B1)
    end_BT = said_BT == r_B1 * n_B1
    vectors_BTV = pick(vectors_BLV, time_T[None] - 1, (time_T >= 1) & (time_T <= n_B1))
    start_BT = jnp.broadcast_to(time_T == 0, end_BT.shape).astype(jnp.float32)
    count_BT = (time_T == n_B1 + 1) * normalised(r_B1, normal_repeats)
    return Batch(
        jnp.concatenate([vectors_BTV, start_BT[..., None], count_BT[..., None]], axis=2),
        jnp.concatenate([pick(vectors_BLV, said_BT % n_B1, saying_BT), end_BT[..., None]], axis=2),
        (saying_BT | end_BT).astype(jnp.float32),
    )


def typed(line: str, *, bits: int = 8, normal_repeats: int = 10) -> Batch:
    """'10110100 01010011 x3'. Raises ValueError."""
    *shown, times = line.split()
    if not (times[0] == "x" and times[1:].isdecimal() and int(times[1:]) > 0):
        raise ValueError(f"The line must end with how often to say it, such as x3, not with {times!r}.")
    vectors_LV, repeats = vectors(shown, bits), int(times[1:])
    return encode(
        jnp.asarray(vectors_LV)[None], jnp.array([len(vectors_LV)]), jnp.array([repeats]), repeats, normal_repeats
    )


def written(batch: Batch, *, bits: int = 8) -> str:
    length = int(batch.mask_BT.argmax()) - 2
    shown_LV, repeats = batch.inputs_BTI[1 : length + 1, :bits], (int(batch.mask_BT.sum()) - 1) // length
    return f"{' '.join(words(shown_LV))} x{repeats}"


def said(vectors_LO: np.ndarray) -> list[str]:
    """The bits, and a stop where the end is marked."""
    return [word[:-1] + (". "[word[-1] == "0"]) for word in words(vectors_LO)]


FORM = Form("Type vectors of {bits} bits, and how often to say them, x3", typed, written, said)
