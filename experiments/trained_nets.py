"""Nets that classify images, trained before: by a run of `configs/resnet`, or elsewhere, in a file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.data import augment, imagenet
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.models import resnet, torch_weights, vgg
from experiments import image_sets
from experiments import resnet as experiment
from experiments.nets import Net, net_of
from experiments.trained import trained


class TrainedNet(NamedTuple):
    """mean, std: of each channel of the images that it learnt from, numbers from 0 to 255."""

    net: Net
    variables: Any
    mean: np.ndarray
    std: np.ndarray

    def normalised(self, images: Array) -> Array:
        """Images [N, H, W, 3], numbers from 0 to 255, as it expects them."""
        return augment.normalise(images, self.mean, self.std)


def of_run(path: Path) -> tuple[ConfigDict, TrainedNet]:
    """The config of the run in `path`, and its net. Raises UserError where there is no such run."""
    config, variables = trained(path, experiment.build)
    return config, TrainedNet(net_of(config.model), variables, *image_sets.moments(config.data))


def of_weights(net: Net, file: Path) -> TrainedNet:
    """The net with weights of a file of `scripts/convert_weights`.

    Raises UserError for a kind of net whose names are not known, ValueError for weights of another net, OSError.
    """
    if net.model is resnet:
        names_of = torch_weights.cifar_resnet if net.config.stem == "cifar" else torch_weights.torchvision_resnet
    elif net.model is vgg and not net.config.norm:
        names_of = torch_weights.torchvision_vgg
    else:
        raise UserError("Weights can be imported into residual and plain nets and into VGG without batch norms only.")
    expected = jax.eval_shape(net.init, jax.random.key(0))
    variables = torch_weights.imported(names_of(net.config), torch_weights.read(file), expected)
    return TrainedNet(net, variables, imagenet.MEAN, imagenet.STD)


def of_features(features: ConfigDict, elsewhere: Net) -> TrainedNet | None:
    """What a config's `features` section names: a `run`, or `weights` of the net `elsewhere`; None: nothing.

    Raises UserError, ValueError, OSError.
    """
    if features.run and features.weights:
        raise UserError("Give features.run or features.weights, not both.")
    if features.run:
        return of_run(Path(features.run))[1]
    return of_weights(elsewhere, Path(features.weights)) if features.weights else None
