"""Sentences as rows of a sparse matrix: what each scores in a table of words, and how often words occur in all of them.

A word at place j of a sentence of n words has two weights, `weights_NJC[n, j]`. So the sentences of an example b are a
matrix X_b of S rows, which takes a table of two numbers a word to S scores; its transpose takes a share for each
sentence to weighted counts of words. Neither is ever formed where a kernel serves (`deepx/nn/cpu`).

Shapes: B examples, S sentences, J places, N = J + 1 numbers of words, C = 2, V vocabulary (0 is no word).
"""

from __future__ import annotations

import chex
import jax

from deepx.nn.cpu import sentences as kernels

Array = jax.Array


def look_up(words_BSJ: Array, weights_NJC: Array, table_BCV: Array) -> Array:
    """X_b t_b: of every sentence, the sum over its words of weights times what the table has for the word, [B, S].

    Differentiable with respect to the table. No weight is given to 0, and to numbers that are not in the table.
    """
    _check(words_BSJ, weights_NJC)
    chex.assert_shape(table_BCV, (words_BSJ.shape[0], 2, None))
    return kernels.look_up(words_BSJ, weights_NJC, table_BCV)


def count(words_BSJ: Array, weights_NJC: Array, shares_BS: Array, vocabulary: int) -> Array:
    """X_b^T p_b: of every word, the sum of its weights times the share of the sentence it stands in, [B, C, V].

    Differentiable with respect to the shares.
    """
    _check(words_BSJ, weights_NJC)
    chex.assert_shape(shares_BS, words_BSJ.shape[:2])
    return kernels.count(words_BSJ, weights_NJC, shares_BS, vocabulary)


def _check(words_BSJ: Array, weights_NJC: Array) -> None:
    chex.assert_rank(words_BSJ, 3)
    J = words_BSJ.shape[-1]
    chex.assert_shape(weights_NJC, (J + 1, J, 2))
