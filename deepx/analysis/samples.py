"""What a generator makes, judged by a classifier's answers: which classes there are, and in which shares.

K classes. A share is a fraction of the samples, from 0 to 1.
"""

from __future__ import annotations

import chex
import numpy as np


def shares(answers: np.ndarray, classes: int) -> np.ndarray:
    """How many of a classifier's answers [N] (class numbers) are each class, as shares [K] of all."""
    chex.assert_rank(answers, 1)
    if not len(answers):
        raise ValueError("there are no answers to count")
    counts = np.bincount(answers, minlength=classes)
    if len(counts) > classes:
        raise ValueError(f"an answer is {len(counts) - 1}; the classes are 0 to {classes - 1}")
    return counts / counts.sum()


def modes_covered(shares_K: np.ndarray, least: float) -> int:
    """How many classes have at least the share `least`."""
    return int(np.sum(np.asarray(shares_K) >= least))


def divergence(p_K: np.ndarray, q_K: np.ndarray | None = None) -> float:
    """KL(p || q) in nats; of p from the uniform distribution, log K at most, without q. Infinite where only q is 0."""
    p = np.asarray(p_K, np.float64)
    q = np.full_like(p, 1 / len(p)) if q_K is None else np.asarray(q_K, np.float64)
    chex.assert_equal_shape([p, q])
    there = p > 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[there] * np.log(p[there] / q[there])))
