"""Pictures of scenes. A pixel at an edge has as much of the object's colour as about the object covers of it.

A shape is where a function of the place is negative: its distance from the edge, exact at flat and round edges, in
radii of the object, with the centre at 0 and v downwards. u, v: [N, P, P].
"""

from __future__ import annotations

import math

import chex
import jax
import jax.numpy as jnp

from deepx.data.scenes import Array, Scene
from deepx.data.scenes.attributes import SHAPES


def circle(u: Array, v: Array) -> Array:
    return jnp.hypot(u, v) - 1


def square(u: Array, v: Array) -> Array:
    return jnp.maximum(abs(u), abs(v)) - HALF_SIDE


def triangle(u: Array, v: Array) -> Array:
    """Equilateral, of side 2, standing on a side; midway between top and bottom is its centre."""
    v = v - 1 / (2 * math.sqrt(3))
    return jnp.maximum(v, math.sqrt(3) / 2 * abs(u) - v / 2) - 1 / math.sqrt(3)


def cross(u: Array, v: Array) -> Array:
    across = jnp.maximum(abs(u) - 1, abs(v) - HALF_ARM)
    upright = jnp.maximum(abs(v) - 1, abs(u) - HALF_ARM)
    return jnp.minimum(across, upright)


HALF_SIDE = 0.88
HALF_ARM = 0.33
EDGES = (circle, square, triangle, cross)
AREAS = (math.pi, 4 * HALF_SIDE**2, math.sqrt(3), 8 * HALF_ARM - 4 * HALF_ARM**2)  # in squared radii
assert tuple(edge.__name__ for edge in EDGES) == SHAPES


def draw(scene: Scene, side: int) -> Array:
    """Pictures, uint8 [N, side, side, 3]. A pure function of the scene; it may be part of a compiled step."""
    chex.assert_rank([scene.objects.colour, scene.ground], 2)
    middles = (jnp.arange(side) + 0.5) / side
    picture = jnp.broadcast_to(scene.ground[:, None, None], (len(scene.ground), side, side, 3))
    for o in range(scene.objects.colour.shape[1]):
        one = jax.tree.map(lambda a, o=o: a[:, o, None, None], scene.objects)
        u, v = jnp.broadcast_arrays((middles[None, None] - one.x) / one.radius, (middles[:, None] - one.y) / one.radius)
        distance = jnp.select([one.shape == i for i in range(len(EDGES))], [edge(u, v) for edge in EDGES])
        covered = jnp.clip(0.5 - distance * one.radius * side, 0, 1) * one.there
        picture = picture + covered[..., None] * (one.rgb - picture)
    return jnp.rint(255 * picture).astype(jnp.uint8)
