"""Convolutions one by one: 3x3 at the sizes of ResNet-20 with 128 images, and some of other nets."""

from __future__ import annotations

from typing import NamedTuple


class Conv(NamedTuple):
    """A convolution with kernels of `taps` x `taps`, padded to keep the size (divided by the stride)."""

    images: int
    size: int
    channels: int
    features: int
    taps: int
    stride: int

    @property
    def padding(self) -> int:
        return (self.taps - 1) // 2

    @property
    def output(self) -> int:
        return (self.size + 2 * self.padding - self.taps) // self.stride + 1


SHAPES = {
    "16": Conv(128, 32, 16, 16, 3, 1),
    "32": Conv(128, 16, 32, 32, 3, 1),
    "64": Conv(128, 8, 64, 64, 3, 1),
    "stem": Conv(128, 32, 3, 16, 3, 1),
    "stride": Conv(128, 32, 16, 32, 3, 2),
    "dcgan": Conv(128, 16, 64, 128, 4, 2),
    "imagenet": Conv(16, 28, 128, 128, 3, 1),
}
PASSES = ("forward", "input gradient", "weight gradient")
CASES = tuple(f"{shape} {kind}" for shape in SHAPES for kind in PASSES if (shape, kind) != ("stem", "input gradient"))


def parse(case: str) -> tuple[Conv, str]:
    """Shape and pass of a case."""
    shape, _, kind = case.partition(" ")
    return SHAPES[shape], kind
