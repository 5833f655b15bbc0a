"""Questions about images with their answers: the form that every set of them has."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """One question.

    image: the position of its image among those of the set. text: as it was asked. answers: what people said, ten of
    them in VQA; one, where there is one truth. kind: by which accuracy is told apart, as "number"; "" is none.
    choices: among which to choose, where there are some. number: the set's own of the question.
    """

    image: int
    text: str
    answers: tuple[str, ...]
    kind: str = ""
    choices: tuple[str, ...] = ()
    number: int = 0
