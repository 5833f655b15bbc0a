"""The photographs of a set of questions, read one at a time, as small squares."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from deepx.data import imagenet, photographs


class Files:
    """Picture files: uint8 [size, size, 3], the square in the middle; grey ones in three equal channels.

    The square is cut out before it is resized, so that no long and narrow picture becomes a huge one. Reading raises
    DataNotPrepared where there is no such file, DataCorrupt where it is damaged, no picture, or of absurdly many
    pixels.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]], size: int):
        self.paths, self.size = paths, size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> np.ndarray:
        return squared(photographs.read(self.paths[i]), self.size)


def squared(picture: np.ndarray, size: int) -> np.ndarray:
    """The square in the middle of a picture [H, W, 3], of `size` pixels."""
    return imagenet.resized(imagenet.centre_crop(picture, min(picture.shape[:2]))[0], size)
