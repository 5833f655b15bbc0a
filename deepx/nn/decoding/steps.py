"""Steps of a decoder, and what makes one of several.

Shapes: N hypotheses, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from deepx.nn.sequences import END

Array = jax.Array
Step = Callable[[Any, Array], tuple[Array, Any]]  # (state, word_N) -> (log p [N, V], state)


def ensemble(steps: Sequence[Step]) -> Step:
    """The mean of the models' probabilities; its state is a list of theirs."""

    def step(states: list[Any], word_N: Array) -> tuple[Array, list[Any]]:
        log_p, after = zip(*(one(state, word_N) for one, state in zip(steps, states, strict=True)), strict=True)
        return jax.nn.logsumexp(jnp.stack(log_p), axis=0) - jnp.log(len(steps)), list(after)

    return step


def without(step: Step, words: Sequence[int]) -> Step:
    """The same, but these words are never said; the others keep their probabilities, which then add up to less."""

    def silent(state: Any, word_N: Array) -> tuple[Array, Any]:
        log_p_NV, state = step(state, word_N)
        return log_p_NV.at[:, jnp.array(words)].set(-jnp.inf), state

    return silent


def only_end(log_p_NV: Array) -> Array:
    """Log p where nothing but the end can follow."""
    return jnp.where(jnp.arange(log_p_NV.shape[-1]) == END, log_p_NV, -jnp.inf)
