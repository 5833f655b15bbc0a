"""Associative recall (section 4.3): which item came after this one? K items of M vectors; else as in the package."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import Count, at_least_one, draw, longest, pick, random_bits
from deepx.data.algorithmic.text import Form, vectors, words


def sizes(*, bits: int = 6) -> tuple[int, int]:
    """The vector, the delimiter of items and that of the query in; the vector out."""
    return bits + 2, bits


def sample(
    key: Array,
    *,
    batch_size: int,
    bits: int = 6,
    item_length: int = 3,
    min_items: Count = 2,
    max_items: Count = 6,
    padded_items: int | None = None,
) -> Batch:
    """Items, each after a delimiter; an item again between query delimiters; silence for the item that followed it.

    The number of items is uniform, drawn for every sequence; the query is one of them but the last. In blocks of
    item_length + 1 steps, n items take n + 2: a delimiter (channel `bits`) and an item, n times; a query delimiter
    (channel `bits` + 1) and the query; a query delimiter and the answer. So an item is bounded on its right by the next
    delimiter (Figure 12 of the paper). T = (padded_items + 2) x (item_length + 1).

    Items are independent; two are alike with probability 2^-18, and such a query has two answers.

    Raises ValueError if a size is below 1, or unless 2 <= min_items <= max_items <= padded_items.
    """
    at_least_one(batch_size=batch_size, bits=bits, item_length=item_length)
    padded_items = longest(padded_items, max_items, "items")
    items_key, query_key, bits_key = jax.random.split(key, 3)
    n_B1 = draw(items_key, batch_size, min_items, max_items, padded_items, "items", least=2)[:, None]
    query_B1 = jax.random.randint(query_key, (batch_size, 1), 0, n_B1 - 1)
    return encode(random_bits(bits_key, batch_size, padded_items * item_length, bits), n_B1, query_B1, item_length)


def encode(vectors_BLV: Array, n_B1: Array, query_B1: Array, item_length: int = 3) -> Batch:
    """Items of `item_length` vectors, one after the other, of which the first `n_B1` are shown and `query_B1` (from 0)
    is asked for.
    """
    padded_items = vectors_BLV.shape[1] // item_length

    block_T, step_T = jnp.divmod(jnp.arange((padded_items + 2) * (item_length + 1)), item_length + 1)
    delimiter_T = step_T == 0
    item_BT = jnp.where(block_T == n_B1, query_B1, block_T)
    answer_BT = (block_T == n_B1 + 1) & ~delimiter_T
    channels = (
        pick(vectors_BLV, item_BT * item_length + step_T - 1, (block_T <= n_B1) & ~delimiter_T),
        ((block_T < n_B1) & delimiter_T)[..., None],
        ((block_T >= n_B1) & (block_T <= n_B1 + 1) & delimiter_T)[..., None],
    )
    return Batch(
        jnp.concatenate(channels, axis=2),
        pick(vectors_BLV, (query_B1 + 1) * item_length + step_T - 1, answer_BT),
        answer_BT.astype(jnp.float32),
    )


def typed(line: str, *, bits: int = 6, item_length: int = 3) -> Batch:
    """'110100 010011 111000, 001100 101010 000111 ? 110100 010011 111000': the query is an item. Raises ValueError."""
    shown, _, asked = line.partition("?")
    items = [item.split() for item in shown.split(",")]
    for item in (*items, asked.split()):
        if len(item) != item_length:
            raise ValueError(
                f"{' '.join(item)!r} is no item: these have {item_length} vectors here, with commas between items, and "
                "after a question mark one of them again."
            )
    items_LV = vectors([word for item in items for word in item], bits)
    if asked.split() not in items[:-1]:
        raise ValueError(f"{asked.strip()} is none of the items before the last, so no item comes after it.")
    query = items.index(asked.split())
    return encode(jnp.asarray(items_LV)[None], jnp.array([[len(items)]]), jnp.array([[query]]), item_length)


def written(batch: Batch, *, bits: int = 6, item_length: int = 3) -> str:
    starts = np.flatnonzero(batch.inputs_BTI[:, bits:].any(1))[:-1] + 1  # behind a delimiter: items, and the query
    *items, query = (" ".join(words(batch.inputs_BTI[at : at + item_length, :bits])) for at in starts)
    return f"{', '.join(items)} ? {query}"


FORM = Form(
    "Type items of {item_length} vectors of {bits} bits, commas between them, and ? with one of them but the last",
    typed,
    written,
)
