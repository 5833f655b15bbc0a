"""A training step of the neural Turing machine on copying in plain PyTorch modules, one time step after another."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.ntm import BITS, CELLS, LENGTH, SLOTS, STEPS, WIDTH


class Head(nn.Module):
    """The four steps of addressing (section 3.3)."""

    def __init__(self):
        super().__init__()
        self.emit = nn.Linear(CELLS, WIDTH + 6)

    def forward(self, h, memory, previous):
        key, beta, gate, shift, gamma = torch.split(self.emit(h), [WIDTH, 1, 1, 3, 1], dim=1)
        similarity = F.cosine_similarity(memory, torch.tanh(key).unsqueeze(1), dim=2, eps=1e-6)
        content = torch.softmax(F.softplus(beta) * similarity, dim=1)
        gate, shift = torch.sigmoid(gate), torch.softmax(shift, dim=1)
        w = gate * content + (1 - gate) * previous
        w = shift[:, 0:1] * w.roll(-1, 1) + shift[:, 1:2] * w + shift[:, 2:3] * w.roll(1, 1)
        w = (w + 1e-16) ** (1 + F.softplus(gamma))
        return w / w.sum(1, keepdim=True)


class NTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(BITS + 1 + WIDTH, CELLS)
        self.read, self.write = Head(), Head()
        self.erase, self.add = nn.Linear(CELLS, WIDTH), nn.Linear(CELLS, WIDTH)
        self.output = nn.Linear(CELLS + WIDTH, BITS)
        self.memory = nn.Parameter(torch.full((SLOTS, WIDTH), 1e-6))
        self.initial = nn.Parameter(torch.zeros(2 * CELLS + WIDTH))

    def forward(self, inputs):
        batch = len(inputs)
        h, c, r = (a.expand(batch, -1) for a in self.initial.split([CELLS, CELLS, WIDTH]))
        memory = self.memory.expand(batch, -1, -1)
        read_w = write_w = F.one_hot(torch.zeros(batch, dtype=torch.long), SLOTS).float()
        outputs = []
        for x in inputs.unbind(1):
            h, c = self.cell(torch.cat([x, r], 1), (h, c))
            read_w, write_w = self.read(h, memory, read_w), self.write(h, memory, write_w)
            r = torch.bmm(read_w.unsqueeze(1), memory).squeeze(1)
            erase, add = torch.sigmoid(self.erase(h)), torch.tanh(self.add(h))
            memory = memory * (1 - write_w.unsqueeze(2) * erase.unsqueeze(1)) + write_w.unsqueeze(2) * add.unsqueeze(1)
            outputs.append(self.output(torch.cat([h, r], 1)))
        return torch.stack(outputs, 1)


def build(case: str, variant: str):
    batch = int(case.removeprefix("batch "))
    net = NTM()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)

    def one():
        bits = torch.randint(0, 2, (batch, LENGTH, BITS)).float()
        inputs = torch.zeros(batch, 2 * LENGTH + 1, BITS + 1)
        inputs[:, :LENGTH, :BITS], inputs[:, LENGTH, BITS] = bits, 1
        optimizer.zero_grad()
        logits = net(inputs)[:, LENGTH + 1 :]
        (F.binary_cross_entropy_with_logits(logits, bits, reduction="sum") / batch).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    def step():
        for _ in range(STEPS):
            one()

    return step
