"""A convolution or one of its gradients in PyTorch."""

import torch

from scripts.benchmarks import conv
from scripts.benchmarks.torch_variants import memory_of


def build(case: str, variant: str):
    c, kind = conv.parse(case)
    memory = memory_of(variant)
    x = torch.randn(c.images, c.channels, c.size, c.size).to(memory_format=memory)
    w = torch.randn(c.features, c.channels, c.taps, c.taps).to(memory_format=memory)
    y = torch.ones(c.images, c.features, c.output, c.output).to(memory_format=memory)
    if kind == "forward":
        return lambda: torch.nn.functional.conv2d(x, w, stride=c.stride, padding=c.padding)
    wanted = [kind == "input gradient", kind == "weight gradient", False]

    def backward():
        torch.ops.aten.convolution_backward(
            y, x, w, [0], [c.stride] * 2, [c.padding] * 2, [1, 1], False, [0, 0], 1, wanted
        )

    return backward
