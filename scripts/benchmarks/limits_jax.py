"""A large matrix product, and x + 1 of a long x, in JAX."""

import jax
import jax.numpy as jnp

from scripts.benchmarks.limits import NUMBERS, SIDE
from scripts.benchmarks.stepping import Step, calling, stepping


def build(case: str, variant: str) -> Step:
    if case == "pass":
        return stepping(lambda x: x + 1, jnp.zeros(NUMBERS))
    a = jax.random.normal(jax.random.key(0), (SIDE, SIDE))
    return calling(lambda a: a @ a, a)
