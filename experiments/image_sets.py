"""The images that nets are trained on, brought into one form: `config.data.name` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import grain
import numpy as np
from ml_collections import ConfigDict

from deepx.data import augment, imagenet, images, prepared, squares
from deepx.engine.data import DeviceData, HostData, epochs, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Key


class ImageSet(NamedTuple):
    """Batches {"image", "label", ...}, with "mask" but in training; what is done to their images inside the step.

    shape: of one "image" in evaluation; a size may be a name. fitted: a picture [H, W, 3] -> such an image, uint8.
    augmented: key, batch -> images [N, H, W, C] for training. views: batch -> images [N, V, H, W, C] for evaluation,
    where what is said of the V views of an image is averaged.
    """

    train: DeviceData | HostData
    valid: DeviceData | HostData
    test: DeviceData | HostData
    augmented: Callable[[Key, Mapping[str, Array]], Array]
    views: Callable[[Mapping[str, Array]], Array]
    shape: tuple[int | str, ...]
    fitted: Callable[[np.ndarray], np.ndarray]
    provenance: str


def image_set(config: ConfigDict) -> ImageSet:
    """The set that `config.data` names: photographs of any size, or small images of one size.

    Raises UserError, DataNotPrepared, DataCorrupt.
    """
    return photographs(config) if "shorter" in config.data else small_images(config)


def photographs(config: ConfigDict) -> ImageSet:
    """ImageNet: what the paper calls its validation set is the test set; `held_out` photographs validate instead."""
    data, evaluation = config.data, config.evaluation
    if data.name == "generated":
        train, valid, test = (imagenet.generated(n, seed=n, classes=config.model.classes) for n in (96, 24, 48))
    else:
        splits = f"train[{data.held_out}:]", f"train[:{data.held_out}]", "validation"
        train, valid, test = (imagenet.photographs(split, data.name) for split in splits)

    def tested(examples, crops: int) -> HostData:
        arguments = {"shorter": data.test_shorter, "size": data.size, "crops": crops}
        return HostData(lambda seed: imagenet.evaluation(examples, evaluation.batch_size, **arguments))

    return ImageSet(
        train=HostData(
            lambda seed: imagenet.training(train, seed, config.batch_size, shorter=data.shorter, size=data.size)
        ),
        valid=tested(valid, 1),
        test=tested(test, evaluation.crops),
        augmented=lambda key, batch: imagenet.normalised(batch["image"], batch["light"]),
        views=lambda batch: imagenet.normalised(batch["image"]),
        shape=("views", data.size, data.size, 3),
        fitted=lambda picture: imagenet.views(picture, data.test_shorter, data.size, evaluation.crops),
        provenance=origin(data.name),
    )


def small_images(config: ConfigDict) -> ImageSet:
    """CIFAR and its like."""
    train, valid = training_images(config.data)
    mean, std = augment.channel_moments(train["image"])
    size, shape = config.evaluation.batch_size, train["image"].shape[1:]
    return ImageSet(
        train=training_data(config.data.memory, train, config.batch_size),
        valid=one_pass(valid, size),
        test=one_pass(test_images(config.data), size),
        augmented=lambda key, batch: augment.crop_and_flip(key, augment.normalise(batch["image"], mean, std)),
        views=lambda batch: augment.normalise(batch["image"], mean, std)[:, None],
        shape=shape,
        fitted=lambda picture: squares.square(picture, shape[0], shape[2]),
        provenance=origin(config.data.name),
    )


def class_names(config: ConfigDict) -> Sequence[str]:
    """What classes are called; where nothing says so, their numbers."""
    generated = config.data.name == "generated"
    return [str(y) for y in range(config.model.classes)] if generated else prepared.class_names(config.data.name)


def origin(name: str) -> str:
    return "generated" if name == "generated" else prepared.provenance(name)


def training_images(data: ConfigDict) -> tuple[images.Images, images.Images]:
    """Training images, and those held out of them for validation, as uint8 arrays."""
    everything = images.generated_images(96) if data.name == "generated" else images.load(data.name, "train")
    total = len(everything["label"])
    if not 0 < data.held_out < total:
        raise UserError(
            f"data.held_out is {data.held_out}; it must leave some of the {total} training images to both sides."
        )
    train, valid = images.split(everything, total - data.held_out, data.held_out)
    return train, valid


def test_images(data: ConfigDict) -> images.Images:
    """Test images as uint8 arrays."""
    return images.generated_images(48, seed=1) if data.name == "generated" else images.load(data.name, "test")


def moments(data: ConfigDict) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of the training images, by which nets of ours expect theirs."""
    return augment.channel_moments(training_images(data)[0]["image"])


def training_data(memory: str, train: Any, batch_size: int) -> DeviceData | HostData:
    """Shuffled epochs, held in the device's memory or read by the host ('device' or 'host'); augmented in the step."""
    if memory == "device":
        return epochs(train, batch_size)
    if memory == "host":
        return HostData(
            lambda seed: (
                grain.MapDataset.range(len(train["label"]))
                .seed(seed)
                .shuffle()
                .map(lambda i: {name: array[i] for name, array in train.items()})
                .repeat()
                .batch(batch_size, drop_remainder=True)
            )
        )
    raise UserError(f"data.memory is {memory!r}; it must be 'device' or 'host'.")
