"""A convolution or one of its gradients in JAX."""

import jax
import jax.numpy as jnp
from jax import lax

from scripts.benchmarks import conv
from scripts.benchmarks.stepping import Step, calling


def build(case: str, variant: str) -> Step:
    c, kind = conv.parse(case)
    x = jax.random.normal(jax.random.key(0), (c.images, c.size, c.size, c.channels))
    w = jax.random.normal(jax.random.key(1), (c.taps, c.taps, c.channels, c.features))
    y = jnp.ones((c.images, c.output, c.output, c.features))

    def forward(x, w):
        pad = [(c.padding, c.padding)] * 2
        return lax.conv_general_dilated(x, w, (c.stride,) * 2, pad, dimension_numbers=("NHWC", "HWIO", "NHWC"))

    passes = {
        "forward": lambda x, w, y: forward(x, w),
        "input gradient": lambda x, w, y: jax.vjp(lambda x: forward(x, w), x)[1](y),
        "weight gradient": lambda x, w, y: jax.vjp(lambda w: forward(x, w), w)[1](y),
    }
    return calling(passes[kind], x, w, y)
