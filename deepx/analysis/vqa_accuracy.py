"""The accuracy of answers that people gave too (Antol et al. 2015, arXiv 1505.00468): an answer is right if three did.

As the official evaluation measures it, so that people can be measured alike: each person in turn is left out, the
answer counts min(matches among the others / 3, 1), and the mean over who is left out is its accuracy. Of ten people's
answers, those that 0, 1, 2, 3 and 4 or more gave count 0, 0.3, 0.6, 0.9 and 1.

Answers are compared as they stand: they come here in the form in which they are to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH = 3  # matches that make an answer right


def accuracy(answer: str, answers: Sequence[str]) -> float:
    """Of 0 to 1. answers: one of each person. Raises ValueError where they are too few, see `of_matches`."""
    return of_matches(sum(given == answer for given in answers), len(answers))


def of_matches(matches: int, people: int) -> float:
    """The accuracy of an answer that `matches` of `people` gave.

    Raises ValueError for fewer than four people, among whom no answer could be right, and for more matches than people.
    """
    if people <= ENOUGH:
        raise ValueError(f"the accuracy is over answers of at least {ENOUGH + 1} people, got {people}")
    if not 0 <= matches <= people:
        raise ValueError(f"{matches} of {people} people cannot have given an answer")
    # A person who gave the answer leaves one match fewer behind, each of the others leaves all; in thirds, so exact.
    thirds = matches * min(matches - 1, ENOUGH) + (people - matches) * min(matches, ENOUGH)
    return thirds / (ENOUGH * people)
