"""A sentence at a time, in a Python loop: each hypothesis by itself (`hypothesis`), or all as rows (`sentence`)."""

import torch

from scripts.benchmarks.beam import BEAM, SIZES
from scripts.benchmarks.seq2seq import END, LONGEST, pairs
from scripts.benchmarks.seq2seq_torch import Seq2Seq


def each(net, last, state):
    """`net.step` of one hypothesis after another."""
    steps = [net.step(last[k : k + 1], [a[:, k : k + 1] for a in state]) for k in range(len(last))]
    h, c = ([after[i] for _, after in steps] for i in range(2))
    return torch.cat([log_p for log_p, _ in steps]), [torch.cat(h, 1), torch.cat(c, 1)]


def search(net, step, source):
    """The words and log p of the best sentence."""
    state = net.encode(source[None])
    words, log_p, finished = torch.tensor([[END]]), torch.zeros(1), []
    for _ in range(LONGEST):
        next_log_p, state = step(words[:, -1], state)
        next_log_p[:, 0] = -torch.inf
        log_p, place = (log_p[:, None] + next_log_p).flatten().topk(BEAM)
        parent, word = place // next_log_p.shape[1], place % next_log_p.shape[1]
        words, state = torch.cat([words[parent], word[:, None]], 1), [a[:, parent] for a in state]
        for k in torch.nonzero(word == END).flatten():
            finished.append((log_p[k].item(), words[k]))
            log_p[k] = -torch.inf
        if finished and max(p for p, _ in finished) > log_p.max():
            break
    return max(finished, key=lambda one: one[0]) if finished else (log_p[0].item(), words[0])


def build(case: str, variant: str):
    sizes = SIZES[case]
    net, sources = Seq2Seq(sizes), torch.tensor(pairs(sizes.batch)[0])
    step = net.step if variant == "sentence" else lambda last, state: each(net, last, state)

    @torch.inference_mode()
    def decode():
        return [search(net, step, source) for source in sources]

    return decode
