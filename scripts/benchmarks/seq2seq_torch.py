"""Sequence to sequence in plain PyTorch modules: training on padded batches, and a beam search that takes one sentence
after another, a hypothesis a row of one batch."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.seq2seq import (
    BEAM, DECODING, END, LEARNING_RATE, LONGEST, NORM, TRAINING, VOCABULARY, Sizes, pairs,
)  # fmt: skip


class Seq2Seq(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        cells = sizes.cells
        self.source = nn.Embedding(VOCABULARY, cells)
        self.target = nn.Embedding(VOCABULARY, cells)
        self.encoder = nn.LSTM(cells, cells, sizes.layers)
        self.decoder = nn.LSTM(cells, cells, sizes.layers)
        self.output = nn.Linear(cells, VOCABULARY)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.08, 0.08)

    def encode(self, source):
        """The state after the padded source, read backwards, so that the padding comes first."""
        return self.encoder(self.source(source.flip(1)).transpose(0, 1))[1]

    def forward(self, source, before):
        h, _ = self.decoder(self.target(before).transpose(0, 1), self.encode(source))
        return self.output(h)

    def step(self, words, state):
        h, state = self.decoder(self.target(words)[None], state)
        return self.output(h[0]).log_softmax(-1), state


def build(case: str, variant: str):
    torch.manual_seed(0)
    return decoding(DECODING[case]) if case in DECODING else training(TRAINING[case])


def training(sizes: Sizes):
    net = Seq2Seq(sizes)
    optimizer = torch.optim.SGD(net.parameters(), LEARNING_RATE)
    source, target = map(torch.tensor, pairs(sizes.batch))

    def step():
        optimizer.zero_grad()
        before = F.pad(target[:, :-1], (1, 0), value=END)
        logits = net(source, before).flatten(0, 1)
        loss = F.cross_entropy(logits, target.T.flatten(), ignore_index=0, reduction="sum") / sizes.batch
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), NORM)
        optimizer.step()

    return step
