"""A training step of sequence to sequence in plain PyTorch modules, on padded sentences."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.seq2seq import END, LEARNING_RATE, NORM, SIZES, VOCABULARY, Sizes, pairs


class Seq2Seq(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, sizes.cells)
        self.target = nn.Embedding(VOCABULARY, sizes.cells)
        self.encoder = nn.LSTM(sizes.cells, sizes.cells, sizes.layers)
        self.decoder = nn.LSTM(sizes.cells, sizes.cells, sizes.layers)
        self.output = nn.Linear(sizes.cells, VOCABULARY)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.08, 0.08)

    def encode(self, source):
        """The state after the source, read backwards, so that the padding comes first."""
        return self.encoder(self.source(source.flip(1).T))[1]

    def forward(self, source, before):
        h, _ = self.decoder(self.target(before.T), self.encode(source))
        return self.output(h)

    def step(self, word, state):
        h, state = self.decoder(self.target(word)[None], state)
        return self.output(h[0]).log_softmax(-1), state


def build(case: str, variant: str):
    sizes = SIZES[case]
    net = Seq2Seq(sizes)
    optimizer = torch.optim.SGD(net.parameters(), LEARNING_RATE)
    source, target = map(torch.tensor, pairs(sizes.batch))

    def step():
        optimizer.zero_grad()
        logits = net(source, F.pad(target[:, :-1], (1, 0), value=END))
        costs = F.cross_entropy(logits.flatten(0, 1), target.T.flatten(), ignore_index=0, reduction="sum")
        (costs / sizes.batch).backward()
        nn.utils.clip_grad_norm_(net.parameters(), NORM)
        optimizer.step()

    return step
