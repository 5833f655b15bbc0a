"""Training steps of sequence to sequence (Sutskever 2014) on padded sentences of 12 to 20 words."""

from __future__ import annotations

import random
from typing import NamedTuple

VOCABULARY, SHORTEST, LONGEST = 8000, 12, 20
END = 1  # of a sentence; 0 is no word
LEARNING_RATE, NORM = 0.7, 5.0


class Sizes(NamedTuple):
    """LSTM layers of an encoder and of a decoder, their cells, which are also an embedding's numbers, and sentences."""

    layers: int
    cells: int
    batch: int


SIZES = {
    "2x256, batch 64": Sizes(2, 256, 64),
    "2x256, batch 128": Sizes(2, 256, 128),
    "2x512, batch 64": Sizes(2, 512, 64),
    "2x512, batch 128": Sizes(2, 512, 128),
    "4x1000, batch 64": Sizes(4, 1000, 64),
}
CASES = tuple(SIZES)


def pairs(count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Sources and targets, filled up with zeros; a target ends with END."""
    draw = random.Random(0)

    def sentence(ends: list[int]) -> list[int]:
        length = draw.randint(SHORTEST, LONGEST) - len(ends)
        words = [draw.randrange(2, VOCABULARY) for _ in range(length)] + ends
        return words + [0] * (LONGEST - len(words))

    return [sentence([]) for _ in range(count)], [sentence([END]) for _ in range(count)]
