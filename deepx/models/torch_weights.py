"""Weights from elsewhere: nets trained in PyTorch, put into variables of ours by explicit maps of names.

`scripts/convert_weights` turns a PyTorch file into plain named arrays; here nothing needs PyTorch. A map gives for each
layer of ours the name of theirs; what a layer holds differs in name and layout only:

    kernel   weight         convolutions OIHW -> HWIO, linear layers OI -> IO
    scale    weight         of a batch norm
    bias     bias
    mean     running_mean
    var      running_var

The nets of `cifar_resnet` and of torchvision expect images normalised by the channel moments of ImageNet, which
`deepx.data.imagenet` has.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from deepx.models import resnet, vgg
from deepx.nn.residual import KERNELS

Names = Mapping[str, str]  # path of a layer of ours, "stage1_block1/conv1" -> theirs, "layer1.0.conv1"
Arrays = Mapping[str, np.ndarray]

LEAVES = {"kernel": "weight", "scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}
THEIR_AXES = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}  # by an array's rank: where each axis of theirs is in ours


def cifar_resnet(config: resnet.Config) -> Names:
    """Names of the public PyTorch nets for CIFAR-10 (akamaster/pytorch_resnet_cifar10), options A and B."""
    return _resnet(config, classifier="linear", shortcut="shortcut")


def torchvision_resnet(config: resnet.Config) -> Names:
    """Names of `torchvision.models.resnet18` to `resnet152`, which are `resnet.imagenet(depth, stride_on="3x3")`.

    Raises ValueError for bottlenecks with the stride elsewhere, whose arrays have the same shapes.
    """
    if config.block == "bottleneck" and config.stride_on != "3x3":
        raise ValueError(f"torchvision's bottlenecks have stride_on '3x3', this net has {config.stride_on!r}")
    return _resnet(config, classifier="fc", shortcut="downsample")


def torchvision_vgg(config: vgg.Config) -> Names:
    """Names of `torchvision.models.vgg16` and `vgg19`, which are `vgg.imagenet(depth)`: nets without batch norms."""
    names, features = {}, 0
    for place in config.places:
        if place.name.startswith("stage"):
            names[f"{place.name}/conv"] = f"features.{features}"
            features += 3 if place.pooled else 2  # of theirs, relu and maximum are layers, too
    for i in range(len(config.hidden)):
        names[f"dense{i + 1}/dense"] = f"classifier.{3 * i}"  # relu, dropout
    return {**names, "classifier": f"classifier.{3 * len(config.hidden)}"}


def _resnet(config: resnet.Config, classifier: str, shortcut: str) -> Names:
    names = {"stem_conv": "conv1", "stem_norm": "bn1", "classifier": classifier}
    for stage, blocks in enumerate(config.stages, 1):
        for block in range(blocks):
            ours, theirs = f"stage{stage}_block{block + 1}", f"layer{stage}.{block}"
            names |= {
                f"{ours}/shortcut_conv": f"{theirs}.{shortcut}.0",
                f"{ours}/shortcut_norm": f"{theirs}.{shortcut}.1",
            }
            for i in range(1, len(KERNELS[config.block]) + 1):
                names |= {f"{ours}/conv{i}": f"{theirs}.conv{i}", f"{ours}/norm{i}": f"{theirs}.bn{i}"}
    return names


def read(path: str | os.PathLike[str]) -> Arrays:
    """The arrays that `scripts/convert_weights` wrote. Raises ValueError for another or a damaged file, and OSError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if all(isinstance(array, np.ndarray) for array in arrays.values()):
            return arrays
    except OSError:
        raise
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile):  # not of NumPy; one array, not several; cut short
        pass
    raise ValueError(
        f"{path} holds no named arrays, or is damaged. PyTorch's files become such by "
        f"`./scripts/convert_weights FILE OUT.npz`."
    )


def imported(names: Names, arrays: Arrays, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """`variables` with every leaf taken from `arrays`; only their shapes are looked at, so `jax.eval_shape`'s will do.

    Raises ValueError that lists all that does not fit, in PyTorch's names and layout: arrays that are missing, are of
    another shape, or are left over. (`num_batches_tracked`, which only PyTorch counts, may be left over.)
    """
    wrong, left = [], {name for name in arrays if not name.endswith(".num_batches_tracked")}

    def taken(path, leaf):
        _, *layer, kind = (entry.key for entry in path)
        ours = "/".join(layer)
        theirs, axes = f"{names[ours]}.{LEAVES[kind]}", THEIR_AXES[len(leaf.shape)]
        shape = tuple(leaf.shape[axis] for axis in axes)
        left.discard(theirs)
        if theirs not in arrays:
            wrong.append(f"missing: {theirs} {shape} for {ours}")
        elif arrays[theirs].shape != shape:
            wrong.append(f"wrong shape: {theirs} is {arrays[theirs].shape}, {ours} takes {shape}")
        else:
            return arrays[theirs].transpose(np.argsort(axes)).astype(leaf.dtype)

    filled = jax.tree.map_with_path(taken, variables)
    wrong += [f"left over: {name} {arrays[name].shape}" for name in arrays if name in left]
    if wrong:
        raise ValueError("\n  ".join(["these weights are of another net:", *wrong]))
    return filled
