"""The same step in plain PyTorch modules."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.srresnet import LEARNING_RATE, SIZES, Sizes
from scripts.benchmarks.torch_variants import compiled, memory_of


def conv(inputs: int, outputs: int, taps: int = 3, bias: bool = True) -> nn.Module:
    return nn.Conv2d(inputs, outputs, taps, padding=taps // 2, bias=bias)


def layer(width: int, norm: bool) -> list[nn.Module]:
    return [conv(width, width, bias=not norm), *([nn.BatchNorm2d(width)] if norm else [])]


class Block(nn.Module):
    def __init__(self, width: int, norm: bool):
        super().__init__()
        self.branch = nn.Sequential(*layer(width, norm), nn.PReLU(width), *layer(width, norm))

    def forward(self, x):
        return x + self.branch(x)


class SRResNet(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        width = sizes.width
        self.stem = nn.Sequential(conv(3, width, 9), nn.PReLU(width))
        blocks = [Block(width, sizes.norm) for _ in range(sizes.blocks)]
        self.trunk = nn.Sequential(*blocks, *layer(width, sizes.norm))
        double = [[conv(width, 4 * width), nn.PixelShuffle(2), nn.PReLU(width)] for _ in range(2)]
        self.enlarge = nn.Sequential(*double[0], *double[1], conv(width, 3, 9))

    def forward(self, low):
        begun = self.stem(low)
        return self.enlarge(begun + self.trunk(begun))


def build(case: str, variant: str):
    sizes = SIZES[case]
    memory = memory_of(variant)
    net = SRResNet(sizes).to(memory_format=memory)
    low = torch.rand(sizes.batch, 3, sizes.side, sizes.side).to(memory_format=memory)
    high = torch.rand(sizes.batch, 3, 4 * sizes.side, 4 * sizes.side).to(memory_format=memory)
    optimizer = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    run = compiled(net, variant)

    def step():
        optimizer.zero_grad()
        F.mse_loss(run(low), 2 * high - 1).backward()
        optimizer.step()

    return step
