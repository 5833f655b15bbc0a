"""Labelled images as two NumPy arrays, read from prepared TFDS data sets without TensorFlow.

Small image sets fit in memory, on the device as well, so they are decoded once, up front. `scripts/prepare_data` is
what prepares them; reading needs Pillow only. The 50,000 images of CIFAR-10 take five seconds; threads would not help,
since most of that is Python.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from deepx.data.prepared import prepared, rows

Images = Mapping[str, np.ndarray]  # {"image": uint8 [N, H, W, C], "label": int32 [N]}


def load(name: str, split: str, data_dir: str | os.PathLike[str] | None = None) -> Images:
    """Every example of a split: {"image": uint8 [N, H, W, C], "label": int32 [N]}, in the order of the files.

    name:      of a TFDS data set with an `image` of fixed shape and a `label`: "cifar10", "cifar100", "mnist".
    split:     "train", "test", or a slice in TFDS's notation, "train[:1000]".
    data_dir:  where data sets are, see `data_directory`.

    Raises DataNotPrepared, DataCorrupt, and ValueError for a split that the data set does not have.
    """
    builder = prepared(name, data_dir)
    count = builder.info.splits[split].num_examples
    images = np.empty((count, *builder.info.features["image"].shape), np.uint8)
    labels = np.empty(count, np.int32)
    for row, example in enumerate(rows(builder, split)):
        images[row], labels[row] = example["image"], example["label"]
    return {"image": images, "label": labels}


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


def digits(size: int) -> Images:
    """The 1,797 handwritten digits that scikit-learn brings along, 8x8 in grey, in the form of `load`: no download.

    Their pixels become squares of equal whole size, as large as fit into `size` x `size`, with black around them.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    scale = size // 8
    small = np.round(found.images * (255 / 16)).astype(np.uint8)
    large = small.repeat(scale, 1).repeat(scale, 2)
    before = (size - 8 * scale) // 2
    after = size - 8 * scale - before
    padded = np.pad(large, ((0, 0), (before, after), (before, after)))
    return {"image": padded[..., None], "label": found.target.astype(np.int32)}


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
