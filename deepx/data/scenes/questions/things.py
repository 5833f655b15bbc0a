"""What questions speak of: the things of a scene as words and cells, and descriptions of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from deepx.data.scenes import Objects
from deepx.data.scenes.attributes import COLOURS as SHADES
from deepx.data.scenes.attributes import GRID, SHAPES, SIZES

COLOURS = ("red", "yellow", "green", "blue")  # far from one another, as pictures are small
PAIRS = np.array([(list(SHADES).index(colour), shape) for colour in COLOURS for shape in range(len(SHAPES))])


class Thing(NamedTuple):
    size: str
    colour: str
    shape: str
    column: int
    row: int


class Description(NamedTuple):
    """What is told of a thing, in the order in which it is said; "" is not told."""

    size: str = ""
    colour: str = ""
    shape: str = ""

    def fits(self, thing: Thing) -> bool:
        size, colour, shape = self
        return size in ("", thing.size) and colour in ("", thing.colour) and shape in ("", thing.shape)


VALUES = {"size": tuple(SIZES), "colour": COLOURS, "shape": SHAPES}  # of a description
TOLD = tuple(itertools.product((False, True), repeat=len(VALUES)))  # which of size, colour and shape are told


def describe(thing: Sequence[Any], told: Sequence[bool]) -> Description:
    return Description(*(value if yes else "" for value, yes in zip(thing, told, strict=False)))


class Things(tuple[Thing, ...]):
    """The things of one scene."""

    @cached_property
    def one_each(self) -> dict[Description, Thing]:
        """Every description that fits one thing and no other, with its thing."""
        fitting = [(describe(thing, told), thing) for thing in self for told in TOLD]
        count = Counter(description for description, _ in fitting)
        return {description: thing for description, thing in fitting if count[description] == 1 and any(description)}

    @cached_property
    def described(self) -> dict[str, list[Description]]:
        """The descriptions of `one_each`: by an attribute, those that do not tell it; by "", all."""
        without = {name: [d for d in self.one_each if not getattr(d, name)] for name in Description._fields}
        return {"": list(self.one_each), **without}

    def count(self, description: Description) -> int:
        return sum(map(description.fits, self))


def of_objects(objects: Objects) -> list[Things]:
    """The things of every scene."""
    fields = (objects.there, objects.size, objects.colour, objects.shape, objects.place)
    return [
        Things(
            Thing(list(SIZES)[size], list(SHADES)[colour], SHAPES[shape], place % GRID, place // GRID)
            for there, size, colour, shape, place in zip(*of_scene, strict=True)
            if there
        )
        for of_scene in zip(*(np.asarray(field).tolist() for field in fields), strict=True)
    ]
