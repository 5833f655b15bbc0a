"""Pairs as numbers. Shapes: N pairs, S numbers of the longest source, T of the longest target."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np

from deepx.data.translation.pairs import Pair, Skips
from deepx.data.translation.vocabulary import EOS, PAD, Vocabulary

CHUNK = 1000  # pairs that are encoded at once


class Ragged(NamedTuple):
    """Sentences of different lengths, one behind the other: sentence n is numbers[ends[n - 1] : ends[n]]."""

    numbers: np.ndarray  # int32
    ends: np.ndarray  # int64 [N]

    def lengths(self) -> np.ndarray:
        return np.diff(self.ends, prepend=0)

    def padded(self, length: int, rows: np.ndarray | None = None) -> np.ndarray:
        """int32 [N, length], PAD behind the end. rows: only these. Raises ValueError where one is longer."""
        rows = np.arange(len(self.ends)) if rows is None else rows
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        lengths = self.ends[rows] - starts
        if lengths.max(initial=0) > length:
            raise ValueError(f"a sentence of {lengths.max()} numbers does not fit into {length}")
        at = np.arange(length)
        inside = at < lengths[:, None]
        found = np.full(inside.shape, PAD, np.int32)
        found[inside] = self.numbers[(starts[:, None] + at)[inside]]
        return found


class Encoded(NamedTuple):
    """A source has no EOS (but between the turns of a conversation), a target ends with one."""

    source: Ragged
    target: Ragged

    @property
    def count(self) -> int:  # pyrefly: ignore[bad-override]  # nobody counts what a tuple holds
        """N."""
        return len(self.source.ends)

    def arrays(self, longest: tuple[int, int] | None = None) -> Mapping[str, np.ndarray]:
        """{"source": [N, S], "target": [N, T]}, padded. longest: S and T; default: those of the longest pairs."""
        s, t = longest or (max(1, int(side.lengths().max(initial=0))) for side in (self.source, self.target))
        return {"source": self.source.padded(s), "target": self.target.padded(t)}


def encode(
    pairs: Iterable[Pair],
    source: Vocabulary,
    target: Vocabulary,
    skips: Skips,
    longest: tuple[int, int] | None = None,
) -> Encoded:
    """The pairs, read once and not kept as text. skips: as of `pairs.counted`, which read the pairs.

    longest: S and T with the EOS; pairs of which a side is longer are left out and counted in `skips`. For tests give
    none, and no pair is left out.
    """
    sides = [(array("i"), array("q")), (array("i"), array("q"))]
    reading = iter(pairs)
    while chunk := list(islice(reading, CHUNK)):
        sources = encode_turns([pair.source for pair in chunk], source)
        targets = [[*numbers, EOS] for numbers in target.encode([pair.target for pair in chunk])]
        for pair, *numbers in zip(chunk, sources, targets, strict=True):
            if longest and any(len(side) > most for side, most in zip(numbers, longest, strict=True)):
                skips.skip(f"longer than {longest[0]} and {longest[1]} tokens", repr(pair.source[:40]))
                continue
            for (flat, ends), side in zip(sides, numbers, strict=True):
                flat.extend(side)
                ends.append(len(flat))
    return Encoded(*(Ragged(np.array(flat, np.int32), np.array(ends, np.int64)) for flat, ends in sides))


def encode_turns(texts: list[str], vocabulary: Vocabulary) -> list[list[int]]:
    """The numbers of every text, with EOS between its turns, which are its lines."""
    turns = [text.split("\n") for text in texts]
    numbers = iter(vocabulary.encode([turn for text in turns for turn in text]))
    joined = []
    for text in turns:
        found = next(numbers)
        for _ in text[1:]:
            found = [*found, EOS, *next(numbers)]
        joined.append(found)
    return joined


class TooLong(ValueError):
    """A sentence is longer than the compiled maximum."""


def encode_sources(texts: list[str], vocabulary: Vocabulary, longest: int) -> np.ndarray:
    """int32 [N, longest], for translation. Raises TooLong, naming the sentence: nothing is cut in silence."""
    numbers = encode_turns(texts, vocabulary)
    found = np.full((len(texts), longest), PAD, np.int32)
    for at, (text, row) in enumerate(zip(texts, numbers, strict=True)):
        if len(row) > longest:
            raise TooLong(
                f"Sentence {at + 1} has {len(row)} tokens, and the model was compiled for {longest}: {text[:80]!r}..."
            )
        found[at, : len(row)] = row
    return found
