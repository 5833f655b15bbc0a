"""easy-VQA: 5,000 pictures of 64 pixels with one shape each, which the package `easy-vqa` carries (MIT licence).

`questions` reads its 48,248 questions, which have 13 answers. `load` reads its pictures with what they show, colour and
shape, as questions and answers tell them: both of nine pictures in ten; the others it leaves out.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from deepx.data.captions import Vocabulary, encode, vocabulary_of
from deepx.data.errors import DataNotPrepared
from deepx.data.vqa import Question

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
    folder = part(split, folder)
    shown: dict[int, dict[str, int]] = {}
    for question, answer, number in asked(folder):
        shown.setdefault(number, {}).update(told(question, answer))
    complete = sorted(number for number, of in shown.items() if len(of) == len(CLASSES))
    of_class = {name: np.array([shown[number][name] for number in complete], np.int32) for name in CLASSES}
    return {"image": pictures(folder, complete, size), **of_class}


def questions(split: str, folder: Path | None = None, *, size: int = SIDE) -> tuple[np.ndarray, list[Question]]:
    """Pictures uint8 [N, size, size, 3] of "train" or "test", and all questions about them; kinds as in `kind`.

    Arguments and errors as those of `load`.
    """
    folder = part(split, folder)
    found = asked(folder)
    numbers = sorted({number for _, _, number in found})
    place = {number: i for i, number in enumerate(numbers)}
    return pictures(folder, numbers, size), [
        Question(place[number], text, (answer,), kind(answer)) for text, answer, number in found
    ]


def kind(answer: str) -> str:
    """What is asked: "colour", "shape", or "yes/no"."""
    return next((name for name, classes in CLASSES.items() if answer in classes), "yes/no")


def part(split: str, folder: Path | None) -> Path:
    if split not in ("train", "test"):
        raise ValueError(f"easy-VQA has the splits 'train' and 'test', not {split!r}")
    return (folder or installed()) / split


def asked(folder: Path) -> list[tuple[str, str, int]]:
    """Questions with their answers and the numbers of their pictures."""
    return [tuple(one) for one in json.loads((folder / "questions.json").read_text())]


def pictures(folder: Path, numbers: Sequence[int], size: int) -> np.ndarray:
    return np.stack([np.asarray(scaled(Image.open(folder / "images" / f"{n}.png"), size)) for n in numbers])


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
