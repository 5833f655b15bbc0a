"""Between the arrays of one process and arrays over the devices of all: putting, reading a part, gathering.

Where all devices are this process's, these are `jax.device_put`, the data set itself and the tree itself.
"""

from __future__ import annotations

from typing import Any

import grain
import jax
import numpy as np
from jax.sharding import NamedSharding


def placed(tree: Any, sharding: NamedSharding) -> Any:
    """`tree`, of which every process has the whole, where `sharding` says."""
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)

    def one(leaf: Any) -> jax.Array:
        if isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(one(jax.random.key_data(leaf)), impl=jax.random.key_impl(leaf))
        array = np.asarray(leaf)  # jax.device_put would compare what all processes have, at every call
        return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

    return jax.tree.map(one, tree)


def gathered(tree: Any, whole: NamedSharding) -> Any:
    """`tree` as arrays of this process, for computations that it does alone; all processes must come here."""
    if whole.is_fully_addressable:
        return tree

    def one(array: jax.Array) -> jax.Array:
        if not array.sharding.is_fully_replicated:
            array = jax.jit(lambda a: a, out_shardings=whole)(array)
        return array.addressable_data(0)

    return jax.tree.map(one, tree)


class Rows:
    """The rows of a batch that this process's devices hold, of batches of `size` rows lying as `sharding` says."""

    def __init__(self, sharding: NamedSharding, size: int):
        self._sharding, self._size = sharding, size
        rows = NamedSharding(sharding.mesh, jax.sharding.PartitionSpec(*sharding.spec[:1]))
        parts = rows.addressable_devices_indices_map((size,)).values()
        self._rows = np.unique(np.concatenate([np.arange(size)[part] for part in parts]))

    def of(self, dataset: grain.MapDataset) -> grain.MapDataset:
        """Batches with these rows only.

        Where examples become batches in the data set's last transformation, no other example is read; where something
        follows it, as sorting by length, batches are made whole and cut.
        """
        if len(self._rows) == self._size:
            return dataset
        if type(dataset).__name__ != "BatchMapDataset":
            return dataset.map(lambda batch: jax.tree.map(lambda a: a[self._rows], batch))
        (examples,) = dataset.parents
        count, n = len(dataset), len(examples)

        def batch(i: int, _: Any) -> Any:
            first = i // count * n + i % count * self._size  # batches do not run on from one pass to the next
            every = [examples[first + int(row)] for row in self._rows]
            return jax.tree.map(lambda *values: np.stack(values), *every)

        return grain.MapDataset.range(count).map_with_index(batch)

    def placed(self, batch: Any, leading: int = 0) -> Any:
        """The batch over all devices, of what every process has read of it; `leading` axes stand before the rows."""
        spec = jax.sharding.PartitionSpec(*leading * [None], *self._sharding.spec)
        sharding = NamedSharding(self._sharding.mesh, spec)
        if sharding.is_fully_addressable:
            return jax.device_put(batch, sharding)

        def one(array: np.ndarray) -> jax.Array:
            shape = (*array.shape[:leading], self._size, *array.shape[leading + 1 :])

            def part(index: Any) -> np.ndarray:
                rows = np.searchsorted(self._rows, np.arange(self._size)[index[leading]])
                return array[(*index[:leading], rows, *index[leading + 1 :])]

            return jax.make_array_from_callback(shape, sharding, part)

        return jax.tree.map(one, batch)
