"""Words as numbers, in the way of Sutskever et al. 2014: the most frequent ones, and `<unk>` for all others.

Numbers 0 to 2 are those of no vocabulary's own words: PAD behind the end of a sentence, EOS at its end, UNK.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from deepx.data.translation import tokens
from deepx.nn import sequences

PAD, EOS, UNK = sequences.NONE, sequences.END, 2
RESERVED = ("<pad>", "<eos>", "<unk>")


class Vocabulary(Protocol):
    """Words (`Words`) or parts of words (`subwords.Subwords`) as numbers."""

    @property
    def size(self) -> int:
        """How many numbers there are, with the three that are reserved."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of every text, without EOS."""

    def decode(self, numbers: Iterable[int]) -> str:
        """The text up to the first EOS, without padding."""

    def content(self) -> Mapping[str, Any]:
        """What a file of it holds."""


@dataclass(frozen=True)
class Words:
    """Number n is `known[n - 3]`. lowercase: all text is read, and so written, in lower case."""

    known: tuple[str, ...]
    lowercase: bool = False
    _numbers: Mapping[str, int] = field(init=False, repr=False, compare=False)  # follows from `known`

    @classmethod
    def of(cls, texts: Iterable[str], size: int | None = None, *, lowercase: bool = False) -> Words:
        """The most frequent words and marks of the texts, in this order; `size` with the reserved ones.

        Sutskever et al. have 160,000 words of the source and 80,000 of the target. Of equally frequent ones the first
        in the alphabet is taken.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(tokens.tokens(text.lower() if lowercase else text))
        found = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(tuple(found if size is None else found[: max(0, size - len(RESERVED))]), lowercase)

    def __post_init__(self):
        numbers = {word: number for number, word in enumerate(self.known, start=len(RESERVED))}
        object.__setattr__(self, "_numbers", numbers)

    @property
    def size(self) -> int:
        return len(self.known) + len(RESERVED)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        said = [text.lower() for text in texts] if self.lowercase else texts
        return [[self._numbers.get(word, UNK) for word in tokens.tokens(text)] for text in said]

    def decode(self, numbers: Iterable[int]) -> str:
        names = RESERVED + self.known
        return tokens.text(names[number] for number in until_end(numbers))

    def content(self) -> Mapping[str, Any]:
        return {"kind": "words", "lowercase": self.lowercase, "words": list(self.known)}


def until_end(numbers: Iterable[int]) -> list[int]:
    """The numbers before the first EOS, without padding."""
    kept = []
    for number in map(int, numbers):
        if number == EOS:
            break
        if number != PAD:
            kept.append(number)
    return kept
