"""What the sides in PyTorch differ by: how images lie in memory, and whether a net is compiled."""

import torch
from torch import nn


def memory_of(variant: str) -> torch.memory_format:
    """Channels first where the variant is "contiguous"; the others have them last, which is faster on a CPU."""
    return torch.contiguous_format if variant == "contiguous" else torch.channels_last


def compiled(net: nn.Module, variant: str) -> nn.Module:
    """The net, through `torch.compile` where the variant is "compiled"."""
    return torch.compile(net) if variant == "compiled" else net
