"""The two forms in which batches reach a step: made on the device inside the compiled step, or read on the host.

In both, batch `i` is a function of (seed, i) alone, so a checkpoint needs no position but the step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import grain
import jax
import jax.numpy as jnp

Array = jax.Array
Key = jax.Array


class DeviceData(NamedTuple):
    """Batches made inside the compiled step.

    sample:   arrays, key, i -> batch i, a pure function; `key` is the same for every i.
    arrays:   what `sample` reads, held on the device and passed to the program (never baked into it).
    batches:  how many batches one evaluation pass has; None for endless training data.
    """

    sample: Callable[[Any, Key, Array], Any]
    arrays: Any = ()
    batches: int | None = None


class HostData(NamedTuple):
    """Batches read by the host and prefetched by grain's threads while the device computes.

    dataset:  seed -> a `grain.MapDataset` of batches (pytrees of NumPy arrays of one shape): endless for training, of
              one pass for evaluation, where a short last batch is padded and masked by the data set.
    """

    dataset: Callable[[int], grain.MapDataset]


def first_batch(source: DeviceData | HostData) -> Any:
    """Batch 0 of seed 0, for who must see examples before there is a program."""
    if isinstance(source, DeviceData):
        return source.sample(source.arrays, jax.random.key(0), jnp.int32(0))
    return source.dataset(0)[0]


def generated(sample: Callable[[Key], Any], batches: int | None = None) -> DeviceData:
    """Batches drawn afresh: batch i is `sample` of the key folded with i."""
    return DeviceData(lambda _, key, i: sample(jax.random.fold_in(key, i)), batches=batches)


def epochs(arrays: Any, batch_size: int) -> DeviceData:
    """Endless shuffled passes over `arrays` (a dict of arrays of equal length) held on the device.

    Every pass visits every example once, in an order of its own; passes run on across batch boundaries. The order comes
    from a pseudo-random permutation evaluated at the wanted positions only, so a step costs O(batch), not O(examples).
    """
    n = len(jax.tree.leaves(arrays)[0])

    def sample(arrays, key, i):
        index = shuffled(key, i, batch_size, n)
        return jax.tree.map(lambda a: a[index], arrays)

    return DeviceData(sample, arrays)


def epochs_by_length(arrays: Any, batch_size: int, lengths: Array, pool: int = 16) -> DeviceData:
    """`epochs` in batches of examples of similar length (`lengths`, integers [examples]).

    `pool` batches of a pass are sorted by length, cut, and come in an order drawn anew. Every pass still visits every
    example once.
    """
    n = len(lengths)

    def sample(data, key, i):
        arrays, lengths = data
        i = jnp.asarray(i, jnp.uint32)
        number, slot = i // pool, i % pool
        index = shuffled(key, number, pool * batch_size, n)
        # A key apart from those of passes, which count up from 0 and never get there.
        order = round_keys(jax.random.fold_in(jax.random.fold_in(key, 2**32 - 1), number))
        ranks = permuted(order, slot, pool) * batch_size + jnp.arange(batch_size, dtype=jnp.uint32)
        index = index[jnp.argsort(lengths[index])[ranks]]
        return jax.tree.map(lambda a: a[index], arrays)

    return DeviceData(sample, (arrays, jnp.asarray(lengths)))


@functools.partial(jax.jit, static_argnames=("count", "n"), inline=True)  # traced once for all tasks of a table
def shuffled(key: Array, i: Array, count: int, n: int) -> Array:
    """Positions i count .. (i + 1) count - 1 of endless shuffled passes over 0 .. n-1, as examples [count]."""
    position = jnp.asarray(i, jnp.uint32) * count + jnp.arange(count, dtype=jnp.uint32)
    first = position[0] // n
    passes = jnp.arange((count - 2) // n + 2, dtype=jnp.uint32)  # as many as may be touched
    keys = jax.vmap(lambda p: round_keys(jax.random.fold_in(key, p)))(first + passes)
    return jax.vmap(lambda p: permuted(keys[p // n - first], p % n, n))(position)


def one_pass(arrays: Any, batch_size: int) -> DeviceData:
    """One pass in order over `arrays`, a dict; `mask` is 0 where the last batch is padding."""
    n = len(jax.tree.leaves(arrays)[0])

    def sample(arrays, key, i):
        index = i * batch_size + jnp.arange(batch_size)
        batch = jax.tree.map(lambda a: a[jnp.minimum(index, n - 1)], arrays)
        return {**batch, "mask": (index < n).astype(jnp.float32)}

    return DeviceData(sample, arrays, batches=-(-n // batch_size))


def round_keys(key: Key, rounds: int = 6) -> Array:
    """What picks a permutation: a number for every round (uint32)."""
    return jax.random.bits(key, (rounds,), jnp.uint32)


def permuted(keys: Array, position: Array, n: int) -> Array:
    """Where `position` (uint32, below `n`) goes in a pseudo-random permutation of 0 .. n-1 that `round_keys` pick.

    A Feistel network over the smallest even number of bits that holds n, each round's function a hash of the half and a
    round key; positions that land at or above n walk on along their cycle until they are below it (at most 4 expected
    steps, since the domain is below 4 n).
    """
    half = max(1, -(-(n - 1).bit_length() // 2))
    low = jnp.uint32((1 << half) - 1)

    def mix(x: Array) -> Array:  # the finaliser of MurmurHash3
        x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
        x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
        return x ^ (x >> 16)

    def encipher(x: Array) -> Array:
        left, right = x >> half, x & low
        for k in keys:
            left, right = right, left ^ (mix(right ^ k) & low)
        return (left << half) | right

    return jax.lax.while_loop(lambda x: x >= n, encipher, encipher(position))
