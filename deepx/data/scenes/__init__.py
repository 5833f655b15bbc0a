"""Generated scenes: objects of a colour, a shape, a size and a place on a plain background, and sentences about them.

`attributes` says what there is to tell of an object, `sampling` draws scenes, `drawing` makes pictures of them,
`sentences` speaks of them and reads what was said. A scene is a record of numbers, so whatever can be asked of it, how
many, what is left of what, which have the same colour, has its answer in the record.

Shapes: N scenes, O objects that a scene may have, P pixels of a side, T words of a sentence.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

Array = jax.Array


class Objects(NamedTuple):
    """What the objects of scenes are, each field [N, O]; of those that are not `there`, nothing means anything.

    colour, shape, size, place: classes, numbered as in `attributes`; int32.
    x, y: the centre, from the left and from the top, in sides of the picture. radius: in the same unit.
    rgb: [N, O, 3], the shade it is drawn in, from 0 to 1. there: bool.
    """

    colour: Array
    shape: Array
    size: Array
    place: Array
    x: Array
    y: Array
    radius: Array
    rgb: Array
    there: Array


class Scene(NamedTuple):
    """Objects, and the shade [N, 3] of the ground they lie on, from 0 to 1. No two objects touch."""

    objects: Objects
    ground: Array
