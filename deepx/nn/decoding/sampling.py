"""One sentence, word by word: the most probable word each time, or one that is drawn.

Shapes: N sentences, T words, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.nn.decoding.steps import Step, only_end, without
from deepx.nn.sequences import END, NONE

Array = jax.Array


class Said(NamedTuple):
    """Sentences with their ends [N, T], and the model's log p of them [N]."""

    words: Array
    log_p: Array


def greedy(step: Step, state: Any, longest: int) -> Said:
    """The most probable word each time."""
    return _follow(step, state, longest, lambda t, log_p_NV: log_p_NV.argmax(-1))


def sample(key: Array, step: Step, state: Any, longest: int, temperature: float | Array = 1.0) -> Said:
    """Words drawn with probabilities in proportion to p^(1 / temperature); sentence n depends on key and n only."""

    def draw(t: Array, log_p_NV: Array) -> Array:
        keys_N = jax.vmap(lambda n: jax.random.fold_in(jax.random.fold_in(key, t), n))(jnp.arange(log_p_NV.shape[0]))
        return jax.vmap(jax.random.categorical)(keys_N, log_p_NV / temperature)

    return _follow(step, state, longest, draw)


def _follow(step: Step, state: Any, longest: int, choose: Callable[[Array, Array], Array]) -> Said:
    step, N = without(step, [NONE]), jax.tree.leaves(state)[0].shape[0]

    def more(carry) -> Array:
        t, _, word_N, _, _ = carry
        return (t < longest) & ((t == 0) | (word_N != END).any())

    def follow(carry):
        t, state, word_N, words_NT, log_p_N = carry
        log_p_NV, state = step(state, word_N)
        log_p_NV = jnp.where(t == longest - 1, only_end(log_p_NV), log_p_NV)
        chosen_N = choose(t, log_p_NV).astype(jnp.int32)
        over_N = (t > 0) & (word_N == END)
        word_N = jnp.where(over_N, END, chosen_N)
        said_N = jnp.take_along_axis(log_p_NV, word_N[:, None], axis=1)[:, 0]
        words_NT = words_NT.at[:, t].set(jnp.where(over_N, NONE, word_N))
        return t + 1, state, word_N, words_NT, log_p_N + jnp.where(over_N, 0, said_N)

    first_N, nothing_NT = jnp.full(N, END), jnp.full((N, longest), NONE)
    carry = jnp.int32(0), state, first_N.astype(jnp.int32), nothing_NT.astype(jnp.int32), jnp.zeros(N)
    _, _, _, words_NT, log_p_N = jax.lax.while_loop(more, follow, carry)
    return Said(words_NT, log_p_N)
