"""A training step of an end-to-end memory network in plain PyTorch: words embedded, weighted by position, summed."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.memn2n import BATCH, HOPS, MEMORIES, QUESTIONS, STEPS, parsed
from scripts.benchmarks.torch_variants import compiled


class MemN2N(nn.Module):
    """Adjacent tying, position encoding, temporal encoding (sections 2.2 and 4.1)."""

    def __init__(self, dimensions: int, vocabulary: int, words: int):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(vocabulary, dimensions, padding_idx=0) for _ in range(HOPS + 1))
        self.times = nn.ParameterList(0.1 * torch.randn(MEMORIES, dimensions) for _ in range(HOPS + 1))
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
        j, k = torch.arange(1, words + 1)[:, None] / words, torch.arange(1, dimensions + 1) / dimensions
        self.register_buffer("position", (1 - j) - k * (1 - 2 * j))

    def embed(self, hop: int, words):
        return (self.embeddings[hop](words) * self.position).sum(-2)

    def forward(self, story, question):
        u = self.embed(0, question)
        for hop in range(HOPS):
            m = self.embed(hop, story) + self.times[hop]
            c = self.embed(hop + 1, story) + self.times[hop + 1]
            p = torch.softmax(torch.bmm(m, u.unsqueeze(2)).squeeze(2), dim=1)
            u = u + torch.bmm(p.unsqueeze(1), c).squeeze(1)
        return u @ self.embeddings[-1].weight.t()


def build(case: str, variant: str):
    dimensions, vocabulary, words, restarts = parsed(case)
    nets = [MemN2N(dimensions, vocabulary, words) for _ in range(restarts)]
    optimizers = [torch.optim.SGD(net.parameters(), 0.01) for net in nets]
    nets = [compiled(net, variant) for net in nets]
    story = torch.randint(1, vocabulary, (QUESTIONS, MEMORIES, words))
    question = torch.randint(1, vocabulary, (QUESTIONS, words))
    answer = torch.randint(1, vocabulary, (QUESTIONS,))

    def one(net, optimizer, chosen):
        optimizer.zero_grad()
        F.cross_entropy(net(story[chosen], question[chosen]), answer[chosen], reduction="sum").backward()
        nn.utils.clip_grad_norm_(net.parameters(), 40.0)
        optimizer.step()

    def step():
        for net, optimizer in zip(nets, optimizers, strict=True):
            for chosen in torch.randperm(QUESTIONS).split(BATCH)[:STEPS]:
                one(net, optimizer, chosen)

    return step
