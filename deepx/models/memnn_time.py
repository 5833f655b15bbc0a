"""Which of two memories a memory network prefers, given when they were written (Weston et al. 2014, section 3.4).

The time of a memory is its position in the story. Shapes: B batch, N memory slots, D embedding.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

Array = jax.Array

EMPTY, STOP = -2, -1  # times of a slot not written yet and of the memory that ends the hops: before all others
NOW = jnp.iinfo(jnp.int32).max  # the question's time


def phi_t(x_time: Array, y_time: Array, other_time: Array) -> Array:
    """The three features of writing times [..., 3]: x older than y, x older than y', y older than y'."""
    older = jnp.broadcast_arrays(x_time < y_time, x_time < other_time, y_time < other_time)
    return jnp.stack(older, axis=-1).astype(jnp.float32)


def s_Ot(match_y: Array, match_other: Array, time_weight_3: Array, phi_3: Array) -> Array:
    """Above 0 where y is preferred to y', given x (2014, section 3.4): E(x)^T (E(y) - E(y') + U phi_t(x, y, y')).

    match: E(x)^T E(y) of the two. time_weight_3: E(x)^T U for the three time features.
    """
    return match_y - match_other + (time_weight_3 * phi_3).sum(-1)


def time_weights(output: Mapping[str, Array], x_D: Array) -> Array:
    """E(x)^T U for the time features, [..., 3]; 0 for a machine that knows no time."""
    return x_D @ output["time"].T if "time" in output else jnp.zeros((*x_D.shape[:-1], 3))


def winner(match_BN: Array, time_weight_B3: Array, x_time_B: Array, time_BN: Array) -> Array:
    """The slot [B] that wins: in the order of the slots, each is compared with the winner so far (2014, appendix A)."""

    def compare(best, slot):
        _, best_match_B, best_time_B = best
        _, match_B, time_B = slot
        phi_B3 = phi_t(x_time_B, best_time_B, time_B)
        stays_B = (s_Ot(best_match_B, match_B, time_weight_B3, phi_B3) >= 0) | (time_B == EMPTY)
        return jax.tree.map(lambda old, new: jnp.where(stays_B, old, new), best, slot), None

    B, N = match_BN.shape
    slots = (jnp.broadcast_to(jnp.arange(N)[:, None], (N, B)), match_BN.T, time_BN.T)
    first = jax.tree.map(lambda a: a[0], slots)
    (slot_B, *_), _ = jax.lax.scan(compare, first, jax.tree.map(lambda a: a[1:], slots))
    return slot_B
