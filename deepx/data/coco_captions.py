"""COCO captions (Chen et al. 2015, arXiv 1504.00325): photographs with five sentences each, as batches the host reads.

`./scripts/prepare_data coco_captions/2014:1.1.0` prepares it. Photographs are cut to the square in the middle, and
made small.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import grain
import numpy as np
import tensorflow_datasets as tfds

from deepx.data import imagenet
from deepx.data.captions import Vocabulary, encode, vocabulary_of
from deepx.data.errors import DataCorrupt
from deepx.data.prepared import prepared

NAME = "coco_captions/2014:1.1.0"  # with its version, TFDS reads the description on the disk
CAPTIONS = 5
Dataset = grain.MapDataset


class Captioned:
    """A split: {"image": uint8 [size, size, 3], "words": int32 [5, length]}. Reading raises DataCorrupt.

    Where a photograph has more sentences, the first five count; where it has fewer, they begin again.
    """

    def __init__(self, source: Any, vocabulary: Vocabulary, *, size: int, length: int):
        self.source, self.vocabulary, self.size, self.length = source, vocabulary, size, length

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> Mapping[str, np.ndarray]:
        try:
            example = self.source[i]
        except Exception as error:  # array_record's, the parser's, the decoder's
            raise DataCorrupt(
                f"Example {i} of {NAME!r} cannot be read ({error}). Delete the data set and prepare it again."
            ) from error
        small = imagenet.resized(example["image"], self.size)
        texts = [text for text in captions(example) if text.strip()]
        words_CT = encode([texts[c % len(texts)] for c in range(CAPTIONS)], self.vocabulary, self.length)
        return {"image": imagenet.centre_crop(small, self.size)[0], "words": words_CT}


def captions(example: Mapping[str, Any]) -> list[str]:
    """The sentences of an example, as text."""
    texts = example["captions"]["text"]
    return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]


def photographs(
    split: str, vocabulary: Vocabulary, *, size: int, length: int, data_dir: str | os.PathLike[str] | None = None
) -> Dataset:
    """The examples of a split in the order of the files, see `Captioned`. Raises DataNotPrepared, ValueError."""
    source = prepared(NAME, data_dir).as_data_source(split)
    return grain.MapDataset.source(Captioned(source, vocabulary, size=size, length=length))


def vocabulary(split: str, least: int, data_dir: str | os.PathLike[str] | None = None) -> Vocabulary:
    """The words that the captions of a split have at least `least` times. It reads them all, and no photograph."""
    source = prepared(NAME, data_dir).as_data_source(split, decoders={"image": tfds.decode.SkipDecoding()})
    return vocabulary_of((text for i in range(len(source)) for text in captions(source[i])), least)


def training(examples: Dataset, seed: int, batch_size: int) -> Dataset:
    """Endless shuffled batches {"image" [N, size, size, 3], "words" [N, length]}, one of the five sentences each."""

    def one(example: Mapping[str, np.ndarray], rng: np.random.Generator) -> Mapping[str, np.ndarray]:
        picture = example["image"][:, ::-1] if rng.random() < 0.5 else example["image"]
        return {"image": np.ascontiguousarray(picture), "words": example["words"][rng.integers(CAPTIONS)]}

    return examples.seed(seed).shuffle().random_map(one).repeat().batch(batch_size, drop_remainder=True)
