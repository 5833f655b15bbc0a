"""What a set of bAbI stories looks like, and how far two sets are from one another.

A story is a sequence of lines (text, answer, supports); the answer of a sentence, which is no question, is None.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

Line = tuple[str, str | None, Sequence[int]]
Story = Sequence[Line]
Distribution = Mapping[Hashable, int]  # how often

KINDS = {
    "NAME": "antoine bernhard bill brian daniel emily fred gertrude greg jason jeff jessica john julie julius lily mary"
    " sandra sumit winona yann",
    "PLACE": "bathroom bedroom cinema garden hallway kitchen office park school",
    "OBJECT": "apple football milk pajamas chocolates chocolate box chest container suitcase",
    "SHAPE": "rectangle sphere square triangle",
    "COLOUR": "blue gray green pink red white yellow",
    "ANIMAL": "cat cats frog lion mice mouse rhino sheep swan wolf wolves",
    "STATE": "bored hungry thirsty tired",
}
_KIND = {word: kind for kind, words in KINDS.items() for word in words.split()}
_WORD = re.compile(r"\w+|[^\w\s]")


class Statistics(NamedTuple):
    """The words of all texts and answers, and distributions; those from `sentences_above` on are of questions."""

    vocabulary: frozenset[str]
    templates: Distribution  # of sentences and questions
    lines: Distribution  # of a story
    questions: Distribution  # of a story
    sentences_above: Distribution
    answers: Distribution
    supports: Distribution  # their number
    answers_to: Distribution  # question template and answer


DISTRIBUTIONS = Statistics._fields[1:]


def template(text: str) -> str:
    """The text with every word that `KINDS` lists, in upper or lower case, replaced by the name of its kind, as in
    'NAME went to the PLACE.'"""
    return re.sub(r"\w+", lambda word: _KIND.get(word[0].lower(), word[0]), text)


def summary(stories: Iterable[Story]) -> Statistics:
    """The statistics of the stories."""
    words: set[str] = set()
    counts: dict[str, Counter[Hashable]] = {name: Counter() for name in DISTRIBUTIONS}
    for story in stories:
        above = questions = 0
        for text, answer, supports in story:
            words.update(_WORD.findall(text))
            form = template(text)
            counts["templates"][form] += 1
            if answer is None:
                above += 1
                continue
            questions += 1
            words.update(answer.split(","))
            counts["sentences_above"][above] += 1
            counts["answers"][answer] += 1
            counts["supports"][len(supports)] += 1
            counts["answers_to"][form, answer] += 1
        counts["lines"][len(story)] += 1
        counts["questions"][questions] += 1
    return Statistics(frozenset(words), **counts)


def mean(distribution: Mapping[int, int]) -> float:
    """The mean of numbers of which we know how often; nan where there are none."""
    total = sum(distribution.values())
    return sum(value * count for value, count in distribution.items()) / total if total else math.nan


def total_variation(a: Distribution, b: Distribution) -> float:
    """Half the sum of the differences of the frequencies: 0 for equal ones, 1 for those that have nothing in common.

    Raises ValueError where one is empty.
    """
    size_a, size_b = _sizes(a, b)
    return sum(abs(a.get(key, 0) / size_a - b.get(key, 0) / size_b) for key in {*a, *b}) / 2


def total_variation_by_chance(a: Distribution, b: Distribution) -> float:
    """What to expect of `total_variation` if all items of both were drawn alike and independently, and are many.

    Differences of frequencies are then normal, and a normal number has a mean size of sqrt(2 / pi) deviations. The
    items of one story are not independent, so that in truth chance may make more. Raises ValueError where one is empty.
    """
    size_a, size_b = _sizes(a, b)
    frequencies = ((a.get(key, 0) + b.get(key, 0)) / (size_a + size_b) for key in {*a, *b})
    deviations = (math.sqrt(p * (1 - p) * (1 / size_a + 1 / size_b)) for p in frequencies)
    return sum(deviations) * math.sqrt(2 / math.pi) / 2


def _sizes(a: Distribution, b: Distribution) -> tuple[int, int]:
    sizes = sum(a.values()), sum(b.values())
    if not all(sizes):
        raise ValueError(f"both distributions must have items, not {sizes[0]} and {sizes[1]}")
    return sizes


class Distance(NamedTuple):
    """How two sets of stories differ."""

    only_first: frozenset[str]  # words
    only_second: frozenset[str]
    variation: dict[str, float]  # total variation, by distribution
    by_chance: dict[str, float]  # and what chance alone makes


def distance(first: Statistics, second: Statistics) -> Distance:
    """How two sets of stories differ. Raises ValueError for a set without questions."""
    pairs = {name: (getattr(first, name), getattr(second, name)) for name in DISTRIBUTIONS}
    return Distance(
        first.vocabulary - second.vocabulary,
        second.vocabulary - first.vocabulary,
        {name: total_variation(*pair) for name, pair in pairs.items()},
        {name: total_variation_by_chance(*pair) for name, pair in pairs.items()},
    )
