"""The same step in plain PyTorch modules. (Dropout of the state inside nn.GRU is left out: it has none.)"""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.mrn import DROPOUT, LAYERS, LEARNING_RATE, LENGTH, READ_DROPOUT, SIZES, VOCABULARY, Sizes
from scripts.benchmarks.torch_variants import compiled


def linear(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(inputs, outputs))


class Block(nn.Module):
    """Form (b) of figure 3."""

    def __init__(self, question: int, sizes: Sizes):
        super().__init__()
        self.shortcut, self.question = linear(question, sizes.joint), linear(question, sizes.joint)
        self.image1, self.image2 = linear(sizes.image, sizes.image), linear(sizes.image, sizes.joint)

    def forward(self, h, v):
        visual = torch.tanh(self.image2(torch.tanh(self.image1(v))))
        return self.shortcut(h) + torch.tanh(self.question(h)) * visual


class MRN(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, sizes.words)
        self.dropout = nn.Dropout(READ_DROPOUT)
        self.reader = nn.GRU(sizes.words, sizes.cells)
        self.blocks = nn.ModuleList(Block(sizes.joint if l else sizes.cells, sizes) for l in range(LAYERS))
        self.answer = linear(sizes.joint, sizes.answers)

    def forward(self, words, v):
        h = self.reader(self.dropout(self.words(words.T)))[1][0]
        for block in self.blocks:
            h = block(h, v)
        return self.answer(h)


def build(case: str, variant: str):
    sizes = SIZES[case]
    net = MRN(sizes)
    optimizer = torch.optim.RMSprop(net.parameters(), LEARNING_RATE, alpha=0.99)
    words, image = torch.randint(1, VOCABULARY, (sizes.batch, LENGTH)), torch.randn(sizes.batch, sizes.image)
    answer = torch.arange(sizes.batch) % sizes.answers
    run = compiled(net, variant)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(run(words, image), answer).backward()
        optimizer.step()

    return step
