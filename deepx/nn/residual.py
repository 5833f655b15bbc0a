"""Residual nets as far as their papers agree: blocks in stages, and the join of a block's branch and its shortcut.

A block computes a branch F(x) and a shortcut s(x) from its input x (He et al. 2015, arXiv 1512.03385, equation 1). How
the two are joined is a function of both and of the block's number l, counted from 0 through the net. Plain nets,
stochastic depth, swapout, deleted blocks and gradients along one path are nets with another join. It closes over arrays
with an entry a block, which may be traced, and scanned: hundreds of lesions are one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array
Join = Callable[[Array, Array, int], Array]  # F(x), s(x), l -> what goes on, before the relu where one follows

KERNELS = {"basic": (3, 3), "bottleneck": (1, 3, 1)}  # of a branch's convolutions
EXPANSION = {"basic": 1, "bottleneck": 4}  # channels that leave a block, over its width


def added(f: Array, s: Array, l: int) -> Array:
    """A residual net: y = F(x) + s(x) (equation 1)."""
    return f + s


def alone(f: Array, s: Array, l: int) -> Array:
    """A plain net: y = F(x)."""
    return f


def gated(gates_L: Array) -> Join:
    """y = g_l F(x) + s(x). A gate of 0 deletes the branch, 1 leaves the net as it is."""
    return lambda f, s, l: gates_L[l] * f + s


def switched(gates_L: Array) -> Join:
    """y = F(x) where the gate is not 0, else s(x): a layer deleted from a net without shortcuts."""
    return lambda f, s, l: jnp.where(gates_L[l], f, s)


def along(path_L: Array) -> Join:
    """y = F(x) + s(x), but gradients flow along one path: through F(x) where `path_L` is 1, through s(x) where 0.

    Veit, Wilber, Belongie 2016 (arXiv 1605.06431), section 5: forward through the whole net, backward through the
    residual functions of one path. With paths mapped by `vmap`, the forward pass is computed once for all.
    """
    return lambda f, s, l: _added_along(f, s, jnp.asarray(path_L, f.dtype)[l])


@jax.custom_vjp
def _added_along(f: Array, s: Array, taken: Array) -> Array:
    return f + s


_added_along.defvjp(
    lambda f, s, taken: (f + s, taken),
    lambda taken, dy: (taken * dy, (1 - taken) * dy, jnp.zeros_like(taken)),
)


class Place(NamedTuple):
    """Where a block stands. number: l, from 0. stage, block: from 1. blocks: how many the stage has. entering, leaving:
    channels. width: channels of its 3x3 convolutions.
    """

    number: int
    stage: int
    block: int
    blocks: int
    entering: int
    leaving: int
    width: int
    stride: int

    @property
    def name(self) -> str:
        return f"stage{self.stage}_block{self.block}"

    @property
    def begins_stage(self) -> bool:
        return self.block == 1

    @property
    def ends_stage(self) -> bool:
        return self.block == self.blocks


@dataclass(frozen=True)
class Trunk:
    """The blocks of a residual net; every stage but the first begins with stride 2.

    stages: blocks of each stage. widths: channels of its 3x3 convolutions. block: 'basic', two 3x3 convolutions, or
    'bottleneck', 1x1, 3x3, and 1x1 to four times the width. stride_on: the convolution of a bottleneck that takes the
    stride, the first '1x1' as in the papers, or the '3x3' as in torchvision. remat: whether the insides of a block are
    computed again in the backward pass, which then has the blocks' inputs in memory only.
    """

    stages: tuple[int, ...]
    widths: tuple[int, ...]
    block: str = "basic"
    stride_on: str = "1x1"
    remat: bool = False

    def __post_init__(self):
        one_of("block", self.block, KERNELS)
        one_of("stride_on", self.stride_on, ("1x1", "3x3"))
        if len(self.stages) != len(self.widths) or min(self.stages) < 1:
            raise ValueError(f"stages {self.stages} must give a number of blocks to each of the widths {self.widths}")

    @property
    def entering(self) -> int:
        """Channels that enter the first block."""
        return self.widths[0]

    @property
    def places(self) -> Iterator[Place]:
        """Every block in its order, named `stage1_block1` and on."""
        entering, number = self.entering, 0
        for stage, (blocks, width) in enumerate(zip(self.stages, self.widths, strict=True), 1):
            leaving = width * EXPANSION[self.block]
            for block in range(1, blocks + 1):
                stride = 2 if stage > 1 and block == 1 else 1
                yield Place(number, stage, block, blocks, entering, leaving, width, stride)
                entering, number = leaving, number + 1

    def convolutions(self, place: Place) -> Iterator[tuple[int, int, int]]:
        """Channels, kernel size and stride of the convolutions of the block at `place`."""
        kernels = KERNELS[self.block]
        strided = 1 if self.block == "bottleneck" and self.stride_on == "3x3" else 0
        for i, kernel in enumerate(kernels):
            width = place.leaving if i == len(kernels) - 1 else place.width
            yield width, kernel, place.stride if i == strided else 1

    @property
    def block_names(self) -> tuple[str, ...]:
        return tuple(place.name for place in self.places)

    @property
    def block_count(self) -> int:
        """L, the number of blocks."""
        return sum(self.stages)

    @property
    def reshaping(self) -> tuple[int, ...]:
        """Numbers of the blocks whose output has another shape than their input, which no other block can stand for."""
        return tuple(p.number for p in self.places if p.stride > 1 or p.entering != p.leaving)


def blocks_a_stage(depth: int, layers: int, others: int = 2) -> int:
    """n of a net of three stages whose depth, the number of its layers with weights, is `layers` n + `others`.

    Raises ValueError, with the nearest depths, where there is none.
    """
    n, rest = divmod(depth - others, layers)
    if n < 1 or rest:
        below = max(1, n) * layers + others
        nearest = f"{below} and {below + layers}" if depth > below else f"{below}"
        rule = f"{layers}n + {others} with n >= 1 blocks a stage"
        raise ValueError(f"depth must be {rule}, got {depth}; nearest: {nearest}")
    return n


def one_of(name: str, value: str, choices) -> None:
    """Raises ValueError unless `value` of the field `name` is among `choices`."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, choices))}")
