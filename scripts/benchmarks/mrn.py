"""Training steps of multimodal residual nets (Kim 2016) with a GRU that reads, dropout in both, on images' features."""

from __future__ import annotations

from typing import NamedTuple

LENGTH, VOCABULARY, LAYERS = 14, 5000, 3
DROPOUT, READ_DROPOUT, LEARNING_RATE, BOUND = 0.5, 0.25, 3e-4, 0.08


class Sizes(NamedTuple):
    """Numbers of a word and of a question, of an image, of the joint vector; answers; questions in a batch."""

    words: int
    cells: int
    image: int
    joint: int
    answers: int
    batch: int


SIZES = {
    "joint 256, batch 64": Sizes(64, 128, 512, 256, 100, 64),
    "joint 1200, batch 200": Sizes(300, 512, 2048, 1200, 2000, 200),
}
CASES = tuple(SIZES)
