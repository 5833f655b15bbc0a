"""Labelled images as two NumPy arrays, read from prepared TFDS data sets without TensorFlow.

Small image sets fit in memory, on the device as well, so they are decoded once, up front. `scripts/prepare_data` is
what prepares them; reading needs Pillow only. The 50,000 images of CIFAR-10 take five seconds; threads would not help,
since most of that is Python.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from google.protobuf.json_format import ParseError

Images = Mapping[str, np.ndarray]  # {"image": uint8 [N, H, W, C], "label": int32 [N]}


class DataNotPrepared(FileNotFoundError):
    """The data set is not in the data directory. The message says how to get it there."""


class DataCorrupt(ValueError):
    """A file of the data set is missing, cut short or damaged. The message names it."""


def data_directory(data_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where data sets are: `data_dir`, else the environment's TFDS_DATA_DIR, else TFDS's own ~/tensorflow_datasets."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def load(name: str, split: str, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Every example of a split: {"image": uint8 [N, H, W, C], "label": int32 [N]}, in the order of the files.

    name:      of a TFDS data set with an `image` of fixed shape and a `label`: "cifar10", "cifar100", "mnist".
    split:     "train", "test", or a slice in TFDS's notation, "train[:1000]".
    data_dir:  where data sets are, see `data_directory`.

    Raises DataNotPrepared, DataCorrupt, and ValueError for a split that the data set does not have.
    """
    builder = _prepared(name, data_dir)
    source = builder.as_data_source(split)
    images = np.empty((len(source), *builder.info.features["image"].shape), np.uint8)
    labels = np.empty(len(source), np.int32)
    try:
        for start in range(0, len(source), 1000):
            rows = range(start, min(start + 1000, len(source)))
            for row, example in zip(rows, source.__getitems__(rows), strict=True):
                images[row], labels[row] = example["image"], example["label"]
    except Exception as error:  # array_record's, the parser's, the decoder's: none of them names the file
        files = ", ".join(str(file) for file in builder.info.splits[split.split("[")[0]].filepaths)
        raise DataCorrupt(
            f"The data set {name!r} has a file that is missing, cut short or damaged: {files} ({error}). Delete "
            f"{builder.data_dir} and prepare the data set again: `{_command(name, data_dir)}`."
        ) from error
    return {"image": images, "label": labels}


def provenance(name: str, data_dir: str | os.PathLike[str] | None = None) -> str:
    """What the prepared data set says of itself, for the record of a run: name, version and first sentence.

    Raises DataNotPrepared.
    """
    builder = _prepared(name, data_dir)
    about = json.loads((Path(builder.data_dir) / "dataset_info.json").read_text())  # builder.info tells TFDS's own text
    sentence = about.get("description", "").partition("\n")[0].partition(". ")[0]
    return f"TFDS {builder.info.full_name}: {sentence.rstrip('.')}"


def _prepared(name: str, data_dir: str | os.PathLike[str] | None) -> tfds.core.DatasetBuilder:
    """The reader of a data set that is there in the form we read; else DataNotPrepared."""
    folder = data_directory(data_dir)
    try:
        found = tfds.builder(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError:
        found = None
    except (ParseError, ValueError) as error:
        raise DataCorrupt(
            f"The description of the data set {name!r} in {folder / name} (dataset_info.json, features.json) cannot be "
            f"read: {error} Delete that folder and prepare the data set again: `{_command(name, folder)}`."
        ) from error
    if found and found.is_prepared() and found.info.file_format is tfds.core.FileFormat.ARRAY_RECORD:
        return found
    raise DataNotPrepared(
        f"The data set {name!r} is not prepared (in array_record form) in {folder}. Prepare it with "
        f"`{_command(name, folder)}`, or set TFDS_DATA_DIR to the directory where it is."
    )


def _command(name: str, data_dir: str | os.PathLike[str] | None) -> str:
    return f"./scripts/prepare_data {name} --data_dir={data_directory(data_dir)}"


def split(arrays: Images, *counts: int) -> tuple[Images, ...]:
    """Parts of the given sizes, which must add up: `split(train, 45_000, 5_000)` for training and validation.

    The examples are shuffled first by one fixed permutation, which depends on their number alone: the same part in
    every run, on every machine, whatever the run's seed. (`RandomState`, since NumPy promises never to change its
    stream.) The order within a part is that permutation's too.
    """
    total = len(arrays["label"])
    if sum(counts) != total:
        raise ValueError(f"the parts {counts} must add up to the {total} examples there are")
    order = np.random.RandomState(0).permutation(total)
    parts = np.split(order, np.cumsum(counts)[:-1])
    return tuple({name: array[part] for name, array in arrays.items()} for part in parts)


def generated_images(
    count: int, *, shape: tuple[int, int, int] = (32, 32, 3), classes: int = 10, seed: int = 0
) -> Images:
    """Fake images that can be learnt, in the form of `load`, for quick runs without data.

    Each class has a pattern of coarse patches, the same for every seed; an image is its class's pattern under noise.
    `seed` draws labels and noise: take one for training and another for test.
    """
    height, width, channels = shape
    patches = np.random.default_rng(0).uniform(64, 192, (classes, 4, 4, channels))
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    patterns = patches[:, rows][:, :, columns]

    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count, dtype=np.int32)
    noise = rng.normal(0, 32, (count, *shape))
    return {"image": np.clip(patterns[labels] + noise, 0, 255).astype(np.uint8), "label": labels}
