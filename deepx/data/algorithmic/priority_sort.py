"""Priority sort (section 4.5): say the vectors of highest priority, highest first. Letters as in the package."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import at_least_one, question_and_answer, random_bits


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
    _, first_BM = jax.lax.top_k(priority_BL, wanted)
    sorted_BMV = jnp.take_along_axis(vectors_BLV, first_BM[..., None], axis=1)
    return question_and_answer(
        jnp.concatenate([vectors_BLV, priority_BL[..., None]], axis=2), items, sorted_BMV, wanted
    )
