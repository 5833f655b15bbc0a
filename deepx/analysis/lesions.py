"""Lesions of a trained net: Veit, Wilber, Belongie 2016 (arXiv 1605.06431), sections 4.1 and 4.2.

A lesion is a row of gates, one a block: 1 keeps the block's function F(x), 0 deletes it, so that only the way around it
is left. One compiled program makes any number of lesions.

Shapes: L blocks of the net, G lesions, N images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np

from deepx.analysis.paths import drawn
from deepx.nn.residual import Join, gated

Array = jax.Array
Key = jax.Array
Apply = Callable[[Any, Array, Join], Array]  # variables, images [N, H, W, C], join -> logits [N, classes]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a net, as far as lesions need to know them; numbered from 0 through the net.

    names: what `params` and `batch_stats` call them, their stage first: `stage1_block2`. reshaping: numbers of those
    whose output has another shape than their input. bypassed: whether these have a shortcut that gives their output's
    shape, and can be deleted too: so in residual nets, and in plain ones with option A, but not in VGG.
    """

    names: tuple[str, ...]
    reshaping: tuple[int, ...]
    bypassed: bool = True

    @property
    def deletable(self) -> tuple[int, ...]:
        fixed = () if self.bypassed else self.reshaping
        return tuple(l for l in range(len(self.names)) if l not in fixed)


def deletion(blocks: Blocks, deleted: Sequence[int]) -> np.ndarray:
    """The gates [L] without these blocks. Raises ValueError if there is no such block, or it must stay."""
    for l in deleted:
        if not 0 <= l < len(blocks.names):
            raise ValueError(f"there is no block {l}: the net has blocks 0 to {len(blocks.names) - 1}")
        if l not in blocks.deletable:
            raise ValueError(
                f"block {l} ({blocks.names[l]}) changes the shape and nothing leads around it; "
                f"blocks that can be deleted: {', '.join(map(str, blocks.deletable))}"
            )
    return 1.0 - np.isin(np.arange(len(blocks.names)), deleted).astype(np.float32)


def single_deletions(blocks: Blocks) -> np.ndarray:
    """The gates [G, L] without each of `blocks.deletable` in turn (figure 3)."""
    return np.stack([deletion(blocks, [l]) for l in blocks.deletable])


def random_deletions(key: Key, blocks: Blocks, count: int, draws: int) -> np.ndarray:
    """The gates [draws, L] without `count` random blocks, drawn anew for each row (figure 5a).

    Raises ValueError if there are not so many.
    """
    free = blocks.deletable
    if not 0 <= count <= len(free):
        raise ValueError(f"{count} blocks cannot be deleted: between 0 and {len(free)} of this net's can")
    gates_GL = np.ones((draws, len(blocks.names)), np.float32)
    gates_GL[:, free] = jax.vmap(lambda k: drawn(k, len(free), len(free) - count))(jax.random.split(key, draws))
    return gates_GL


def wrong_answers(
    apply: Apply, lesioned: Callable[[Array], Join] = gated
) -> Callable[[Any, np.ndarray, Array, Array], Array]:
    """A compiled function (variables, gates [G, L], images [N, H, W, C], labels [N]) -> wrong answers [G], counted.

    One call makes all lesions, one after another: no slower on a CPU than at once, in the memory of one. The caller
    adds up batches.

    lesioned: the join of a row of gates: `gated`; `switched` for a net without shortcuts; for one trained with
    stochastic depth, `gated` of the gates times the probabilities of survival.
    """

    @jax.jit
    def count(variables, gates_GL: Array, images: Array, labels: Array) -> Array:
        chex.assert_rank([gates_GL, images, labels], [2, 4, 1])

        def under_one(gates_L: Array) -> Array:
            answers = apply(variables, images, lesioned(gates_L)).argmax(-1)
            chex.assert_equal_shape([answers, labels])
            return jnp.sum(answers != labels)

        return jax.lax.map(under_one, gates_GL)

    return count
