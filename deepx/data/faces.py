"""CelebA's faces as small square images, read from the prepared TFDS data set."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from deepx.data.images import Images
from deepx.data.prepared import prepared, rows

SIDE = 108  # pixels in the middle, of 218 x 178, that are a face: so the code of Radford et al. 2015
KINDS = ("neutral woman", "smiling woman", "neutral man", "smiling man")


def load(split: str, size: int, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Every face of a split in the form of `images.load`: the middle of each photograph at `size` x `size` pixels.

    Labels, for a classifier that is to tell whether all kinds of faces are made: 2 where male, plus 1 where smiling.
    162,770 faces of 64 pixels take 2 GB. Raises DataNotPrepared, DataCorrupt, ValueError for a split there is not.
    """
    builder = prepared("celeb_a", data_dir)
    with ThreadPoolExecutor() as threads:  # Pillow lets others work while it scales
        examples = threads.map(lambda row: (face(row["image"], size), kind(row["attributes"])), rows(builder, split))
        images, labels = zip(*examples, strict=True)
    return {"image": np.stack(images), "label": np.array(labels, np.int32)}


def face(photograph: np.ndarray, size: int) -> np.ndarray:
    """The middle of a photograph [H, W, 3], uint8 [size, size, 3]."""
    top, left = (np.array(photograph.shape[:2]) - SIDE) // 2
    middle = Image.fromarray(photograph[top : top + SIDE, left : left + SIDE])
    return np.asarray(middle.resize((size, size), Image.Resampling.BOX))


def kind(attributes: dict[str, bool]) -> int:
    return 2 * int(attributes["Male"]) + int(attributes["Smiling"])
