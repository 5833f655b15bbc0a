"""Nets with blocks in another order: Veit, Wilber, Belongie 2016 (arXiv 1605.06431), section 4.3 and figure 5b.

Blocks of one stage that keep the shape can take one another's places. An order [L] has at each place the number of the
block that stands there. A shuffled net is the same program with its variables under other names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import jax
import numpy as np

from deepx.analysis.lesions import Blocks

Key = jax.Array


def groups(blocks: Blocks) -> list[tuple[int, ...]]:
    """The blocks, a tuple a stage, that can take one another's places."""
    stages: dict[str, list[int]] = {}
    for l, name in enumerate(blocks.names):
        if l not in blocks.reshaping:
            stages.setdefault(name.split("_")[0], []).append(l)
    return [tuple(stage) for stage in stages.values()]


def swapped(key: Key, blocks: Blocks, swaps: int) -> np.ndarray:
    """The order [L] after `swaps` exchanges, one after another, each of two random blocks of one group.

    Raises ValueError for a net in which no two blocks can change places.
    """
    pairs = [pair for group in groups(blocks) for pair in combinations(group, 2)]
    if not pairs:
        raise ValueError("no two blocks can change places: no stage has two that keep the shape")
    order_L = np.arange(len(blocks.names))
    for i in np.asarray(jax.random.randint(key, (swaps,), 0, len(pairs))):
        a, b = pairs[i]
        order_L[[a, b]] = order_L[[b, a]]
    return order_L


def shuffled(variables: Mapping[str, Any], blocks: Blocks, order_L: Sequence[int]) -> dict[str, Any]:
    """The variables of the net whose place l is taken by block `order_L[l]`: parameters and batch statistics.

    Raises ValueError for an order that is no permutation, or takes a block out of its group.
    """
    if sorted(order_L) != list(range(len(blocks.names))):
        raise ValueError(f"an order names each block from 0 to {len(blocks.names) - 1} once, unlike {list(order_L)}")
    group_of = {l: group for group in groups(blocks) for l in group}
    for place, l in enumerate(order_L):
        group = group_of.get(place, (place,))
        if l not in group:
            raise ValueError(
                f"block {l} ({blocks.names[l]}) cannot take the place of block {place} ({blocks.names[place]}), "
                f"which only these can: {', '.join(map(str, group))}"
            )
    return {
        name: {**tree, **{blocks.names[place]: tree[blocks.names[l]] for place, l in enumerate(order_L)}}
        for name, tree in variables.items()
    }


def kendall_tau(order_L: Sequence[int]) -> float:
    """Kendall's rank correlation of an order with the net's own: 1 if nothing moved, -1 for the order reversed."""
    order = np.asarray(order_L)
    inversions = np.triu(order[:, None] > order[None, :]).sum()
    return float(1 - 4 * inversions / (len(order) * (len(order) - 1)))
