"""`--mode=predict`: a trained context encoder cuts a hole into the user's picture and fills it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from absl import flags

from deepx.data import augment, holes
from deepx.engine.errors import UserError
from deepx.models import context_encoder as model
from deepx.nn.functional import Variables
from experiments.pictures import picture, save

TOP = flags.DEFINE_integer("top", None, "predict: the hole's first row in the picture; default: it is in the middle.")
LEFT = flags.DEFINE_integer("left", None, "predict: the hole's first column in the picture.")


def predict(config: model.Config, variables: Variables) -> None:
    """Writes NAME_filled.png, where a square hole is filled from what is around it. Nothing is resized.

    The net sees `config.size` pixels square with the hole in their middle. Raises UserError where they are not there.
    """
    whole, side = picture(), config.size // 2 - 2 * config.band
    margin = (config.size - side) // 2  # of what is seen, on every side of the hole
    top = place("top", TOP.value, whole.shape[0], side, margin)
    left = place("left", LEFT.value, whole.shape[1], side, margin)
    around = tuple(slice(first - margin, first - margin + config.size) for first in (top, left))
    images = augment.signed(jnp.asarray(whole[around])[None])
    filled = model.fill(config, variables, images, holes.centre(config.size, side))
    result = whole.copy()
    result[around] = np.rint((np.asarray(filled[0]) + 1) * 127.5).astype(np.uint8)
    path = save(result, "filled")
    print(f"{path}: {side} x {side} pixels, from row {top} and column {left} on, are as the net imagines them.")


def place(name: str, given: int | None, length: int, side: int, margin: int) -> int:
    """Where a hole of `side` pixels begins along a side of `length`: where the flag `name` says, or in the middle."""
    last = length - margin - side
    if last < margin:
        raise UserError(f"The picture has a side of {length} pixels; the net needs {side + 2 * margin}.")
    first = (margin + last) // 2 if given is None else given
    if not margin <= first <= last:
        raise UserError(
            f"--{name} is {first}; it must be from {margin} to {last}: the net needs {margin} pixels around."
        )
    return first
