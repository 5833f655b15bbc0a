"""The n best of one model, put into another order by what several say of them.

The noisy channel, arg max over e of p(f|e) p(e), adds the log p of a reverse model and of a language model with weights
of 1 each; maximum mutual information (Li et al. 2016, arXiv 1510.03055, section 4) log p(T|S) - w log p(T), or
(1 - w) log p(T|S) + w log p(S|T); an ensemble, the log p of all its models.

Shapes: B sentences, K hypotheses each, N = B K, T words, R results a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from deepx.nn.decoding.beam import Hypotheses, best

Array = jax.Array


def log_p(of_words: Callable[[Array, Array], Array], source_BS: Array, words_BKT: Array) -> Array:
    """log p of every hypothesis [B, K] by `of_words(source_NS, words_NT)`, which gives that of every word [N, ...].

    A reverse model's is `lambda source, words: apply(unended(words), ended(source))`, with `apply` as of the models and
    the other two of `sequences`; a language model's `lambda _, words: apply(words)`.
    """
    B, K, T = words_BKT.shape
    of_N = of_words(jnp.repeat(source_BS, K, axis=0), words_BKT.reshape(B * K, T))
    return of_N.sum(-1).reshape(B, K)


def rescored(hypotheses: Hypotheses, log_p: Mapping[str, Array], weights: Mapping[str, float]) -> Hypotheses:
    """All in the order of the weighted sum of what `log_p` [B, K] has by name; what was no hypothesis remains last.

    Raises KeyError for a weight without a score.
    """
    score_BK = sum(weight * log_p[name] for name, weight in weights.items())
    score_BK = jnp.where(jnp.isfinite(hypotheses.log_p), score_BK, -jnp.inf)
    return best(hypotheses._replace(score=score_BK), keep=score_BK.shape[1])
