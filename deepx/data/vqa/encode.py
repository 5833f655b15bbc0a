"""Questions as arrays, and the answers among which a classifier chooses.

Shapes: N questions, T words of one, A answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from deepx.data.captions import Vocabulary, encode
from deepx.data.vqa import Question

NO_ANSWER = -1  # the number of an answer that is not among those to choose from


def agreed(question: Question) -> str:
    """What most people answered; of equally frequent answers the first. Raises ValueError where nobody did."""
    if not question.answers:
        raise ValueError(f"question {question.number} ({question.text!r}) has no answer")
    return Counter(question.answers).most_common(1)[0][0]


def frequent_answers(questions: Iterable[Question], most: int | None = None) -> tuple[str, ...]:
    """The answers that were agreed on most often, in this order, then the alphabet's; `most` of them, or all."""
    counts = Counter(map(agreed, questions))
    return tuple(sorted(counts, key=lambda answer: (-counts[answer], answer))[:most])


def encoded(
    questions: Sequence[Question], vocabulary: Vocabulary, answers: Sequence[str], kinds: Sequence[str], length: int
) -> Mapping[str, np.ndarray]:
    """{"words": [N, T], "image", "answer", "kind": [N]}, int32; NO_ANSWER and -1 for what is not among those given.

    length: T, to which longer questions are cut. Words that the vocabulary does not have are left out.
    """
    numbers = {answer: a for a, answer in enumerate(answers)}
    return {
        "words": encode([question.text for question in questions], vocabulary, length),
        "image": np.array([question.image for question in questions], np.int32),
        "answer": np.array([numbers.get(agreed(question), NO_ANSWER) for question in questions], np.int32),
        "kind": np.array([kinds.index(q.kind) if q.kind in kinds else -1 for q in questions], np.int32),
    }
