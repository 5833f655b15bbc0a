"""What the tasks share: how lengths are drawn and vectors laid out in time. Letters as in the package."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from deepx.data.algorithmic import Array, Batch

Count = int | Array  # a Python integer, or a traced one


def longest(padded: int | None, high: Count, name: str) -> int:
    """`padded`, or where it is None `high`. Raises ValueError if that one is traced, for shapes are static."""
    if padded is None and isinstance(high, jax.core.Tracer):
        raise ValueError(f"padded_{name} must be given where max_{name} is traced")
    return int(high) if padded is None else padded


def draw(key: Array, batch_size: int, low: Count, high: Count, padded: int, name: str, least: int = 1) -> Array:
    """Integers [B], uniform on low .. high. Raises ValueError unless least <= low <= high <= padded (if not traced)."""
    known = not any(isinstance(n, jax.core.Tracer) for n in (low, high))
    if known and not least <= low <= high <= padded:
        raise ValueError(
            f"it must hold that {least} <= min_{name} <= max_{name} <= padded_{name}, not {low}, {high}, {padded}"
        )
    return jax.random.randint(key, (batch_size,), low, high + 1)


def random_bits(key: Array, *shape: int) -> Array:
    """Fair bits as floats."""
    return jax.random.bernoulli(key, shape=shape).astype(jnp.float32)


def at_least_one(**sizes: int) -> None:
    """Raises ValueError for a size below 1."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, not {size}")


def pick(values_BLV: Array, index_BT: Array, where_BT: Array) -> Array:
    """The vectors [B, T, V] of these indices where `where_BT`, zeros elsewhere (there the indices may be anything)."""
    index_BT1 = jnp.clip(index_BT, 0, values_BLV.shape[1] - 1)[..., None]
    return jnp.take_along_axis(values_BLV, index_BT1, axis=1) * where_BT[..., None]


def question_and_answer(shown_BLV: Array, shown_B: Array | int, wanted_BMO: Array, wanted_B: Array | int) -> Batch:
    """The first `shown_B` vectors, a delimiter on a channel after theirs, and silence for the `wanted_B` answers.

    T = L + 1 + M.
    """
    time_T = jnp.arange(shown_BLV.shape[1] + 1 + wanted_BMO.shape[1])
    n_B1, m_B1 = (jnp.broadcast_to(n, len(shown_BLV))[:, None] for n in (shown_B, wanted_B))
    answer_BT = (time_T > n_B1) & (time_T <= n_B1 + m_B1)
    vectors_BTV = pick(shown_BLV, time_T[None], time_T < n_B1)
    delimiter_BT1 = (time_T == n_B1).astype(jnp.float32)[..., None]
    return Batch(
        jnp.concatenate([vectors_BTV, delimiter_BT1], axis=2),
        pick(wanted_BMO, time_T - n_B1 - 1, answer_BT),
        answer_BT.astype(jnp.float32),
    )
