"""bAbI task 18, size reasoning: what fits in what, where two comparisons must be joined.

The laws of chance are inferred from the official files, and so are their oddities: sentences are drawn regardless of
those before, so the same is often said again; and a pair is asked about only where the first other sentence with the
thing in the middle goes on in the same direction.
"""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import NamedTuple

from deepx.data.babi.story import Line, Story

SMALL = ("chocolate", "box of chocolates")  # the smaller first; both fit into all the others
LARGE = ("box", "chest", "container", "suitcase")  # of any order, another one in each story
TRIALS = 100  # of finding questions


class Fact(NamedTuple):
    """One sentence. Of equal facts the last one is the support; half of the repetitions are taken for equal."""

    larger: str
    smaller: str
    version: bool


class Question(NamedTuple):
    """Is `subject` larger than `other`? The supports are positions among the facts."""

    subject: str
    other: str
    answer: str
    supports: tuple[int, int]


def size_reasoning(random: Random, sentences: int = 5, questions: int = 5) -> Story:
    """So many sentences, then so many questions; where fewer are found, these, and then as many of both again."""
    by_size = (*SMALL, *random.sample(LARGE, len(LARGE)))
    facts: list[Fact] = []
    story: list[Line] = []
    number: list[int] = []  # of each fact's line
    found: list[Question] = []
    while len(found) < questions:
        for _ in range(sentences):
            small, large = sorted(random.sample(by_size, 2), key=by_size.index)
            facts.append(Fact(large, small, random.choice((True, False))))
            text = random.choice((f"The {small} fits inside the {large}.", f"The {large} is bigger than the {small}."))
            story.append(Line(text))
            number.append(len(story))
        trials = (trial(random, facts) for _ in range(TRIALS))
        found = list(islice(filter(None, trials), questions))
        for one, other, answer, supports in found:
            text = random.choice((f"Is the {one} bigger than the {other}?", f"Does the {other} fit in the {one}?"))
            story.append(Line(text, answer, tuple(number[fact] for fact in supports)))
    return tuple(story)


def trial(random: Random, facts: list[Fact]) -> Question | None:
    """Draws a fact and one of its two things, the middle one. If the first other fact that mentions this goes on in the
    same direction, the two facts give a question on the things at their ends."""
    drawn = random.choice(facts)
    first = max(i for i, fact in enumerate(facts) if fact == drawn)
    subject, middle = random.sample(drawn[:2], 2)
    second = next((i for i, fact in enumerate(facts) if i != first and middle in fact[:2]), first)
    larger, smaller, _ = facts[second]
    if (subject, middle) == (drawn.larger, larger):
        return Question(subject, smaller, "yes", (first, second))
    if (subject, middle) == (drawn.smaller, smaller):
        return Question(subject, larger, "no", (first, second))
    return None


TASKS = {18: size_reasoning}
