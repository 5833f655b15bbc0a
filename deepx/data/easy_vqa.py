"""easy-VQA: 5,000 pictures of 64 pixels with one shape each, which the package `easy-vqa` carries (MIT licence).

Only its pictures are read, with what they show: colour and shape, as its questions and their answers tell them. Its
questions tell both of nine pictures in ten; the others are left out.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from deepx.data.captions import Vocabulary, encode, vocabulary_of
from deepx.data.errors import DataNotPrepared

CLASSES = {
    "colour": ("red", "green", "blue", "teal", "gray", "black", "yellow", "brown"),
    "shape": ("circle", "rectangle", "triangle"),
}
SIDE = 64  # pixels of its pictures
COUNTS = {name: len(classes) for name, classes in CLASSES.items()}
TEMPLATES = ("a {} {}", "there is a {} {}", "the picture shows a {} {}", "one {} {} on a pale ground")


def load(split: str, folder: Path | None = None, *, size: int = SIDE) -> Mapping[str, np.ndarray]:
    """{"image": uint8 [N, size, size, 3], "colour", "shape": int32 [N]} of "train" or "test", in order of numbers.

    folder: of the package's data. Raises DataNotPrepared where the package is not installed, ValueError for a split
    that there is not.
    """
    if split not in ("train", "test"):
        raise ValueError(f"easy-VQA has the splits 'train' and 'test', not {split!r}")
    folder = (folder or installed()) / split
    shown: dict[int, dict[str, int]] = {}
    for question, answer, number in json.loads((folder / "questions.json").read_text()):
        shown.setdefault(number, {}).update(told(question, answer))
    complete = sorted(number for number, of in shown.items() if len(of) == len(CLASSES))
    pictures = [np.asarray(scaled(Image.open(folder / "images" / f"{number}.png"), size)) for number in complete]
    of_class = {name: np.array([shown[number][name] for number in complete], np.int32) for name in CLASSES}
    return {"image": np.stack(pictures), **of_class}


def scaled(picture: Image.Image, size: int) -> Image.Image:
    """In colours, and where it must be smaller, every pixel the mean of those it stands for."""
    picture = picture.convert("RGB")
    return picture if size == picture.width else picture.resize((size, size), Image.Resampling.BOX)


def told(question: str, answer: str) -> dict[str, int]:
    """What a question with its answer says that the picture shows."""
    said = re.findall("[a-z]+", question.lower())
    denied = answer == ("yes" if {"not", "no"} & set(said) else "no")
    names = {answer} if denied else {answer, *said}
    return {name: i for name, classes in CLASSES.items() for i, of in enumerate(classes) if of in names}


def installed() -> Path:
    """The folder of the package's data. Raises DataNotPrepared."""
    found = importlib.util.find_spec("easy_vqa")
    if found is None or not found.submodule_search_locations:
        raise DataNotPrepared("easy-VQA's pictures come with a package: `pip install easy-vqa`.")
    return Path(found.submodule_search_locations[0]) / "data"


@cache
def _everything() -> tuple[Vocabulary, np.ndarray]:
    counts = len(TEMPLATES), *COUNTS.values()
    colours, shapes = CLASSES.values()
    texts = [TEMPLATES[t].format(colours[c], shapes[s]) for t, c, s in np.ndindex(counts)]
    known = vocabulary_of(texts)
    return known, encode(texts, known).reshape(*counts, -1)


def vocabulary() -> Vocabulary:
    """Every word of every sentence."""
    return _everything()[0]


def table() -> np.ndarray:
    """All sentences as word numbers, int32 [template, colour, shape, T], 0 behind the end."""
    return _everything()[1]
