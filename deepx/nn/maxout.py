"""Maxout layers: Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013 (arXiv 1302.4389)."""

from __future__ import annotations

from typing import Any

import jax
from flax import linen as nn

Array = jax.Array


def irange(limit: float) -> Any:
    """An initialiser: uniform over (-limit, limit), whatever the layer's width. The name is pylearn2's."""
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -limit, limit)


class Maxout(nn.Module):
    """[..., I] -> [..., units]: each unit the largest of `pieces` linear functions of the input (section 3).

    Its one matrix [I, pieces units] holds first pieces first. One piece alone is a linear layer.
    """

    units: int
    pieces: int
    kernel_init: Any

    @nn.compact
    def __call__(self, x: Array) -> Array:
        z = nn.Dense(self.pieces * self.units, kernel_init=self.kernel_init, name="pieces")(x)
        return z.reshape(*x.shape[:-1], self.pieces, self.units).max(-2)
