"""Batches that the host reads, for corpora that do not fit on a device. All have one shape, [B, S] and [B, T]."""

from __future__ import annotations

from functools import lru_cache

import grain
import numpy as np

from deepx.data.translation.encode import Encoded


def training(
    encoded: Encoded, seed: int, batch_size: int, longest: tuple[int, int], pool: int = 16
) -> grain.MapDataset:
    """Endless shuffled passes in batches {"source": [B, S], "target": [B, T]} of pairs of similar length.

    `pool` batches of a pass are sorted by length, cut, and come in an order drawn anew (Sutskever et al. 2014, section
    3.4: it made training twice as fast). Every pass has every pair once. Batch i is a function of (seed, i).
    """
    order = grain.MapDataset.range(encoded.count).seed(seed).shuffle().repeat()
    by = np.maximum(encoded.source.lengths(), encoded.target.lengths())

    @lru_cache(maxsize=4)
    def sorted_pool(number: int) -> np.ndarray:
        """Rows [pool, B] of the pairs of a pool, batch by batch."""
        size = pool * batch_size
        rows = np.fromiter((order[number * size + at] for at in range(size)), np.int64, size)
        rows = rows[np.argsort(by[rows], kind="stable")].reshape(pool, batch_size)
        return np.random.default_rng((seed, number)).permutation(rows)

    def batch(i: int) -> dict[str, np.ndarray]:
        rows = sorted_pool(i // pool)[i % pool]
        return {name: side.padded(n, rows) for name, side, n in zip(encoded._fields, encoded, longest, strict=True)}

    return grain.MapDataset.range(2**31 - 1).map(batch)


def evaluation(encoded: Encoded, batch_size: int, longest: tuple[int, int]) -> grain.MapDataset:
    """One pass in order: batches as of `training`, and "mask" [B], 0 for padding at the end."""
    count = encoded.count

    def batch(i: int) -> dict[str, np.ndarray]:
        rows = i * batch_size + np.arange(batch_size)
        mask = (rows < count).astype(np.float32)
        rows = np.minimum(rows, count - 1)
        sides = {name: side.padded(n, rows) for name, side, n in zip(encoded._fields, encoded, longest, strict=True)}
        return {**sides, "mask": mask}

    return grain.MapDataset.range(-(-count // batch_size)).map(batch)
