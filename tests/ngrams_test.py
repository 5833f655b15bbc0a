"""Dynamic N-grams: the sampler and the optimal estimate against each other, and each against a count."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data.algorithmic import ngrams

law = settings(deadline=None, max_examples=20)
estimate = jax.jit(ngrams.optimal_estimate, static_argnames="context")


def draw(seed, **sizes):
    return jax.tree.map(np.asarray, compiled(**sizes)(jax.random.key(seed)))


@functools.cache
def compiled(**sizes):
    return jax.jit(functools.partial(ngrams.sample, **sizes))


@law
@given(st.integers(0, 2**31 - 1))
def test_ngrams_want_the_next_bit_wherever_a_context_is_complete(seed):
    for x, y, m in zip(*draw(seed, batch_size=6, length=20), strict=True):
        assert x.shape == y.shape == (19, 1) and np.isin(x, (0, 1)).all() and np.isin(y, (0, 1)).all()
        np.testing.assert_array_equal(x[1:], y[:-1])
        np.testing.assert_array_equal(m, [0] * 4 + [1] * 15)


def test_optimal_estimate_worked_by_hand():
    """Contexts of one bit. After 0: 0 (once), then 0 0 1; after 1 nothing, then 1, then 1 1 0."""
    p = estimate(jnp.array([[0.0, 0, 1, 1, 0, 0]]), context=1)
    expected = [1 / 2, 0.5 / 2, 1 / 2, 1.5 / 2, 1.5 / 3, 1.5 / 4]
    np.testing.assert_allclose(p[0], expected, rtol=1e-6)


@law
@given(st.lists(st.integers(0, 1), min_size=60, max_size=60))
def test_optimal_estimate_counts_what_followed_the_same_context(bits):
    p = estimate(jnp.array([bits], jnp.float32))[0]
    for t in range(60):
        after = [bits[s] for s in range(5, t + 1) if t >= 4 and bits[s - 5 : s] == bits[t - 4 : t + 1]]
        np.testing.assert_allclose(p[t], (sum(after) + 0.5) / (len(after) + 1), rtol=1e-6)


def test_sequences_are_as_frequent_as_the_optimal_estimate_says():
    """A fair first bit times the estimates' product is the probability of a sequence, exactly, under Beta(1/2, 1/2)."""
    batch = draw(0, batch_size=40_000, length=6, context=1)
    drawn = np.concatenate([batch.inputs_BTI[:, :1, 0], batch.targets_BTO[..., 0]], axis=1).astype(int)
    counts = np.bincount(drawn @ 2 ** np.arange(5, -1, -1), minlength=64)
    every = np.array(list(itertools.product((0, 1), repeat=6)))
    p = np.asarray(estimate(jnp.array(every, jnp.float32), context=1))[:, :-1]
    probability = 0.5 * np.where(every[:, 1:] == 1, p, 1 - p).prod(1)
    np.testing.assert_allclose(probability.sum(), 1, rtol=1e-6)
    expected = 40_000 * probability
    assert ((counts - expected) ** 2 / expected).sum() < 63 + 5 * np.sqrt(2 * 63)


def test_the_optimal_estimate_costs_least_and_as_much_as_documented():
    batch = draw(0, batch_size=4000)
    p = np.asarray(estimate(batch.inputs_BTI[..., 0]))
    bit, mask = batch.targets_BTO[..., 0], batch.mask_BT

    def cost(p):
        return (-np.log2(np.where(bit == 1, p, 1 - p)) * mask).sum(1)

    assert mask.sum(1).tolist() == [195] * 4000
    assert abs(cost(p).mean() - 128.3) < 2.8  # 5 standard errors
    for worse in (0.95 * p + 0.025, 1 / (1 + ((1 - p) / p) ** 1.2), np.clip(p, 0.02, 0.98)):
        dearer = cost(worse) - cost(p)
        assert dearer.mean() > 3 * dearer.std() / np.sqrt(4000)
