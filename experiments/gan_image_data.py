"""The images that nets learn to make from noise, brought into one form: `config.data.name` chooses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from deepx.data import faces, images, prepared, squares
from deepx.data.images import Images
from deepx.data.scenes import kinds
from deepx.engine.errors import UserError

SCENES = 24_000  # generated scenes, of which some are held out
LEARNT = 5  # images to learn from, at least: a sample is shown beside the nearest of them
HELD_OUT = 4  # images held out, at least: two validate and two test, for a variance needs two


class Sets(NamedTuple):
    """uint8 images with labels, and where they came from.

    kinds: where labels are 2 a + b of attributes a and b, what each of the four is called; else none.
    """

    train: Images
    valid: Images
    test: Images
    provenance: str
    kinds: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        return int(self.train["label"].max()) + 1


def image_data(data: ConfigDict, shape: tuple[int, int, int]) -> Sets:
    """What `data.name` names: a prepared set of small images, or what is made in `shape`, of which those must be.

    Made are 'celeb_a', prepared too; 'digits', 'scenes' and 'generated', which need no download; and, where the name
    has a slash, the pictures in that folder. Raises UserError, DataNotPrepared, DataCorrupt.
    """
    size, _, channels = shape
    if data.name == "celeb_a":
        splits = "train", f"validation[:{data.held_out}]", "test"
        train, valid, test = (faces.load(split, size) for split in splits)
        return Sets(train, valid, test, prepared.provenance(data.name), faces.KINDS)
    if data.name == "scenes":
        return Sets(*parts(data, kinds.images(SCENES, size)), "generated scenes", kinds.KINDS)
    if data.name == "digits":
        return Sets(*parts(data, images.digits(size)), "scikit-learn's digits")
    if data.name == "generated":
        return Sets(*parts(data, images.generated_images(96, shape=shape)), "generated")
    if "/" in data.name:
        pictures = squares.load(data.name, size, channels)
        return Sets(*parts(data, pictures), f"{len(pictures['label'])} pictures in the folder {Path(data.name).name}")
    train, valid = images.split(everything := images.load(data.name, "train"), *counts(data, everything))
    return Sets(train, valid, images.load(data.name, "test"), prepared.provenance(data.name))


def parts(data: ConfigDict, everything: Images) -> tuple[Images, Images, Images]:
    """Of images without a test set: what is held out validates and tests by halves."""
    learnt, held_out = counts(data, everything)
    train, valid, test = images.split(everything, learnt, held_out // 2, -(-held_out // 2))
    return train, valid, test


def counts(data: ConfigDict, everything: Images) -> tuple[int, int]:
    """How many images are learnt from, and how many held out. Raises UserError where these are too few."""
    learnt = (total := len(everything["label"])) - data.held_out
    if learnt < LEARNT or data.held_out < HELD_OUT:
        raise UserError(
            f"data.held_out is {data.held_out}, of {total} images; it must be {HELD_OUT} or more and leave {LEARNT} or "
            "more to learn from."
        )
    return learnt, data.held_out
