"""Deep residual nets: He, Zhang, Ren, Sun 2015 (arXiv 1512.03385).

A stem, stages of blocks, the mean over the map, a linear classifier. Every block computes

    y = relu(F(x) + s(x))                                                                       (equation 1, figure 2)

with F two or three convolutions, each with batch normalisation, and s the identity or, where the shape changes, a
shortcut of option A (subsampled, new channels zero), B (a projection) or C (projections everywhere). `cifar` makes the
nets of section 4.2: 6n + 2 layers on maps of 32, 16 and 8 pixels; `imagenet` those of table 1. A plain net is a net
whose blocks forget their shortcuts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
from flax import linen as nn

from deepx.nn.convolutions import BlockNet, Variables, batch_norm, classify, conv, dense, fresh, shortcut
from deepx.nn.residual import KERNELS, Join, Place, Trunk, added, alone, blocks_a_stage, one_of

Array = jax.Array
Key = jax.Array

IMAGENET = {  # table 1
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


@dataclass(frozen=True)
class Config(Trunk):
    """shortcut: option 'A', 'B' or 'C'. residual: or plain, which has no shortcut. stem: 'cifar', a 3x3 convolution, or
    'imagenet', a 7x7 one and a maximum over 3x3, both of stride 2. channels: of the images. norm_groups: parts of a
    training batch that are normalised each by itself (see `BatchNorm`).
    """

    shortcut: str = "A"
    residual: bool = True
    stem: str = "cifar"
    classes: int = 10
    channels: int = 3
    norm_groups: int = 1

    def __post_init__(self):
        super().__post_init__()
        one_of("shortcut", self.shortcut, ("A", "B", "C"))
        one_of("stem", self.stem, ("cifar", "imagenet"))


def cifar(
    depth: int = 20, *, block: str = "basic", widths: tuple[int, ...] = (16, 32, 64), shortcut: str = "A", **fields
) -> Config:
    """The net of `depth` layers for small images: 6n + 2, or 9n + 2 with bottlenecks. `fields` are others of `Config`.

    Raises ValueError, with the nearest depths, for others.
    """
    one_of("block", block, KERNELS)
    n = blocks_a_stage(depth, 3 * len(KERNELS[block]))
    return Config((n, n, n), tuple(widths), block, shortcut=shortcut, **fields)


def imagenet(
    depth: int,
    *,
    widths: tuple[int, ...] = (64, 128, 256, 512),
    shortcut: str = "B",
    classes: int = 1000,
    **fields,
) -> Config:
    """The net of `depth` layers in table 1. `fields` are others of `Config`.

    Option B is that of the paper's 50 layers and more, and of torchvision; table 2 has 18 and 34 layers with option A.
    """
    if depth not in IMAGENET:
        raise ValueError(f"depth must be one of {', '.join(map(str, IMAGENET))}, got {depth}")
    block, stages = IMAGENET[depth]
    return Config(stages, widths, block, shortcut=shortcut, stem="imagenet", classes=classes, **fields)


class Block(nn.Module):
    """Figures 2 and 5: convolutions beside a shortcut."""

    config: Config
    place: Place

    @nn.compact
    def __call__(self, x: Array, train: bool, join: Join) -> Array:
        config, place = self.config, self.place
        norm = partial(batch_norm, not train, groups=config.norm_groups)

        f, layers = x, list(config.convolutions(place))
        for i, layer in enumerate(layers, 1):
            f = norm(name=f"norm{i}")(conv(*layer, name=f"conv{i}")(f))
            f = nn.relu(f) if i < len(layers) else f

        option = config.shortcut if config.residual else "A"
        s = shortcut(option, partial(projection, config, train), x, place.leaving, place.stride)
        return nn.relu(join(f, s, place.number))


def projection(config: Config, train: bool, x: Array, width: int, stride: int, name: str = "shortcut") -> Array:
    """A shortcut with weights; within a module, whose parameters it makes."""
    x = conv(width, 1, stride, name=f"{name}_conv")(x)
    return batch_norm(not train, groups=config.norm_groups, name=f"{name}_norm")(x)


def stem(config: Config, images: Array, train: bool) -> Array:
    """What comes before the blocks; within a module, whose parameters it makes."""
    small = config.stem == "cifar"
    x = conv(config.entering, 3 if small else 7, 1 if small else 2, name="stem_conv")(images)
    x = nn.relu(batch_norm(not train, groups=config.norm_groups, name="stem_norm")(x))
    return x if small else nn.max_pool(x, (3, 3), (2, 2), ((1, 1), (1, 1)))


def head(config: Config, x: Array, train: bool) -> Array:
    """Logits of what leaves the blocks; within a module, whose parameters it makes."""
    return dense(config.classes, name="classifier")(pooled(config, x, train))


def pooled(config: Config, x: Array, train: bool) -> Array:
    """The mean over the map."""
    return x.mean(axis=(1, 2))


def net(config: Config) -> nn.Module:
    return BlockNet(config, stem, Block, head)


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}, float32. They serve images of any height and width."""
    return fresh(net(config), key, 8, config.channels)


def apply(config: Config, variables: Variables, images: Array, *, train: bool = False, join: Join | None = None) -> Any:
    """Logits [N, classes] of images [N, H, W, channels], floats, normalised (`deepx.data.augment.normalise`).

    train=False uses the running statistics. train=True uses the batch's own and returns (logits, new batch_stats), the
    running averages moved a tenth of the way; the variance is averaged as it is, without PyTorch's m / (m - 1).
    join: in place of `added`, or of `alone` for a plain net, whose shortcuts are then those of option A.
    """
    join = join or (added if config.residual else alone)
    return classify(net(config), variables, images, train=train, join=join)


def features(config: Config, variables: Variables, images: Array) -> Array:
    """What the classifier sees of images, as of `apply`: the means of the last map's channels [N, C]."""
    body = BlockNet(config, stem, Block, pooled)
    return classify(body, variables, images, train=False, join=added if config.residual else alone)
