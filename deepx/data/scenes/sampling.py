"""Scenes drawn at random."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from deepx.data.scenes import Array, Objects, Scene
from deepx.data.scenes.attributes import ALL, COLOURS, GRID, PLACES, SIZES

# What no sentence tells: each uniform around what is told, by at most so much.
OFF_CENTRE = 0.014  # of a cell's centre, in sides of the picture
RADIUS = 0.04  # of the size's radius
SHADE = 0.05  # of each of red, green and blue
GROUND = (0.80, 0.97)  # lightness


def sample(key: Array, count: int, *, pairs: np.ndarray = ALL, least: int = 1, most: int = 1) -> Scene:
    """`count` scenes of `least` to `most` objects, every number equally likely, no two in one cell of the grid.

    pairs: rows of (colour, shape), from which each object has one, all equally likely (`attributes.PAIRS`).

    Raises ValueError unless 1 <= least <= most <= 9.
    """
    if not 1 <= least <= most <= len(PLACES):
        raise ValueError(f"it must hold that 1 <= least <= most <= {len(PLACES)}, not {least}, {most}")
    # One draw for everything: each is a program of its own to compile.
    of_scene, of_places, of_objects = jnp.split(
        jax.random.uniform(key, (count, 2 + len(PLACES) + 8 * most)), (2, 2 + len(PLACES)), axis=1
    )
    u = of_objects.reshape(count, most, 8)
    number = least + below(of_scene[:, :1], most - least + 1)
    lightness = GROUND[0] + (GROUND[1] - GROUND[0]) * of_scene[:, 1:]
    colour, shape = jnp.moveaxis(jnp.asarray(pairs, jnp.int32)[below(u[..., 0], len(pairs))], -1, 0)
    size = below(u[..., 1], len(SIZES))
    place = of_places.argsort(axis=1)[:, :most].astype(jnp.int32)
    around = 2 * u[..., 2:] - 1
    objects = Objects(
        colour=colour,
        shape=shape,
        size=size,
        place=place,
        x=(place % GRID + 0.5) / GRID + OFF_CENTRE * around[..., 0],
        y=(place // GRID + 0.5) / GRID + OFF_CENTRE * around[..., 1],
        radius=jnp.asarray(list(SIZES.values()))[size] * (1 + RADIUS * around[..., 2]),
        rgb=jnp.clip(jnp.asarray(list(COLOURS.values()))[colour] + SHADE * around[..., 3:], 0, 1),
        there=jnp.arange(most) < number,
    )
    return Scene(objects, jnp.broadcast_to(lightness, (count, 3)))


def below(u: Array, n: int) -> Array:
    """Integers below n, of numbers uniform over [0, 1)."""
    return jnp.minimum((u * n).astype(jnp.int32), n - 1)
