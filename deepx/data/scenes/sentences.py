"""Sentences about a scene of one object, as words, as numbers, and read back.

Every scene can be told in several wordings, of which some keep silent on the size or the place. All sentences are in
one table of word numbers, so that a sentence is drawn by indexing, inside a compiled step.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import NamedTuple

import numpy as np

from deepx.data.captions import Vocabulary, encode, words
from deepx.data.scenes.attributes import CLASSES, COUNTS, GRID, PLACES


class Words(NamedTuple):
    """What sizes and places are called, by their number."""

    size: tuple[str, ...]
    place: tuple[str, ...]


PLAIN = Words(
    ("small", "large"),
    (
        "in the upper left",
        "at the top",
        "in the upper right",
        "on the left",
        "in the middle",
        "on the right",
        "in the lower left",
        "at the bottom",
        "in the lower right",
    ),
)
OTHER = Words(
    ("little", "big"),
    (
        "in the top left corner",
        "near the top",
        "in the top right corner",
        "near the left",
        "in the centre",
        "near the right",
        "in the bottom left corner",
        "near the bottom",
        "in the bottom right corner",
    ),
)
TEMPLATES = (
    "a {size} {colour} {shape} {place}",
    "there is a {size} {colour} {shape} {place}",
    "{place} there is a {size} {colour} {shape}",
    "a {colour} {shape} that is {size} {place}",
    "{place} a {shape} {size} and {colour}",
    "a {colour} {shape} {place}",
    "a {size} {colour} {shape}",
)
WORDINGS = tuple(itertools.product(TEMPLATES, (PLAIN, OTHER)))
# Whether a wording tells an attribute.
TOLD = {name: np.array([f"{{{name}}}" in template for template, _ in WORDINGS]) for name in CLASSES}


def sentence(wording: int, colour: int, shape: int, size: int, place: int) -> str:
    """The scene in the words of `WORDINGS[wording]`."""
    template, called = WORDINGS[wording]
    text = template.format(
        colour=CLASSES["colour"][colour],
        shape=CLASSES["shape"][shape],
        size=called.size[size],
        place=called.place[place],
    )
    return re.sub(r"\ba(?= [aeiou])", "an", text)


@cache
def _everything() -> tuple[Vocabulary, np.ndarray]:
    counts = (len(WORDINGS), *COUNTS.values())
    texts = [sentence(*numbers) for numbers in np.ndindex(counts)]
    known = Vocabulary(tuple(sorted({word for text in texts for word in words(text)})))
    return known, encode(texts, known).reshape(*counts, -1)


def vocabulary() -> Vocabulary:
    """Every word of every sentence."""
    return _everything()[0]


def table() -> np.ndarray:
    """All sentences as word numbers, int32 [wording, colour, shape, size, place, T], 0 behind the end."""
    return _everything()[1]


def parse(text: str) -> dict[str, int]:
    """What a sentence tells: attributes with their classes, of which the sentence may leave out any.

    Raises ValueError where it names two of a kind.
    """
    said = words(text)
    size = {name: i for called in (PLAIN, OTHER) for i, name in enumerate(called.size)}
    told = {name: {CLASSES[name].index(word) for word in said if word in CLASSES[name]} for name in ("colour", "shape")}
    told["size"] = {size[word] for word in said if word in size}
    row = {line for word, line in ROWS.items() if word in said}
    column = {line for word, line in COLUMNS.items() if word in said}
    middle = {1} if {"middle", "centre"} & set(said) else set()
    if row or column or middle:
        told["place"] = {GRID * r + c for r in row or {1} for c in column or {1}} | {4 for _ in middle}
    for name, classes in told.items():
        if len(classes) > 1:
            names = ", ".join(CLASSES[name][i] for i in sorted(classes))
            raise ValueError(f"{text!r} tells more than one {name}: {names}")
    return {name: classes.pop() for name, classes in told.items() if classes}


ROWS = {"upper": 0, "top": 0, "lower": 2, "bottom": 2}
COLUMNS = {"left": 0, "right": 2}
assert len(PLACES) == len(PLAIN.place) == len(OTHER.place) == GRID**2
