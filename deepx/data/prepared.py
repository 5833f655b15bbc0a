"""Data sets of TensorFlow Datasets as `scripts/prepare_data` left them on the disk, read without TensorFlow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds
from google.protobuf.json_format import ParseError

from deepx.data.errors import DataCorrupt, DataNotPrepared


def data_directory(data_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where data sets are: `data_dir`, else the environment's TFDS_DATA_DIR, else TFDS's own ~/tensorflow_datasets."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def rows(
    builder: tfds.core.DatasetBuilder, split: str, decoders: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """The examples of a split, in the order of the files. Raises DataCorrupt, ValueError for a split there is not.

    decoders: TFDS's, of features that are not to be decoded in the usual way.
    """
    source = builder.as_data_source(split, decoders=decoders)
    try:
        for start in range(0, len(source), 1000):
            yield from source.__getitems__(range(start, min(start + 1000, len(source))))
    except Exception as error:  # array_record's, the parser's, the decoder's: none of them names the file
        files = ", ".join(str(file) for file in builder.info.splits[split.split("[")[0]].filepaths)
        name = builder.info.full_name.rpartition("/")[0]
        data_dir = builder.data_path.parents[name.count("/") + 1]
        raise DataCorrupt(
            f"The data set {name!r} has a file that is missing, cut short or damaged: {files} ({error}). Delete "
            f"{builder.data_dir} and prepare the data set again: `{_command(name, data_dir)}`."
        ) from error


def provenance(name: str, data_dir: str | os.PathLike[str] | None = None) -> str:
    """What the prepared data set says of itself, for the record of a run: name, version and first sentence.

    Raises DataNotPrepared.
    """
    builder = prepared(name, data_dir)
    about = json.loads((Path(builder.data_dir) / "dataset_info.json").read_text())  # builder.info tells TFDS's own text
    sentence = about.get("description", "").partition("\n")[0].partition(". ")[0]
    return f"TFDS {builder.info.full_name}: {sentence.rstrip('.')}"


def class_names(name: str, data_dir: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """What the labels of a prepared data set are called; else their numbers. Raises DataNotPrepared, DataCorrupt."""
    return tuple(prepared(name, data_dir).info.features["label"].names)


def prepared(name: str, data_dir: str | os.PathLike[str] | None) -> tfds.core.DatasetBuilder:
    """The reader of a data set that is there in the form we read. Raises DataNotPrepared, DataCorrupt."""
    folder = data_directory(data_dir)
    try:
        found = tfds.builder(name, data_dir=folder)
    except (tfds.core.DatasetNotFoundError, ModuleNotFoundError):  # TFDS's description of some needs TensorFlow
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
