"""Pairs of sentences, and the count of those that were left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation; of conversations, what was said and the reply. A line end parts turns."""

    source: str
    target: str


class Skips:
    """How many pairs of a data set were read, and how many left out for what reason, and the first place of each."""

    def __init__(self, name: str):
        self.name, self.read = name, 0
        self.count: dict[str, int] = {}
        self.first: dict[str, str] = {}

    def skip(self, reason: str, where: str) -> None:
        """where: what finds the pair in its file."""
        self.count[reason] = self.count.get(reason, 0) + 1
        self.first.setdefault(reason, where)

    @property
    def kept(self) -> int:
        return self.read - sum(self.count.values())

    def __str__(self) -> str:
        why = "; ".join(f"{n:,} {reason}, first {self.first[reason]}" for reason, n in self.count.items())
        return f"{self.name}: {self.kept:,} of {self.read:,} pairs" + (f" (left out: {why})" if why else "")


def counted(pairs: Iterable[Pair], skips: Skips, most_words: int | None = None) -> Iterator[Pair]:
    """The pairs of which neither side is empty or longer than `most_words` words (between spaces), counting the others.

    A pair is counted when it is reached: what is not read is not counted.
    """
    for at, pair in enumerate(pairs, start=1):
        skips.read = at
        source, target = (text.strip() for text in pair)
        if not source or not target:
            skips.skip("with an empty side", f"in line {at:,}")
        elif most_words is not None and max(len(source.split()), len(target.split())) > most_words:
            skips.skip(f"longer than {most_words} words", f"in line {at:,}")
        else:
            yield Pair(source, target)
