"""Copy (section 4.1): say again what was shown. Letters as in the package."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import Count, at_least_one, draw, longest, question_and_answer, random_bits
from deepx.data.algorithmic.text import Form, vectors, words


def sizes(*, bits: int = 8) -> tuple[int, int]:
    """The vector and a delimiter in, the vector out."""
    return bits + 1, bits


def sample(
    key: Array,
    *,
    batch_size: int,
    bits: int = 8,
    min_length: Count = 1,
    max_length: Count = 20,
    padded_length: int | None = None,
) -> Batch:
    """Random vectors, a delimiter, then silence in which the vectors are to be repeated.

    A sequence of length n, drawn uniformly from min_length .. max_length for every sequence, takes 2n + 1 time steps: n
    vectors on the first `bits` channels, one step with the last channel 1, n steps of zeros. `padded_length` (default:
    max_length) sets T = 2 x padded_length + 1.

    The paper's count of parameters for its LSTM speaks of 10 inputs and 9 outputs, the channels of repeat copy (see
    there). We keep to its text, in which copy has a delimiter behind the vectors and no end marker.

    Raises ValueError if a size is below 1, or unless 1 <= min_length <= max_length <= padded_length.
    """
    at_least_one(batch_size=batch_size, bits=bits)
    padded_length = longest(padded_length, max_length, "length")
    length_key, bits_key = jax.random.split(key)
    length_B = draw(length_key, batch_size, min_length, max_length, padded_length, "length")
    drawn_BLV = random_bits(bits_key, batch_size, padded_length, bits)
    return encode(drawn_BLV, length_B)


def encode(vectors_BLV: Array, length_B: Array | int) -> Batch:
    """The first `length_B` vectors, to be said again."""
    return question_and_answer(vectors_BLV, length_B, vectors_BLV, length_B)


def typed(line: str, *, bits: int = 8) -> Batch:
    """'10110100 01010011'. Raises ValueError."""
    shown_LV = vectors(line.split(), bits)
    return encode(jnp.asarray(shown_LV)[None], len(shown_LV))


def written(batch: Batch) -> str:
    return " ".join(words(batch.targets_BTO[batch.mask_BT > 0]))


FORM = Form("Type vectors of {bits} bits", typed, written)
