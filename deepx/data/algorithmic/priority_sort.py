"""Priority sort (section 4.5): say the vectors of highest priority, highest first. Letters as in the package."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import at_least_one, question_and_answer, random_bits
from deepx.data.algorithmic.text import Form, vectors, words


def sizes(*, bits: int = 8) -> tuple[int, int]:
    """The vector, its priority and a delimiter in; the vector out."""
    return bits + 2, bits


def sample(key: Array, *, batch_size: int, bits: int = 8, items: int = 20, wanted: int = 16) -> Batch:
    """`items` random vectors, each with a priority uniform on [-1, 1), a delimiter, and silence for the first `wanted`.

    Those are the vectors of highest priority in descending order; of equal priorities the earlier vector comes first.
    T = items + 1 + wanted.

    Raises ValueError if a size is below 1, or unless wanted <= items.
    """
    at_least_one(batch_size=batch_size, bits=bits, wanted=wanted)
    if wanted > items:
        raise ValueError(f"wanted must be at most items, not {wanted} of {items}")
    priority_key, bits_key = jax.random.split(key)
    priority_BL = jax.random.uniform(priority_key, (batch_size, items), minval=-1.0, maxval=1.0)
    vectors_BLV = random_bits(bits_key, batch_size, items, bits)
    return encode(vectors_BLV, priority_BL, wanted)


def encode(vectors_BLV: Array, priority_BL: Array, wanted: int = 16) -> Batch:
    """Vectors with their priorities, of which the first `wanted` are to be said."""
    _, first_BM = jax.lax.top_k(priority_BL, wanted)
    sorted_BMV = jnp.take_along_axis(vectors_BLV, first_BM[..., None], axis=1)
    return question_and_answer(
        jnp.concatenate([vectors_BLV, priority_BL[..., None]], axis=2), vectors_BLV.shape[1], sorted_BMV, wanted
    )


def typed(line: str, *, bits: int = 8, wanted: int = 16) -> Batch:
    """'10110100:0.5 01010011:-0.25'. Where there are fewer vectors than are wanted, all are. Raises ValueError."""
    pairs = [word.partition(":") for word in line.split()]
    vectors_LV = vectors([vector for vector, _, _ in pairs], bits)
    priority_L = np.array([priority_of(vector, priority) for vector, _, priority in pairs], np.float32)
    return encode(jnp.asarray(vectors_LV)[None], jnp.asarray(priority_L)[None], min(wanted, len(pairs)))


def priority_of(vector: str, priority: str) -> float:
    """The number. Raises ValueError, naming its vector, for what is none between -1 and 1."""
    try:
        number = float(priority)
    except ValueError:
        number = math.nan
    if not -1 <= number <= 1:
        raise ValueError(f"{vector} needs a priority from -1 to 1 behind it, {vector}:0.5, not {priority!r}.")
    return number


def written(batch: Batch, *, bits: int = 8) -> str:
    """With two decimals, so that two priorities may become one."""
    shown_LI = batch.inputs_BTI[: int(batch.inputs_BTI[:, -1].argmax())]
    named = zip(words(shown_LI[:, :bits]), shown_LI[:, bits], strict=True)
    return " ".join(f"{word}:{priority:.2f}" for word, priority in named)


FORM = Form("Type vectors of {bits} bits, each with a priority from -1 to 1 behind a colon", typed, written)
