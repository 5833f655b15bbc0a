"""ImageNet (ILSVRC 2012) as batches that the host reads, with the pictures that He et al. 2015 made of its photographs.

`./scripts/prepare_data imagenet2012` says which files it needs: they must be asked for at image-net.org. An example is
{"image": uint8 [H, W, 3], "label"}, of any size. What is drawn from it is a function of the example and a generator.
Pictures stay bytes until they are on the device; the light to be added to each travels beside it (`normalised`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

import grain
import jax
import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from deepx.data import augment, images
from deepx.data.errors import DataCorrupt
from deepx.data.prepared import prepared

Array = jax.Array
Example = Mapping[str, Any]
Dataset = grain.MapDataset  # of examples or of batches

# Of red, green and blue in the training set, in steps of 0 to 255: those that nets trained elsewhere expect.
MEAN = 255 * np.array([0.485, 0.456, 0.406], np.float32)
STD = 255 * np.array([0.229, 0.224, 0.225], np.float32)
# Eigenvalues and eigenvectors (columns) of the covariance of colours from 0 to 1, as fb.resnet.torch has them.
EIGENVALUES = np.array([0.2175, 0.0188, 0.0045])
EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])


def photographs(split: str, name: str = "imagenet2012", data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """The examples of a split, "train[10000:]" or "validation", in the order of the files.

    name: of a TFDS data set with an `image` of any size and a `label`. data_dir: see `prepared.data_directory`.

    Raises DataNotPrepared, DataCorrupt, and ValueError for a split that there is not; reading raises DataCorrupt.
    """
    return grain.MapDataset.source(Photographs(prepared(name, data_dir), split))


def generated(count: int, *, seed: int = 0, classes: int = 10) -> Dataset:
    """Fake photographs of 64 x 64 pixels in the form of `photographs`, for quick runs without data."""
    everything = images.generated_images(count, shape=(64, 64, 3), classes=classes, seed=seed)
    return grain.MapDataset.range(count).map(lambda i: {name: array[i] for name, array in everything.items()})


class Photographs:
    """A split of a prepared data set, decoded (by Pillow, or by OpenCV where that is installed) as it is read."""

    def __init__(self, builder: tfds.core.DatasetBuilder, split: str):
        self.builder, self.split, self.source = builder, split, builder.as_data_source(split)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> Example:
        try:
            example = self.source[i]
        except Exception as error:  # array_record's, the parser's, the decoder's
            raise DataCorrupt(
                f"Example {i} of the split {self.split!r} in {self.builder.data_dir} cannot be read ({error}). "
                "Delete that folder and prepare the data set again."
            ) from error
        return {"image": example["image"], "label": np.int32(example["label"])}


def training(
    examples: Dataset, seed: int, batch_size: int, *, shorter: tuple[int, int] = (256, 480), size: int = 224
) -> Dataset:
    """Endless shuffled batches {"image": uint8 [N, size, size, 3], "light": [N, 1, 1, 3], "label"}, see `augmented`.

    Batch i is a function of (seed, i): every pass has an order and crops of its own.
    """
    check(min(shorter), size)
    view = partial(augmented, shorter=shorter, size=size)
    return examples.seed(seed).shuffle().random_map(view).repeat().batch(batch_size, drop_remainder=True)


def evaluation(examples: Dataset, batch_size: int, *, shorter: int = 256, size: int = 224, crops: int = 1) -> Dataset:
    """One pass in order: {"image": uint8 [N, crops, size, size, 3], "label", "mask"}; mask is 0 for padding at the end.

    crops: 1, the centre, or 10, see `ten_crops`. The paper's tables 2 and 3 average what a net says of ten.
    """
    check(shorter, size)
    if crops not in (1, 10):
        raise ValueError(f"crops must be 1 or 10, got {crops}")
    count = len(examples)

    def row(i: int) -> Example:
        example = examples[i]  # behind the last one, they begin again
        return {**example, "image": views(example["image"], shorter, size, crops), "mask": np.float32(i < count)}

    rows = -(-count // batch_size) * batch_size
    return grain.MapDataset.range(rows).map(row).batch(batch_size)


def views(image: np.ndarray, shorter: int, size: int, crops: int) -> np.ndarray:
    """What a tested net sees of a photograph [H, W, 3]: uint8 [crops, size, size, 3], see `evaluation`."""
    cut = centre_crop if crops == 1 else ten_crops
    return cut(resized(image, shorter), size)


def normalised(pictures: Array, light: Array | float = 0.0) -> Array:
    """(pictures + light - MEAN) / STD in float32: what a net is given. He et al. subtract the mean of every pixel."""
    return augment.normalise(pictures, MEAN - light, STD)


def augmented(example: Example, rng: np.random.Generator, *, shorter: tuple[int, int], size: int) -> Example:
    """A training picture (He et al. 2015, section 3.4), and the light to be added to it.

    The shorter side is resized to a length drawn from `shorter`, both ends included; a crop of `size` pixels square is
    taken at a uniform place, and mirrored with probability 1/2.
    """
    image = resized(example["image"], rng.integers(*shorter, endpoint=True))
    top, left = (rng.integers(side - size, endpoint=True) for side in image.shape[:2])
    picture = crop(image, top, left, size)
    picture = picture[:, ::-1] if rng.random() < 0.5 else picture
    return {"image": np.ascontiguousarray(picture), "light": light(rng), "label": example["label"]}


def light(rng: np.random.Generator) -> np.ndarray:
    """What is added to every pixel, [1, 1, 3] in steps of 0 to 255 (Krizhevsky et al. 2012, section 4.1).

    The sum of the principal components p_k of the colours, each times its eigenvalue and alpha_k ~ N(0, 0.1).
    """
    alpha = rng.normal(0, 0.1, 3)
    return 255 * (EIGENVECTORS @ (alpha * EIGENVALUES)).astype(np.float32).reshape(1, 1, 3)


def resized(image: np.ndarray, shorter: int) -> np.ndarray:
    """The image [H, W, 3] with `shorter` pixels on its shorter side and its proportions kept, bilinear, antialiased."""
    sides = np.array(image.shape[:2])
    height, width = np.rint(sides * shorter / sides.min()).astype(int).tolist()
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def crop(image: np.ndarray, top: int, left: int, size: int) -> np.ndarray:
    return image[top : top + size, left : left + size]


def centre_crop(image: np.ndarray, size: int) -> np.ndarray:
    """The square in the middle, [1, size, size, 3]; where that is between two pixels, the upper and left one."""
    top, left = ((side - size) // 2 for side in image.shape[:2])
    return crop(image, top, left, size)[None]


def ten_crops(image: np.ndarray, size: int) -> np.ndarray:
    """The four corners, the centre, and these mirrored, [10, size, size, 3] (Krizhevsky et al. 2012, section 4.1)."""
    bottom, right = (side - size for side in image.shape[:2])
    corners = [crop(image, top, left, size) for top in (0, bottom) for left in (0, right)]
    five = np.stack([*corners, *centre_crop(image, size)])
    return np.concatenate([five, five[:, :, ::-1]])


def check(shorter: int, size: int) -> None:
    """Raises ValueError where a crop of `size` does not fit into an image of the shorter side `shorter`."""
    if not 0 < size <= shorter:
        raise ValueError(f"crops of {size} pixels do not fit into images whose shorter side has {shorter}")
