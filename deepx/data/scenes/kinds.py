"""Pictures of one large object of two colours and two shapes: four kinds for a generator that is told nothing."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np

from deepx.data.images import Images
from deepx.data.scenes import Array, sampling
from deepx.data.scenes.attributes import COLOURS, SHAPES
from deepx.data.scenes.drawing import draw

KINDS = ("red circle", "red cross", "blue circle", "blue cross")  # 2 colour + shape
PAIRS = np.array([(list(COLOURS).index(colour), SHAPES.index(shape)) for colour, shape in map(str.split, KINDS)])
CLOSER = 2  # times as large as the objects of other scenes, and as much nearer to the middle
PIECE = 1000  # drawn at once


def images(count: int, side: int, seed: int = 0) -> Images:
    """`count` pictures in the form of `images.load`, uint8 [N, side, side, 3], with their kinds as labels."""
    key = jax.random.key(seed)
    made = [jax.device_get(piece(jax.random.fold_in(key, i), side=side)) for i in range(-(-count // PIECE))]
    pictures, labels = (np.concatenate(parts)[:count] for parts in zip(*made, strict=True))
    return {"image": pictures, "label": labels}


@partial(jax.jit, static_argnames="side")
def piece(key: Array, *, side: int) -> tuple[Array, Array]:
    scene = sampling.sample(key, PIECE, pairs=PAIRS)
    objects = scene.objects
    near = objects._replace(
        x=0.5 + (objects.x - 0.5) / CLOSER, y=0.5 + (objects.y - 0.5) / CLOSER, radius=CLOSER * objects.radius
    )
    colour, shape = objects.colour[:, 0], objects.shape[:, 0]
    return draw(scene._replace(objects=near), side), 2 * (colour == PAIRS[2, 0]) + (shape == PAIRS[1, 1])
