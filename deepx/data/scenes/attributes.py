"""What there is to tell of an object, and which colours no training scene joins to which shapes."""

from __future__ import annotations

import numpy as np

COLOURS = {  # red, green and blue, from 0 to 1
    "red": (0.86, 0.14, 0.14),
    "orange": (0.97, 0.55, 0.08),
    "yellow": (0.95, 0.88, 0.12),
    "green": (0.16, 0.62, 0.22),
    "turquoise": (0.20, 0.80, 0.80),
    "blue": (0.15, 0.28, 0.85),
    "purple": (0.55, 0.17, 0.68),
    "black": (0.08, 0.08, 0.08),
}
SHAPES = ("circle", "square", "triangle", "cross")
SIZES = {"small": 0.10, "large": 0.145}  # the radius, in sides of the picture
PLACES = (  # the cells of a grid of three by three, in reading order
    "upper left",
    "top",
    "upper right",
    "left",
    "middle",
    "right",
    "lower left",
    "bottom",
    "lower right",
)
GRID = 3
CLASSES = {"colour": tuple(COLOURS), "shape": SHAPES, "size": tuple(SIZES), "place": PLACES}
COUNTS = {name: len(classes) for name, classes in CLASSES.items()}

ALL = np.stack(np.meshgrid(range(len(COLOURS)), range(len(SHAPES)), indexing="ij"), -1).reshape(-1, 2)
# One shape of each colour, two colours of each shape: known one by one, and never seen together.
HELD_OUT = ALL[ALL[:, 0] % len(SHAPES) == ALL[:, 1]]
SEEN = ALL[ALL[:, 0] % len(SHAPES) != ALL[:, 1]]
PAIRS = {"all": ALL, "seen": SEEN, "held_out": HELD_OUT}  # rows of (colour, shape)
