"""Residual nets of pre-activation blocks: He, Zhang, Ren, Sun 2016 (arXiv 1603.05027).

Normalisation and relu come before each convolution, so that nothing stands on the way from block to block:

    y = s(x) + F(x),    F(x) = W_2 relu(norm(W_1 relu(norm(x))))                               (equation 3, figure 4e)

Where a stage begins, the first activation comes before branch and shortcut part; behind the last block comes one more
(appendix). `cifar` makes the paper's nets, `wide` those of Zagoruyko & Komodakis 2016 (arXiv 1605.07146).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
from flax import linen as nn

from deepx.nn.convolutions import BlockNet, Variables, batch_norm, classify, conv, dense, fresh, shortcut
from deepx.nn.residual import KERNELS, Join, Place, Trunk, added, blocks_a_stage, one_of

Array = jax.Array
Key = jax.Array


@dataclass(frozen=True)
class Config(Trunk):
    """stem_width: channels of the first convolution. shortcut: option 'A', 'B' or 'C' of He et al. 2015, projections
    without normalisation. channels: of the images. norm_groups: see `BatchNorm`.
    """

    stem_width: int = 16
    shortcut: str = "B"
    classes: int = 10
    channels: int = 3
    norm_groups: int = 1

    def __post_init__(self):
        super().__post_init__()
        one_of("shortcut", self.shortcut, ("A", "B", "C"))

    @property
    def entering(self) -> int:
        return self.stem_width


def cifar(
    depth: int, *, block: str = "basic", widen: int = 1, widths: tuple[int, ...] = (16, 32, 64), **fields
) -> Config:
    """The net of `depth` layers for small images: 6n + 2 (110), or 9n + 2 with bottlenecks (164, 1001).

    widen: factor of all `widths`, the first convolution's too. `fields` are others of `Config`. Raises ValueError for
    another depth. Option B is that of the authors' code.
    """
    one_of("block", block, KERNELS)
    n = blocks_a_stage(depth, 3 * len(KERNELS[block]))
    return Config((n, n, n), tuple(widen * w for w in widths), block, stem_width=widen * widths[0], **fields)


def wide(depth: int, widen: int, *, widths: tuple[int, ...] = (16, 32, 64), **fields) -> Config:
    """WRN-depth-widen: 6n + 4 convolutions, projections counted; the first is not widened (table 1)."""
    n = blocks_a_stage(depth, 6, 4)
    return Config((n, n, n), tuple(widen * w for w in widths), stem_width=widths[0], **fields)


class Block(nn.Module):
    """Figure 4e: two convolutions, or the three of a bottleneck, each behind its activation."""

    config: Config
    place: Place

    @nn.compact
    def __call__(self, x: Array, train: bool, join: Join) -> Array:
        config, place = self.config, self.place
        f = x
        for i, layer in enumerate(config.convolutions(place), 1):
            f = nn.relu(batch_norm(not train, groups=config.norm_groups, name=f"norm{i}")(f))
            if i == 1 and place.begins_stage:
                x = f
            f = conv(*layer, name=f"conv{i}")(f)

        s = shortcut(config.shortcut, partial(projection, config, train), x, place.leaving, place.stride)
        return join(f, s, place.number)


def projection(config: Config, train: bool, x: Array, width: int, stride: int, name: str = "shortcut") -> Array:
    """A shortcut with weights and no normalisation; within a module, whose parameters it makes."""
    return conv(width, 1, stride, name=f"{name}_conv")(x)


def stem(config: Config, images: Array, train: bool) -> Array:
    """What comes before the blocks; within a module, whose parameters it makes."""
    return conv(config.stem_width, 3, name="stem_conv")(images)


def head(config: Config, x: Array, train: bool) -> Array:
    """Logits of what leaves the blocks; within a module, whose parameters it makes."""
    x = nn.relu(batch_norm(not train, groups=config.norm_groups, name="last_norm")(x))
    return dense(config.classes, name="classifier")(x.mean(axis=(1, 2)))


def net(config: Config) -> nn.Module:
    return BlockNet(config, stem, Block, head)


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}, float32. They serve images of any height and width."""
    return fresh(net(config), key, 8, config.channels)


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False, join: Join | None = None) -> Any:
    """Logits [N, classes] of images [N, H, W, channels]; in training, (logits, new batch_stats). See `resnet.apply`."""
    return classify(net(config), variables, images, train=train, join=join or added)
