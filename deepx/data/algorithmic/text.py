"""Sequences as lines of text: a vector is a word of 0 and 1. What cannot be read raises ValueError, and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from deepx.data.algorithmic import Batch


def words(vectors_LV: Iterable[np.ndarray]) -> list[str]:
    """Vectors as words."""
    return ["".join("01"[int(bit > 0.5)] for bit in vector_V) for vector_V in vectors_LV]


class Form(NamedTuple):
    """How a task's sequences are written as lines: the `FORM` of its module, where it has one.

    told:    what to type, in a sentence, with the task's settings in braces.
    typed:   a line, and those of the task's settings that it names -> a batch of this sequence alone.
    written: a sequence [T, ...], and settings -> a line that asks for it.
    said:    vectors of an answer, and settings -> a word for each, all of one width.
    """

    told: str
    typed: Callable[..., Batch]
    written: Callable[..., str]
    said: Callable[..., list[str]] = words


def vectors(typed: Sequence[str], bits: int) -> np.ndarray:
    """The vectors [L, V] of words. Raises ValueError where there are none, or one is not `bits` wide."""
    if not typed:
        raise ValueError(f"There are no vectors: each is a word of {bits} bits, 0 or 1.")
    for word in typed:
        only(word, "01")
        if len(word) != bits:
            raise ValueError(f"{word} has {len(word)} bits; a vector has {bits} here.")
    return np.array([list(map(float, word)) for word in typed], np.float32)


def only(word: str, characters: str) -> None:
    """Raises ValueError for a word with other characters."""
    for character in word:
        if character not in characters:
            raise ValueError(f"{word!r} has a {character!r} in it; it may have {' and '.join(characters)} only.")
