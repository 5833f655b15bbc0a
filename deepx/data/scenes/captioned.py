"""Pictures of one object with a sentence each: what a model of sentences and pictures is trained and tested on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from deepx.data.scenes import Array, sampling
from deepx.data.scenes.attributes import ALL, CLASSES
from deepx.data.scenes.drawing import draw
from deepx.data.scenes.sentences import TOLD, WORDINGS, table

Batch = Mapping[str, Any]


def arrays() -> Mapping[str, Any]:
    """What `sample` reads: all sentences, and what their wordings tell. Held on the device."""
    return {"words": table(), "told": TOLD}


def sample(arrays: Mapping[str, Any], key: Array, count: int, *, side: int, pairs: np.ndarray = ALL) -> Batch:
    """`count` pictures and sentences.

    {"image": uint8 [N, side, side, 3], "words": int32 [N, T], "attributes": {name: int32 [N]}, "told": {name: bool
    [N]}}: what the picture shows, and whether the sentence tells it. pairs: see `sampling.sample`.
    """
    of_scene, of_wording = jax.random.split(key)
    scene = sampling.sample(of_scene, count, pairs=pairs)
    wording = jax.random.randint(of_wording, (count,), 0, len(WORDINGS))
    attributes = {name: getattr(scene.objects, name)[:, 0] for name in CLASSES}
    return {
        "image": draw(scene, side),
        "words": arrays["words"][(wording, *attributes.values())],
        "attributes": attributes,
        "told": {name: told[wording] for name, told in arrays["told"].items()},
    }
