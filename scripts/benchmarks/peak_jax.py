"""A large matrix product in JAX."""

import jax

from scripts.benchmarks.peak import SIDE


def build(case: str, variant: str):
    a = jax.random.normal(jax.random.key(0), (SIDE, SIDE))
    product = jax.jit(lambda a: a @ a)
    return lambda: jax.block_until_ready(product(a))
