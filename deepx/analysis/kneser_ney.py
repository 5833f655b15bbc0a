"""The n-gram language model that networks are held against: interpolated Kneser-Ney smoothing.

Kneser & Ney 1995, in the interpolated form of Chen & Goodman 1999 (equation 13; one discount for each order, theirs):

    p_k(w | c) = max(n(c w) - D_k, 0) / n(c) + D_k N(c) / n(c) p_k-1(w | c without its first word)

n counts n-grams of the highest order and, of the others, the different words that stand before them; n(c) is its sum
over w, N(c) the number of different words after c, D_k = n1 / (n1 + 2 n2) with n1 and n2 the n-grams counted once and
twice. Below the empty context every word has the same probability, so that none has 0. A context that was never seen
leaves the probability to the next shorter one.

A context is never shorter than the order allows: before a text stand `BEFORE`s. Words are numbers from 1 to size - 1,
as in `deepx.nn.sequences`; whether the end of a sentence counts, and what unknown words are, the texts say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BEFORE = 0
FEW = 0.5  # the discount where no n-gram was counted once


class Order(NamedTuple):
    """The n-grams of a number k of context words. Contexts are numbered by their place in `contexts`.

    contexts [C]: the number of a context without its first word, times size, plus that word. events [E]: the number of
    a context times size, plus the word behind it; counted [E]. Both sorted. total, different [C]: n(c) and N(c).
    """

    contexts: np.ndarray
    events: np.ndarray
    counted: np.ndarray
    total: np.ndarray
    different: np.ndarray
    discount: float


class NGrams(NamedTuple):
    """size: of the vocabulary, with 0. orders: of contexts of 0, 1, ... words."""

    size: int
    orders: tuple[Order, ...]


def learn(texts: Sequence[np.ndarray], given: Sequence[int], size: int, n: int) -> NGrams:
    """The n-grams of texts, each an array of numbers. given: how many words of each are context only.

    Raises ValueError for an n below 1, and where no word is left to learn.
    """
    if n < 1:
        raise ValueError(f"n-grams have at least one word, not {n}")
    words, befores = _events(texts, given, n)
    if not len(words):
        raise ValueError("there is no word to learn from")
    contexts = [np.zeros(1, np.int64)]
    number = np.zeros(len(words), np.int64)
    for before in befores:
        keys, number = np.unique(number * size + before, return_inverse=True)
        contexts.append(keys)
    orders = []
    events, counted = np.unique(number * size + words, return_counts=True)
    for keys in reversed(contexts):
        orders.append(_order(keys, events, counted, size))
        shorter = keys[events // size] // size
        events, counted = np.unique(shorter * size + events % size, return_counts=True)
    return NGrams(size, tuple(reversed(orders)))


def log_p(model: NGrams, texts: Sequence[np.ndarray], given: Sequence[int]) -> np.ndarray:
    """log p of every word that is not given, one text behind the other [words]."""
    words, befores = _events(texts, given, len(model.orders))
    p = np.full(len(words), 1.0 / (model.size - 1))
    number, seen = np.zeros(len(words), np.int64), np.ones(len(words), bool)
    for k, order in enumerate(model.orders):
        if k:
            number, there = _find(order.contexts, number * model.size + befores[k - 1])
            seen = seen & there
        event, there = _find(order.events, number * model.size + words)
        counted = np.where(there, order.counted[event], 0)
        over = np.maximum(counted - order.discount, 0.0) + order.discount * order.different[number] * p
        p = np.where(seen, over / order.total[number], p)
    return np.log(p)


def perplexity(model: NGrams, texts: Sequence[np.ndarray], given: Sequence[int]) -> float:
    """exp of the mean of -log p over all words that are not given."""
    return float(np.exp(-log_p(model, texts, given).mean()))


def _events(texts: Sequence[np.ndarray], given: Sequence[int], n: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Every word that is not given, and for each the word before it, that before this, and so on, n - 1 of them."""
    before = np.full(n - 1, BEFORE, np.int64)
    flat = np.concatenate([part for text in texts for part in (before, text)] or [before]).astype(np.int64)
    lengths = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(lengths + n - 1)
    counts = lengths - np.asarray(given, np.int64)
    at = np.arange(counts.sum()) + np.repeat(ends - np.cumsum(counts), counts)
    return flat[at], [flat[at - back] for back in range(1, n)]


def _order(contexts: np.ndarray, events: np.ndarray, counted: np.ndarray, size: int) -> Order:
    of = events // size
    total, different = (np.bincount(of, weights, len(contexts)) for weights in (counted, None))
    once, twice = (np.count_nonzero(counted == times) for times in (1, 2))
    return Order(contexts, events, counted, total, different, once / (once + 2 * twice) if once else FEW)


def _find(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each stands among sorted keys (anywhere, if nowhere), and whether it does."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
