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


def against(step: Step, prior: Step, weight: float, first: int) -> Step:
    """Words in proportion to p(word) / u(word)^weight, u being the prior's p, for the `first` words; then p's alone.

    That is MMI-antiLM of Li et al. 2016 (arXiv 1510.03055, section 4.5.1), but every step is made a distribution again,
    so that log p of a sentence only falls, as `beam.search` needs. Its state: (step's, the prior's, words so far [N]).
    """

    def apart(states: tuple[Any, Any, Array], word_N: Array) -> tuple[Array, tuple[Any, Any, Array]]:
        state, of_prior, t_N = states
        log_p_NV, state = step(state, word_N)
        log_u_NV, of_prior = prior(of_prior, word_N)
        weight_N1 = jnp.where(t_N < first, weight, 0.0)[:, None]
        return jax.nn.log_softmax(log_p_NV - weight_N1 * log_u_NV), (state, of_prior, t_N + 1)

    return apart


def only_end(log_p_NV: Array) -> Array:
    """Log p where nothing but the end can follow."""
    return jnp.where(jnp.arange(log_p_NV.shape[-1]) == END, log_p_NV, -jnp.inf)
