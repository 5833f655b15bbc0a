"""JAX's random numbers, hashed by our kernel: the same to the last bit, in every shape that keys and counters take."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.nn.cpu import threefry
from tests.native import both

KEY = jax.random.key(3)
KEYS = jax.random.split(KEY, 6)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: jax.random.bits(KEY, (7, 5000)),  # more than a task
        lambda: jax.random.split(KEY, (3, 2)),
        lambda: jax.vmap(jax.random.fold_in)(KEYS, jnp.arange(6)),
        lambda: jax.vmap(lambda key: jax.random.normal(key, (3, 11)))(KEYS),
        lambda: jax.vmap(lambda key: jax.random.bits(key, (5,)), out_axes=1)(KEYS),
        lambda: jax.vmap(jax.vmap(jax.random.split))(KEYS.reshape(2, 3)),
        lambda: jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(9)),
        lambda: jax.random.bits(KEY, (4,), jnp.uint8),
        lambda: jax.random.bits(KEY, (0, 3)),
    ],
)
def test_numbers_are_those_of_jax(draw):
    data = lambda x: jax.random.key_data(x) if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key) else x  # noqa: E731
    ours, theirs = both(lambda _: data(draw()), 0.0)
    np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize("keys, counts", [((2, 1, 4), (2, 3, 1)), ((1, 3, 1), (2, 1, 4)), ((), (3,)), ((2, 3), ())])
def test_keys_and_counters_of_any_shapes(keys, counts):
    shapes = (keys, keys, counts, counts)
    operands = [jax.random.bits(key, shape) for key, shape in zip(KEYS[:4], shapes, strict=True)]
    ours, theirs = both(lambda *a: threefry.RULE.primitive.bind(*a), *operands)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
