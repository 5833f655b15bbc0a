"""Beam search (Sutskever, Vinyals, Le 2014, arXiv 1409.3215, section 3.2), for many sentences at once.

Of all hypotheses with every word after them, a sentence keeps the K most probable; those that have just ended leave the
beam for the finished ones, of which it keeps the K best. Finished hypotheses are compared by

    log p(y) / ((5 + |y|) / 6)^alpha     (Wu et al. 2016, arXiv 1609.08144, equation 14, without its coverage)

where |y| counts the end, and alpha = 0 is Sutskever's. It stops when nothing that a live hypothesis could become beats
the finished ones that are asked for; so a sentence's result does not depend on what it is searched with.

Shapes: B sentences, K hypotheses each, N = B K, T words, V vocabulary, R results a sentence.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.nn.decoding.steps import Step, only_end, without
from deepx.nn.sequences import END, NONE

Array = jax.Array


class Hypotheses(NamedTuple):
    """Sentences with their ends [B, K, T], log p of them [B, K], and the score by which they stand in order.

    Where there are none, log p and score are -inf.
    """

    words: Array
    log_p: Array
    score: Array


class Search(NamedTuple):
    """After t words. live: scores are log p; its decoders' state [N, ...]."""

    t: Array
    live: Hypotheses
    state: Any
    finished: Hypotheses


def search(step: Step, state: Any, beam: int, longest: int, *, alpha: float = 0.0, results: int = 1) -> Hypotheses:
    """The best sentences, best first, [B, R].

    state: of one decoder for each of B sentences; `step` will be given B K of them, those of a sentence in succession.
    Raises ValueError where more results are asked for than the beam is wide.
    """
    if not 1 <= results <= beam:
        raise ValueError(f"a beam of {beam} has 1 to {beam} results, not {results}")
    step, B = without(step, [NONE]), len(jax.tree.leaves(state)[0])
    none = jnp.full((B, beam), -jnp.inf)
    nothing = Hypotheses(jnp.full((B, beam, longest), NONE, jnp.int32), none, none)
    one = nothing._replace(log_p=none.at[:, 0].set(0.0))

    def more(carry: Search) -> Array:
        # Log p only falls, and no divisor is larger than that of the longest sentence.
        bound_B = carry.live.log_p.max(-1) / _divisor(longest, alpha)
        return (carry.t < longest) & (bound_B > carry.finished.score[:, results - 1]).any()

    def advance(carry: Search) -> Search:
        t, live, state, finished = carry
        before_BK = jnp.take_along_axis(live.words, jnp.full((B, beam, 1), jnp.maximum(t - 1, 0)), axis=2)[..., 0]
        word_N = jnp.where(t == 0, END, before_BK).reshape(-1)
        log_p_NV, state = step(state, word_N)
        log_p_NV = jnp.where(t == longest - 1, only_end(log_p_NV), log_p_NV)
        V = log_p_NV.shape[1]
        all_BKV = live.log_p[..., None] + log_p_NV.reshape(B, beam, V)
        log_p_BK, place_BK = jax.lax.top_k(all_BKV.reshape(B, beam * V), beam)
        parent_BK, word_BK = place_BK // V, (place_BK % V).astype(jnp.int32)
        ended_BK = word_BK == END
        words_BKT = jnp.take_along_axis(live.words, parent_BK[..., None], axis=1)
        words_BKT = words_BKT.at[:, :, t].set(word_BK)
        just_BK = jnp.where(ended_BK, log_p_BK, -jnp.inf)
        just = Hypotheses(words_BKT, just_BK, just_BK / _divisor(t + 1, alpha))
        live_BK = jnp.where(ended_BK, -jnp.inf, log_p_BK)
        rows_N = (jnp.arange(B)[:, None] * beam + parent_BK).reshape(-1)
        state = jax.tree.map(lambda a: a[rows_N], state)
        return Search(t + 1, Hypotheses(words_BKT, live_BK, live_BK), state, best(finished, just, keep=beam))

    state = jax.tree.map(lambda a: jnp.repeat(a, beam, axis=0), state)
    found = jax.lax.while_loop(more, advance, Search(jnp.int32(0), one, state, nothing)).finished
    found = best(found, keep=results)
    return found._replace(words=jnp.where(jnp.isfinite(found.log_p)[..., None], found.words, NONE))


def best(*hypotheses: Hypotheses, keep: int) -> Hypotheses:
    """Those with the highest scores among all of a sentence's, in order; of equals, the first."""
    every = jax.tree.map(lambda *a: jnp.concatenate(a, axis=1), *hypotheses)
    score_BK, place_BK = jax.lax.top_k(every.score, keep)
    words_BKT = jnp.take_along_axis(every.words, place_BK[..., None], axis=1)
    return Hypotheses(words_BKT, jnp.take_along_axis(every.log_p, place_BK, axis=1), score_BK)


def _divisor(length: int | Array, alpha: float) -> Array:
    return jnp.power((5.0 + length) / 6.0, alpha)
