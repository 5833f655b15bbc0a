"""A prepared data set as TFDS lays it out, of a few examples that a test makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds
from array_record.python.array_record_module import ArrayRecordWriter


def write(
    data_dir: Path,
    name: str,
    features: tfds.features.FeatureConnector,
    splits: Mapping[str, Iterable[Any]],
    version: str = "1.0.0",
    **described: str,
) -> Path:
    """Writes the examples of all splits, a file each, and returns their folder. name: as "wmt14_translate/fr-en"."""
    folder = data_dir / name / version
    folder.mkdir(parents=True)
    features.save_config(folder)
    dataset, _, config = name.partition("/")
    counts = {split: 0 for split in splits}
    for split, examples in splits.items():
        writer = ArrayRecordWriter(str(folder / f"{dataset}-{split}.array_record-00000-of-00001"), "group_size:1")
        for example in examples:
            writer.write(features.serialize_example(features.encode_example(example)))
            counts[split] += 1
        writer.close()
    template = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    info = {
        "name": dataset,
        "version": version,
        "fileFormat": "array_record",
        "splits": [
            {"name": split, "shardLengths": [str(count)], "filepathTemplate": template}
            for split, count in counts.items()
        ],
        **({"configName": config} if config else {}),
        **described,
    }
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder
