"""A folder of pictures of any size as small square images of one size."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from deepx.data import photographs
from deepx.data.images import Images


def load(folder: str | os.PathLike[str], size: int, channels: int) -> Images:
    """The middle square of every PNG, JPEG and BMP file in a folder, in the form of `images.load`, all of one class.

    channels: 1 for grey, 3 for colours. Raises DataNotPrepared where there are none, DataCorrupt for one that is not a
    picture or is damaged.
    """
    with ThreadPoolExecutor() as threads:  # Pillow lets others work while it decodes
        files = photographs.files(folder)
        made = list(threads.map(lambda file: square(photographs.read(file), size, channels), files))
    return {"image": np.stack(made), "label": np.zeros(len(made), np.int32)}


def square(picture: np.ndarray, size: int, channels: int) -> np.ndarray:
    """The largest square in the middle of a picture [H, W, 3], uint8 [size, size, channels].

    A pixel is the mean of the area it covers; where the picture is smaller, it is repeated.
    """
    height, width, _ = picture.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = Image.fromarray(picture[top : top + side, left : left + side])
    small = middle.resize((size, size), Image.Resampling.BOX).convert("L" if channels == 1 else "RGB")
    return np.asarray(small).reshape(size, size, -1)
