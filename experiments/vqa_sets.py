"""The sets of questions about images that there are: `config.data.name` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from ml_collections import ConfigDict
from PIL import Image

from deepx.data import easy_vqa
from deepx.data.scenes import questions as scene_questions
from deepx.data.vqa import Question, clevr, official
from deepx.data.vqa.pictures import Files, squared
from deepx.engine.errors import UserError, nearest


class Pictures(Protocol):
    """uint8 [P, P, 3] each: an array, or what reads them one by one."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> np.ndarray: ...


class Part(NamedTuple):
    """Pictures, and questions about them. name: by which what is computed of these pictures is kept."""

    name: str
    pictures: Pictures
    questions: Sequence[Question]


class Parts(NamedTuple):
    """What there is to train on, to validate with and to test. fitted: a picture [H, W, 3], P -> it as theirs are."""

    train: Part
    valid: Part
    test: Part
    provenance: str
    fitted: Callable[[np.ndarray, int], np.ndarray] = squared


def parts(data: ConfigDict) -> Parts:
    """The set that a config's `data` section names. Raises UserError, DataNotPrepared, DataCorrupt."""
    if data.name not in SETS:
        raise UserError(f"data.name is {data.name!r}; it must be one of {', '.join(SETS)}.{nearest(data.name, SETS)}")
    return SETS[data.name](data)


def of_easy_vqa(data: ConfigDict) -> Parts:
    """easy-VQA; `held_out` of its training pictures validate."""
    if data.size > easy_vqa.SIDE:
        raise UserError(f"easy-VQA's pictures have {easy_vqa.SIDE} pixels, and data.size is {data.size}.")
    train, test = (Part(name, *easy_vqa.questions(name, size=data.size)) for name in ("train", "test"))
    return Parts(*held_out(train, data.held_out), test, "easy-VQA 1.0")


def of_scenes(data: ConfigDict) -> Parts:
    """Generated scenes: `scenes` of them, `held_out` others that validate, and as many that test."""
    counts = {"train": data.scenes, "valid": data.held_out, "test": data.held_out}
    train, valid, test = (
        Part(name, *scene_questions.generate(count, data.per_scene, seed, data.size))
        for seed, (name, count) in enumerate(counts.items())
    )
    return Parts(train, valid, test, "generated")


def of_clevr(data: ConfigDict) -> Parts:
    """CLEVR; its validation set tests, since its test set has no answers, and `held_out` training pictures validate."""
    train, test = (
        Part(split, clevr.Images(split, data.size), clevr.questions(split)) for split in ("train", "validation")
    )
    return Parts(
        *held_out(train, data.held_out),
        test,
        f"TFDS {clevr.NAME}",
        lambda picture, size: clevr.squeezed(Image.fromarray(picture), size),
    )


def of_vqa(data: ConfigDict) -> Parts:
    """VQA in its official files, several of them joined by commas; `held_out` training pictures validate."""
    train, test = (files(name, data.files[name], data.size) for name in ("train", "test"))
    told = ", ".join(Path(file).name for name in ("train", "test") for file in data.files[name].questions.split(","))
    return Parts(*held_out(train, data.held_out), test, f"VQA: {told}")


def files(name: str, given: ConfigDict, size: int) -> Part:
    """What the files of questions and of annotations, and the folders of images, hold together."""
    lists = {flag: [part for part in given[flag].split(",") if part] for flag in ("questions", "annotations", "images")}
    if not lists["questions"] or len({len(of) for of in lists.values()}) > 1:
        told = ", ".join(f"{len(of)} of {flag}" for flag, of in lists.items())
        raise UserError(
            f"Give data.files.{name}.questions, .annotations and .images, as many of each, joined by commas; "
            f"there are {told}."
        )
    paths, questions = [], []
    for asked_in, answered_in, folder in zip(*lists.values(), strict=True):
        found, images = official.questions(asked_in, answered_in, folder)
        questions += [question._replace(image=question.image + len(paths)) for question in found]
        paths += images
    return Part(name, Files(paths, size), questions)


SETS: Mapping[str, Callable[[ConfigDict], Parts]] = {
    "easy_vqa": of_easy_vqa,
    "scenes": of_scenes,
    "clevr": of_clevr,
    "vqa": of_vqa,
}


def held_out(part: Part, count: int) -> tuple[Part, Part]:
    """Questions about all pictures but `count`, and about those; the same ones in every run. Raises UserError."""
    total = len(part.pictures)
    if not 0 < count < total:
        raise UserError(f"data.held_out is {count}; it must leave some of the {total} training pictures to both sides.")
    others = set(np.random.RandomState(0).permutation(total)[:count].tolist())
    sides = ([q for q in part.questions if (q.image in others) == held] for held in (False, True))
    train, valid = (part._replace(questions=side) for side in sides)
    return train, valid
