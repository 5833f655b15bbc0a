"""Questions as arrays of word numbers.

Stories repeat themselves: a task has some hundred different sentences. So every sentence stands once in a table, and a
memory is a row of it. Shapes: U different sentences (and questions), J words of the longest, Q questions, S memories,
K supports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deepx.data.babi.story import Example

PUNCTUATION = re.compile(r"[.?!।]")


def words(sentence: str) -> list[str]:
    """The words of a sentence, in lower case, without its punctuation marks."""
    return PUNCTUATION.sub(" ", sentence.lower()).split()


class Vocabulary(NamedTuple):
    """Number n is `known[n - 1]`; 0 is no word. Answers are words like others, 'n,e' and 'apple,milk' too, and so are
    their parts."""

    known: tuple[str, ...]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Vocabulary:
        """All words of the examples, in alphabetical order."""
        seen = {word for e in examples for text in (*e.sentences, e.question) for word in words(text)}
        answers = {e.answer.lower() for e in examples}
        return cls(tuple(sorted(seen | answers | {part for answer in answers for part in answer.split(",")})))

    @property
    def size(self) -> int:
        """V: the words, and 0."""
        return len(self.known) + 1

    def word(self, number: int) -> str:
        """The word of a number; of 0, '(no word)'."""
        return self.known[number - 1] if number > 0 else "(no word)"

    def number(self) -> dict[str, int]:
        return {word: n for n, word in enumerate(self.known, start=1)}


class Encoded(NamedTuple):
    """The table of sentences, and by name sets of questions that point into it.

    sentences_UJ: word numbers, 0 behind the end and for words that the vocabulary does not have; row 0 is empty.
    questions: of each set a dict of int32 arrays:
        story_QS: rows of the table in the order they were written, 0 behind the last one; length_Q: how many there are.
        question_Q: a row. answer_Q: a word's number, -1 where the vocabulary does not have it.
        supports_QK: positions in the story, -1 behind the last one and for those that were forgotten.
    """

    sentences_UJ: np.ndarray
    questions: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def memories(self) -> int:
        """S: the longest story's sentences, or as many as were asked for."""
        return next(iter(self.questions.values()))["story"].shape[1]


def encode(
    sets: Mapping[str, Sequence[Example]], vocabulary: Vocabulary, memories: int, *, at_least: int = 0
) -> Encoded:
    """Arrays of the examples, a story reduced to its latest `memories` sentences; S is not below `at_least`."""
    number = vocabulary.number()
    row: dict[str, int] = {"": 0}

    def row_of(text: str) -> int:
        return row.setdefault(text, len(row))

    encoded = {}
    everything = [e for examples in sets.values() for e in examples]
    longest = max(at_least, min(memories, max(len(e.sentences) for e in everything)))
    most = max(len(e.supports) for e in everything)
    for name, examples in sets.items():
        arrays = {
            "story": np.zeros((len(examples), longest), np.int32),
            "length": np.array([min(len(e.sentences), longest) for e in examples], np.int32),
            "question": np.array([row_of(e.question) for e in examples], np.int32),
            "answer": np.array([number.get(e.answer.lower(), -1) for e in examples], np.int32),
            "supports": np.full((len(examples), most), -1, np.int32),
        }
        for q, e in enumerate(examples):
            forgotten = max(0, len(e.sentences) - longest)
            arrays["story"][q, : arrays["length"][q]] = [row_of(text) for text in e.sentences[forgotten:]]
            arrays["supports"][q, : len(e.supports)] = [max(s - forgotten, -1) for s in e.supports]
        encoded[name] = arrays
    tokens = [[number.get(word, 0) for word in words(text)] for text in row]
    sentences_UJ = np.zeros((len(tokens), max(map(len, tokens))), np.int32)
    for u, numbers in enumerate(tokens):
        sentences_UJ[u, : len(numbers)] = numbers
    return Encoded(sentences_UJ, encoded)
