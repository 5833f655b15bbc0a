"""Residual nets of residual nets: Zhang, Sun, Han, Yuan, Guo, Liu 2016 (arXiv 1608.02908).

RoR-m has shortcuts at m levels. The final level is that of a residual net's blocks, and RoR-1 is that net. RoR-2 adds
a shortcut around all blocks, the root level; RoR-3 also one around each stage, the middle level. They arrive at the
join of the last block that they go around: at the end of stage i of RoR-3

    y = F(x) + s(x) + g_i(x_i),    and at the end of the last stage also + g_0(x_0)

with x_i what enters stage i, x_0 what enters the first block, and projections g. So upper levels are part of a join, in
nets of either kind: `cifar` makes RoR-3-110, `wide` RoR-3-WRN58-4, and `Config` takes any other net of `resnet` or
`preact`. The given join is that of the final level: with that of stochastic depth, upper levels always survive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any

import jax
from flax import linen as nn

from deepx.models import preact, resnet
from deepx.nn.convolutions import Variables, classify, computed_again, fresh
from deepx.nn.residual import Join, added

Array = jax.Array
Key = jax.Array


@dataclass(frozen=True)
class Config:
    """base: the net of the final level. levels: m, from 1 to 3."""

    base: resnet.Config | preact.Config
    levels: int = 3

    channels = property(attrgetter("base.channels"))
    stages = property(attrgetter("base.stages"))
    block_count = property(attrgetter("base.block_count"))
    block_names = property(attrgetter("base.block_names"))
    reshaping = property(attrgetter("base.reshaping"))

    def __post_init__(self):
        if self.levels not in (1, 2, 3):
            raise ValueError(f"levels must be 1, 2 or 3, got {self.levels}")


def cifar(depth: int = 110, *, levels: int = 3, **fields) -> Config:
    """RoR-levels-depth, with option A at the final level. Arguments are those of `resnet.cifar`."""
    return Config(resnet.cifar(depth, **fields), levels)


def wide(depth: int = 58, widen: int = 4, *, levels: int = 3, **fields) -> Config:
    """RoR-levels-WRNdepth-widen. Arguments are those of `preact.wide`."""
    return Config(preact.wide(depth, widen, **fields), levels)


class RoR(nn.Module):
    """The base net, and projections `stage1_shortcut_conv` and on around stages, `root_shortcut_conv` around all."""

    config: Config

    @nn.compact
    def __call__(self, images: Array, train: bool, join: Join) -> Array:
        base, levels = self.config.base, self.config.levels
        kind: ModuleType = resnet if isinstance(base, resnet.Config) else preact
        project = partial(kind.projection, base, train)
        x = root = kind.stem(base, images, train)
        block = computed_again(kind.Block) if base.remat else kind.Block
        middle, stride = x, 1
        for place in base.places:
            if place.begins_stage:
                middle, stride = x, place.stride
            upper = []
            if levels == 3 and place.ends_stage:
                upper.append(project(middle, place.leaving, stride, name=f"stage{place.stage}_shortcut"))
            if levels >= 2 and place.number == base.block_count - 1:
                upper.append(project(root, place.leaving, 2 ** (place.stage - 1), name="root_shortcut"))
            x = block(base, place, name=place.name)(x, train, with_upper(join, upper)).astype(images.dtype)
        return kind.head(base, x, train)


def with_upper(join: Join, upper: list[Array]) -> Join:
    """The join of a block at which shortcuts of upper levels arrive."""
    return lambda f, s, l: sum(upper, join(f, s, l))


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}, float32. They serve images of any height and width."""
    return fresh(RoR(config), key, 8, config.channels)


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False, join: Join | None = None) -> Any:
    """Logits [N, classes] of images [N, H, W, channels]; in training, (logits, new batch_stats). See `resnet.apply`."""
    return classify(RoR(config), variables, images, train=train, join=join or added)
