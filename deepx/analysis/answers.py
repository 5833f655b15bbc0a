"""How varied answers are. Recurrent nets trained on conversations answer much alike to everything, in few words.

distinct-1 and distinct-2 are those of Li et al. 2016 (arXiv 1510.03055, section 5.3): different n-grams over all that
were said. They fall with the number of answers, so only sets of answers to the same turns can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

Words = Sequence[Hashable]


class Variety(NamedTuple):
    """repeated: the share of answers that are said more than once. commonest: that of the most frequent answer, which
    is `most_said`. words: the mean length. All shares are of 0 to 1.
    """

    distinct_1: float
    distinct_2: float
    repeated: float
    commonest: float
    words: float
    most_said: Words


def variety(answers: Sequence[Words]) -> Variety:
    """Of all answers together. Raises ValueError where there are none."""
    if not answers:
        raise ValueError("there are no answers to measure")
    counts = Counter(tuple(words) for words in answers)
    ((most_said, times),) = counts.most_common(1)
    return Variety(
        distinct(answers, 1),
        distinct(answers, 2),
        sum(times for times in counts.values() if times > 1) / len(answers),
        times / len(answers),
        sum(map(len, answers)) / len(answers),
        most_said,
    )


def distinct(answers: Sequence[Words], n: int) -> float:
    """Different n-grams over all n-grams that were said; 0 where nothing is long enough."""
    said = [tuple(words[at : at + n]) for words in answers for at in range(len(words) - n + 1)]
    return len(set(said)) / len(said) if said else 0.0


def shares(answers: Sequence[Words], most: int) -> list[float]:
    """The shares of the `most` commonest answers, the commonest first."""
    return [times / len(answers) for _, times in Counter(map(tuple, answers)).most_common(most)]
