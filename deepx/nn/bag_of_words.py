"""Texts as bags of words or N-grams, embedded by a dictionary a role (Weston et al. 2014, arXiv 1410.3916; N-grams and
the nonlinear embedding: Weston et al. 2015, arXiv 1502.05698, section 4.2).

Shapes: J words of a text, L features of a text (its words and N-grams), F features in all, D embedding, B batch,
K supports, ... any leading axes. Feature 0 is padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp

Array = jax.Array
Weights = Mapping[str, Array]


def features(words_J: Array, n: int, first: int, buckets: int) -> Array:
    """Ids [..., n J] of the 1- to n-grams in texts [..., J] of word ids; words stand first and keep their ids.

    Longer grams are hashed to first .. first + buckets - 1, so that no vocabulary of them is needed; where two meet in
    one bucket, they share an embedding. A gram that reaches into the padding is 0.
    """
    gram_J, whole_J = words_J.astype(jnp.uint32), words_J > 0
    found = [words_J]
    for by in range(1, n):
        word_J = _words_on(words_J, by)
        gram_J = _hashed(gram_J, word_J.astype(jnp.uint32))
        whole_J &= word_J > 0
        found.append(jnp.where(whole_J, first + (gram_J % jnp.uint32(buckets)).astype(jnp.int32), 0))
    return jnp.concatenate(found, axis=-1)


def count(ids_L: Array, size: int) -> Array:
    """How often each of `size` features occurs, [..., F]; 0 for the padding."""
    flat = ids_L.reshape(-1, ids_L.shape[-1])
    ones = (flat > 0).astype(jnp.float32)
    counts = jnp.zeros((flat.shape[0], size)).at[jnp.arange(flat.shape[0])[:, None], flat].add(ones)
    return counts.reshape(*ids_L.shape[:-1], size)


def init(key: Array, roles: Sequence[str], size: int, width: int, nonlinear: bool) -> dict[str, Array]:
    """A dictionary [F, D] a role, normal of deviation 0.1; if nonlinear, the second layer's weights `deep` [D, D]."""
    *keys, deep = jax.random.split(key, len(roles) + 1)
    weights = {role: 0.1 * jax.random.normal(k, (size, width)) for role, k in zip(roles, keys, strict=True)}
    return weights | ({"deep": jax.nn.initializers.orthogonal()(deep, (width, width))} if nonlinear else {})


def project(weights: Weights, role: str, ids_L: Array) -> Array:
    """U phi of texts in one role, [..., D]: texts that form one bag are added here, before `embed`.

    Counts times dictionary instead of a sum of gathered rows, whose gradient is slow on CPUs.
    """
    return count(ids_L, len(weights[role])) @ weights[role]


def contexts(weights: Weights, question_BL: Array, supports_BKL: Array) -> Array:
    """U phi of [x], [x, m_1], ..., [x, m_1, ..., m_K], all of them, [B, K + 1, D].

    The support found last is in a role of its own, 'latest', since a bag of all of them would forget their order: of
    'John went to the garden' and 'then he went to the office', which was found last? The paper has one role for both.
    """
    earlier_BKD = project(weights, "support", supports_BKL)
    before_BKD = jnp.cumsum(earlier_BKD, axis=1) - earlier_BKD
    after_BKD = before_BKD + project(weights, "latest", supports_BKL)
    return project(weights, "question", question_BL)[:, None] + jnp.pad(after_BKD, ((0, 0), (1, 0), (0, 0)))


def embed(weights: Weights, projected_D: Array) -> Array:
    """E = U phi, or, where there is a second layer, tanh(W tanh(U phi)) (2015, equation 6)."""
    return jnp.tanh(jnp.tanh(projected_D) @ weights["deep"]) if "deep" in weights else projected_D


def _words_on(words_J: Array, by: int) -> Array:
    """At each place, the word `by` places on; 0 beyond the end."""
    return jnp.concatenate([words_J[..., by:], jnp.zeros_like(words_J[..., :by])], axis=-1)


def _hashed(gram: Array, word: Array) -> Array:
    """A gram of one word more, from the gram's hash (uint32)."""
    x = gram * jnp.uint32(0x9E3779B1) + word
    x = (x ^ (x >> 15)) * jnp.uint32(0x85EBCA6B)
    return x ^ (x >> 13)
