"""The same two steps in plain PyTorch modules."""

import torch
from torch import nn
from torch.nn import functional as F

from scripts.benchmarks.torch_variants import compiled, memory_of


def generator() -> nn.Module:
    layers = [nn.Linear(100, 256 * 4 * 4), nn.Unflatten(1, (256, 4, 4)), nn.BatchNorm2d(256), nn.ReLU()]
    for before, width in ((256, 128), (128, 64)):
        layers += [nn.ConvTranspose2d(before, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh())


def discriminator() -> nn.Module:
    layers = [nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, width in ((64, 128), (128, 256)):
        layers += [nn.Conv2d(before, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 4 * 4, 1))


def build(case: str, variant: str):
    memory = memory_of(variant)
    g, d = generator().to(memory_format=memory), discriminator().to(memory_format=memory)
    real, z = torch.randn(128, 3, 32, 32).to(memory_format=memory), torch.randn(128, 100)
    g_optimizer, d_optimizer = (torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999)) for net in (g, d))
    g, d = compiled(g, variant), compiled(d, variant)

    def step():
        with torch.no_grad():
            fake = g(z)
        d_optimizer.zero_grad()
        (F.softplus(-d(real)) + F.softplus(d(fake))).mean().backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        F.softplus(-d(g(z))).mean().backward()
        g_optimizer.step()

    return step
