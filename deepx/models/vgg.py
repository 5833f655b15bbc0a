"""VGG nets: Simonyan & Zisserman 2014 (arXiv 1409.1556), and the one for small images that Veit et al. 2016 lesioned.

Five stages of 3x3 convolutions, each followed by a maximum over 2x2, then fully connected layers: a plain net.
`imagenet` makes configurations D and E of table 1, with torchvision's order of weights: what the last stage leaves is
flattened channels first. `Config` as it stands is the net of torch.ch/blog/2015/07/30/cifar.html, with batch
normalisation and dropout. Weights are initialised by He et al.'s rule; the paper began with those of a shallower net.

Layers before the classifier are numbered like the blocks of residual nets, and have a join of F(x), the whole layer,
and x, wherever these have the same shape: such a layer can be deleted. The others are F(x) under any join.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import chex
import jax
from flax import linen as nn

from deepx.nn.convolutions import Variables, batch_norm, classify, conv, dense, fresh
from deepx.nn.residual import Join, alone

Array = jax.Array
Key = jax.Array

IMAGENET = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # table 1, columns D and E


class Place(NamedTuple):
    """Where a layer stands. number: from 0. entering, leaving: numbers of channels or, without a map, of values.
    dropout: rate in front of it. pooled: whether the maximum comes behind it.
    """

    number: int
    name: str
    entering: int
    leaving: int
    dropout: float
    pooled: bool = False


@dataclass(frozen=True)
class Config:
    """stages: convolutions of each. widths: their channels. hidden: widths of the fully connected layers before the
    classifier. norm: batch normalisation in each layer, in place of biases. conv_dropout: rates between convolutions of
    each stage. dropout: rates in front of each fully connected layer, the classifier's last. size: of the square
    images, in pixels. channels: of the images. norm_groups: see `BatchNorm`.
    """

    stages: tuple[int, ...] = (2, 2, 3, 3, 3)
    widths: tuple[int, ...] = (64, 128, 256, 512, 512)
    hidden: tuple[int, ...] = (512,)
    norm: bool = True
    conv_dropout: tuple[float, ...] = (0.3, 0.4, 0.4, 0.4, 0.4)
    dropout: tuple[float, ...] = (0.5, 0.5)
    size: int = 32
    classes: int = 10
    channels: int = 3
    norm_groups: int = 1

    def __post_init__(self):
        if not len(self.stages) == len(self.widths) == len(self.conv_dropout):
            raise ValueError("stages, widths and conv_dropout must have as many entries as one another")
        if len(self.dropout) != len(self.hidden) + 1:
            raise ValueError("dropout must have an entry for each of hidden and one for the classifier")
        if self.size % 2 ** len(self.stages):
            raise ValueError(f"size must be a multiple of {2 ** len(self.stages)} pixels, got {self.size}")

    @property
    def places(self) -> Iterator[Place]:
        """Every layer before the classifier in its order: `stage1_layer1` and on, `dense1` and on."""
        number, entering = 0, self.channels
        for stage, (layers, width, rate) in enumerate(zip(self.stages, self.widths, self.conv_dropout, strict=True), 1):
            for layer in range(1, layers + 1):
                dropout = rate if layer > 1 else 0.0
                yield Place(number, f"stage{stage}_layer{layer}", entering, width, dropout, layer == layers)
                number, entering = number + 1, width
        entering *= (self.size // 2 ** len(self.stages)) ** 2
        for layer, (width, dropout) in enumerate(zip(self.hidden, self.dropout[:-1], strict=True), 1):
            yield Place(number, f"dense{layer}", entering, width, dropout)
            number, entering = number + 1, width

    @property
    def block_names(self) -> tuple[str, ...]:
        return tuple(place.name for place in self.places)

    @property
    def block_count(self) -> int:
        """L, the number of layers before the classifier."""
        return sum(self.stages) + len(self.hidden)

    @property
    def reshaping(self) -> tuple[int, ...]:
        """Numbers of the layers whose output has another shape than their input, which cannot be deleted."""
        return tuple(p.number for p in self.places if p.entering != p.leaving)


def imagenet(depth: int = 19, **fields) -> Config:
    """VGG-16 or VGG-19 for images of 224 pixels. `fields` of `Config` take the place of the paper's."""
    if depth not in IMAGENET:
        raise ValueError(f"depth must be one of {', '.join(map(str, IMAGENET))}, got {depth}")
    paper: dict[str, Any] = {
        "size": 224,
        "classes": 1000,
        "hidden": (4096, 4096),
        "norm": False,
        "conv_dropout": (0.0,) * 5,
        "dropout": (0.0, 0.5, 0.5),
    }
    return Config(IMAGENET[depth], **paper | fields)


class Layer(nn.Module):
    """Dropout, a convolution or, where there is no map, a fully connected layer, normalisation, relu."""

    config: Config
    place: Place

    @nn.compact
    def __call__(self, x: Array, train: bool, join: Join) -> Array:
        width, bias = self.place.leaving, not self.config.norm
        weights = conv(width, 3, bias=bias, name="conv") if x.ndim == 4 else dense(width, use_bias=bias, name="dense")
        f = weights(nn.Dropout(self.place.dropout, deterministic=not train)(x))
        if self.config.norm:
            f = batch_norm(not train, groups=self.config.norm_groups, name="norm")(f)
        f = nn.relu(f)
        return join(f, x, self.place.number) if f.shape == x.shape else f


class VGG(nn.Module):
    """Layers by the names of their places, and the `classifier`."""

    config: Config

    @nn.compact
    def __call__(self, images: Array, train: bool, join: Join) -> Array:
        config, x = self.config, images
        places, last = list(config.places), sum(config.stages)
        for place in places[:last]:
            x = Layer(config, place, name=place.name)(x, train, join)
            x = nn.max_pool(x, (2, 2), (2, 2)) if place.pooled else x
        x = x.transpose(0, 3, 1, 2).reshape(x.shape[0], -1)
        for place in places[last:]:
            x = Layer(config, place, name=place.name)(x, train, join)
        x = nn.Dropout(config.dropout[-1], deterministic=not train)(x)
        return dense(config.classes, name="classifier")(x)


def init(key: Key, config: Config) -> Variables:
    """Fresh {"params", "batch_stats"}, float32; without normalisation, the latter is empty."""
    return fresh(VGG(config), key, config.size, config.channels)


def apply(
    config: Config,
    variables: Variables,
    images: Array,
    *,
    train: bool = False,
    key: Key | None = None,
    join: Join | None = None,
) -> Any:
    """Logits [N, classes] of images [N, size, size, channels]; in training, (logits, new batch_stats).

    key: of dropout, which training needs where there is dropout. join: in place of `alone`. See also `resnet.apply`.
    """
    if train and key is None and any(config.conv_dropout + config.dropout):
        raise ValueError("training a net with dropout needs a key")
    chex.assert_shape(images, (None, config.size, config.size, None))
    return classify(VGG(config), variables, images, train=train, join=join or alone, key=key)
