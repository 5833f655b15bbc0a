"""The same step in plain PyTorch modules."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.torch_variants import compiled, memory_of


class Block(nn.Module):
    def __init__(self, before: int, width: int, stride: int):
        super().__init__()
        self.new, self.stride = width - before, stride
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x):
        f = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.new:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.new // 2, self.new - self.new // 2))
        return F.relu(f + x)


class ResNet(nn.Module):
    def __init__(self, depth: int):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, before = [], 16
        for width in (16, 32, 64):
            for _ in range((depth - 2) // 6):
                blocks.append(Block(before, width, 1 if before == width else 2))
                before = width
        self.blocks, self.classifier = nn.Sequential(*blocks), nn.Linear(64, 10)

    def forward(self, x):
        return self.classifier(self.blocks(F.relu(self.norm(self.conv(x)))).mean((2, 3)))


def build(case: str, variant: str):
    memory = memory_of(variant)
    net = ResNet(int(case.removeprefix("resnet"))).to(memory_format=memory)
    images, labels = torch.randn(128, 3, 32, 32).to(memory_format=memory), torch.arange(128) % 10
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    run = compiled(net, variant)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(run(images), labels).backward()
        optimizer.step()

    return step
