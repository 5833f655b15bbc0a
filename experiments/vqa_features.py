"""What a trained residual net sees of images, computed once and kept on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.data.prepared import data_directory
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.engine.progress import shown
from deepx.files import whole
from deepx.models import resnet
from experiments.nets import Net
from experiments.trained_nets import of_features
from experiments.vqa_sets import Pictures

PART = 1024  # images in a file
BATCH = 64  # images seen at once


class Seer(NamedTuple):
    """see: images [N, H, W, 3], numbers from 0 to 255 -> features [N, F]. mark: tells its weights from others."""

    see: Callable[[Array], Array]
    features: int
    mark: str


def seer_of(features: ConfigDict) -> Seer | None:
    """What a config's `features` section names; None: nothing, and a net of its own learns to see.

    run: of a residual net of `configs/resnet`. weights: a file of `scripts/convert_weights`, of torchvision's residual
    net of `depth` layers. Raises UserError, ValueError, OSError.
    """
    trained = of_features(features, Net(resnet, resnet.imagenet(features.depth, stride_on="3x3")))
    if trained is None:
        return None
    net, variables = trained.net, trained.variables
    if net.model is not resnet:
        raise UserError(f"features.run: {features.run} has no residual net; a run of resnet/cifar10_resnet20 has one.")

    def see(images: Array) -> Array:
        return resnet.features(net.config, variables, trained.normalised(images))

    width = jax.eval_shape(see, jnp.zeros((1, 32, 32, 3))).shape[1]
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(variables):
        digest.update(np.asarray(leaf).tobytes())
    return Seer(see, width, digest.hexdigest()[:16])


def seen(seer: Seer, pictures: Pictures, name: str, folder: str = "") -> np.ndarray:
    """Features [N, F] of all pictures, uint8 [H, W, 3].

    They are kept under `folder` (default: where prepared data sets are), PART images a file, so that what was stopped
    goes on, and what is there is read. name: of the pictures, as "easy_vqa-train-64".
    """
    ends = hashlib.sha256(np.asarray(pictures[0]).tobytes() + np.asarray(pictures[-1]).tobytes()).hexdigest()[:8]
    kept = (Path(folder).expanduser() if folder else data_directory() / "features") / f"{name}-{ends}-{seer.mark}"
    kept.mkdir(parents=True, exist_ok=True)
    see, count = jax.jit(seer.see), len(pictures)

    def fresh(numbers: range) -> np.ndarray:
        rows = []
        for start in range(numbers.start, numbers.stop, BATCH):
            batch = np.stack([pictures[i] for i in range(start, min(start + BATCH, numbers.stop))])
            padded = np.pad(batch, ((0, BATCH - len(batch)), (0, 0), (0, 0), (0, 0)))
            rows.append(np.asarray(see(padded.astype(np.float32)))[: len(batch)])
        return np.concatenate(rows)

    parts = []
    for start in shown(range(0, count, PART), f"Features of {name}"):
        numbers, path = range(start, min(start + PART, count)), kept / f"{start:08d}.npy"
        rows = readable(path, (len(numbers), seer.features))
        if rows is None:
            rows = fresh(numbers)
            with whole(path) as file:
                np.save(file, rows)
        parts.append(rows)
    return np.concatenate(parts)


def readable(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """The rows of a file that is there, whole, and of this shape; None: it must be made."""
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if rows.shape == shape else None
