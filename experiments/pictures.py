"""A picture of the user's, for `--mode=predict`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from deepx.engine.errors import UserError

IMAGE = flags.DEFINE_string("image", None, "predict: the picture to work on.")


def picture() -> np.ndarray:
    """The picture that --image names, as bytes [H, W, 3]. Raises UserError where none is named or it cannot be read."""
    if not IMAGE.value:
        raise UserError("Give a picture: --image=FILE.")
    try:
        with Image.open(IMAGE.value) as image:
            return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise UserError(f"{IMAGE.value} cannot be read as a picture: {error}") from error


def save(image: np.ndarray, what: str) -> Path:
    """Writes bytes [H, W, 3] as NAME_WHAT.png, NAME being that of --image, into the current directory."""
    path = Path(f"{Path(IMAGE.value).stem}_{what}.png")
    Image.fromarray(image).save(path)
    return path
