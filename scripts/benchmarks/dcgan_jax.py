"""Both steps of a DCGAN, discriminator and generator, on 128 images of 32 x 32 (Radford 2015; base width 64)."""

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from deepx.nn.batch_norm import BatchNorm
from scripts.benchmarks.stepping import Step, stepping


class Generator(nn.Module):
    @nn.compact
    def __call__(self, z):
        x = nn.relu(BatchNorm(False)(nn.Dense(4 * 4 * 256)(z).reshape(-1, 4, 4, 256)))
        for width in (128, 64):
            x = nn.ConvTranspose(width, (4, 4), (2, 2), use_bias=False)(x)
            x = nn.relu(BatchNorm(False)(x))
        return jnp.tanh(nn.ConvTranspose(3, (4, 4), (2, 2))(x))


class Discriminator(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.leaky_relu(nn.Conv(64, (4, 4), 2, padding=1)(x), 0.2)
        for width in (128, 256):
            x = nn.Conv(width, (4, 4), 2, padding=1, use_bias=False)(x)
            x = nn.leaky_relu(BatchNorm(False)(x), 0.2)
        return nn.Dense(1)(x.reshape(len(x), -1))


def build(case: str, variant: str) -> Step:
    generator, discriminator, adam = Generator(), Discriminator(), optax.adam(2e-4, b1=0.5)
    real, z = jax.random.normal(jax.random.key(0), (128, 32, 32, 3)), jax.random.normal(jax.random.key(1), (128, 100))

    def generate(g):
        return generator.apply(g, z, mutable=["batch_stats"])[0]

    def logits(d, x):
        return discriminator.apply(d, x, mutable=["batch_stats"])[0]

    def discriminator_loss(d, fake):
        return jnp.mean(jax.nn.softplus(-logits(d, real)) + jax.nn.softplus(logits(d, fake)))

    def generator_loss(g, d):
        return jnp.mean(jax.nn.softplus(-logits(d, generate(g))))

    def descend(loss, params, moments, *arguments):
        updates, moments = adam.update(jax.grad(loss)(params, *arguments), moments)
        return optax.apply_updates(params, updates), moments

    def both(state):
        g, d, g_moments, d_moments = state
        d, d_moments = descend(discriminator_loss, d, d_moments, generate(g))
        g, g_moments = descend(generator_loss, g, g_moments, d)
        return g, d, g_moments, d_moments

    g, d = generator.init(jax.random.key(2), z), discriminator.init(jax.random.key(3), real)
    state = (g, d, adam.init(g), adam.init(d))
    return stepping(both, state)
