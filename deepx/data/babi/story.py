"""A bAbI story (Weston et al. 2015, arXiv 1502.05698): sentences in order, and questions on those that stand above.

As in the official files: the lines of a story are numbered from 1, questions included; a question has an answer and the
numbers of the lines that support it, in the order in which the reasoning takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

TASKS = {  # number: name in the official files
    1: "single-supporting-fact",
    2: "two-supporting-facts",
    3: "three-supporting-facts",
    4: "two-arg-relations",
    5: "three-arg-relations",
    6: "yes-no-questions",
    7: "counting",
    8: "lists-sets",
    9: "simple-negation",
    10: "indefinite-knowledge",
    11: "basic-coreference",
    12: "conjunction",
    13: "compound-coreference",
    14: "time-reasoning",
    15: "basic-deduction",
    16: "basic-induction",
    17: "positional-reasoning",
    18: "size-reasoning",
    19: "path-finding",
    20: "agents-motivations",
}


class Line(NamedTuple):
    """A sentence, 'Mary went to the office.', or a question 'Where is Mary?' with its answer 'office'.

    answer: None for a sentence; several words are joined by commas without spaces, 'n,e', as the files have them.
    supports: numbers of the lines of the same story that the answer follows from.
    """

    text: str
    answer: str | None = None
    supports: tuple[int, ...] = ()


Story = tuple[Line, ...]


class Example(NamedTuple):
    """A question with the sentences above it; `supports` are positions in `sentences`, from 0."""

    sentences: tuple[str, ...]
    question: str
    answer: str
    supports: tuple[int, ...]


def examples(stories: Iterable[Story]) -> Iterator[Example]:
    """Every question of the stories, in order."""
    for story in stories:
        position = {}  # of the sentences by their line's number
        for number, line in enumerate(story, start=1):
            if line.answer is None:
                position[number] = len(position)
            else:
                above = tuple(story[n - 1].text for n in position)
                yield Example(above, line.text, line.answer, tuple(position[n] for n in line.supports))
