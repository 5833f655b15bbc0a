"""Deep nets with stochastic depth: Huang, Sun, Liu, Sedra, Weinberger 2016 (arXiv 1603.09382).

In each training step, block l is dropped with probability 1 - p_l, for the whole mini-batch:

    x_l = relu(b_l F_l(x_{l-1}) + s(x_{l-1})),    b_l ~ Bernoulli(p_l)                                     (equation 2)

and in testing all are there, each branch times p_l (equation 5). Both are joins of a net (`deepx.nn.residual`). The
branch of a dropped block is computed and not used. So none of the paper's time is saved, and the running averages in it
move, which they do not in the authors' code; its weights get no gradient, as there.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from deepx.nn.residual import Join, gated

Array = jax.Array
Key = jax.Array


def survival(blocks: int, last: float = 0.5) -> Array:
    """p_l = 1 - l / L (1 - p_L) of L blocks, l = 1, ..., L: linear from 1 at the input to p_L (equation 4)."""
    if not 0 <= last <= 1:
        raise ValueError(f"the last block's probability of survival must be in [0, 1], got {last}")
    return 1 - jnp.arange(1, blocks + 1) / blocks * (1 - last)


def training(key: Key, survival_L: Array) -> Join:
    """The join of one training step."""
    return gated(jax.random.bernoulli(key, survival_L).astype(jnp.float32))


def testing(survival_L: Array) -> Join:
    """The join by which the trained net is tested."""
    return gated(survival_L)
