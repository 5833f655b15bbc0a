"""A picture of the user's, for `--mode=predict`, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image
from rich.console import Console
from rich.table import Table
from rich.text import Text

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


def show_likeliest(what: str, likeliest: Iterable[tuple[str, float]]) -> None:
    """Prints a table of names with their probabilities."""
    table = Table(what, "probability", box=None, pad_edge=False)
    for name, probability in likeliest:
        table.add_row(Text(name), f"{100 * probability:.1f}%")
    Console().print(table)
