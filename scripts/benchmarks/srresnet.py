"""Training steps of super-resolution four times (Ledig 2016): small images of 18 x 18 or, as in the paper, 24 x 24."""

from __future__ import annotations

from typing import NamedTuple

LEARNING_RATE = 4e-4


class Sizes(NamedTuple):
    """Residual blocks and their channels, whether they are normalised; side and number of the small images."""

    blocks: int
    width: int
    norm: bool
    side: int
    batch: int


SIZES = {"6 x 32, batch 8": Sizes(6, 32, False, 18, 8), "16 x 64, batch 4": Sizes(16, 64, True, 24, 4)}
CASES = tuple(SIZES)
