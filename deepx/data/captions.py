"""Sentences about pictures as arrays of word numbers."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from deepx.data.babi.encode import Vocabulary

__all__ = ["UnknownWords", "Vocabulary", "encode", "vocabulary_of", "words"]

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


class UnknownWords(ValueError):
    """A sentence has words that the vocabulary does not have. The message names them and the nearest known ones."""


def words(text: str) -> list[str]:
    """The words of a text in lower case, without its punctuation marks."""
    return WORD.findall(text.lower())


def vocabulary_of(texts: Iterable[str], least: int = 1) -> Vocabulary:
    """The words that occur at least `least` times, in alphabetical order."""
    counts = Counter(word for text in texts for word in words(text))
    return Vocabulary(tuple(sorted(word for word, count in counts.items() if count >= least)))


def encode(texts: Sequence[str], vocabulary: Vocabulary, length: int | None = None) -> np.ndarray:
    """Word numbers, int32 [N, T], with 0 behind the end; words that the vocabulary does not have are left out.

    length: T; longer sentences are cut. Default: that of the longest.
    """
    number = vocabulary.number()
    rows = [[number[word] for word in words(text) if word in number] for text in texts]
    length = max(map(len, rows)) if length is None else length
    return np.array([(row + [0] * length)[:length] for row in rows], np.int32)


def check_known(text: str, vocabulary: Vocabulary) -> None:
    """Raises UnknownWords, with the nearest known words of each, and ValueError where there is no word at all."""
    said, known = words(text), set(vocabulary.known)
    if not said:
        raise ValueError(f"There is no word in {text!r}.")
    strange = [word for word in dict.fromkeys(said) if word not in known]
    if strange:
        near = {word: difflib.get_close_matches(word, vocabulary.known, n=3, cutoff=0.5) for word in strange}
        told = [f"{word!r}" + (f" (near it: {', '.join(found)})" if found else "") for word, found in near.items()]
        some = vocabulary.known if len(vocabulary.known) <= 60 else vocabulary.known[:60] + ("...",)
        raise UnknownWords(f"Unknown words: {', '.join(told)}. Known are: {' '.join(some)}.")
