"""Kneser-Ney n-grams: a corpus worked by hand, probabilities that add up to 1, a slow count beside the fast one."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.analysis import kneser_ney

END, A, B, C = 1, 2, 3, 4
TEXTS = [np.array([A, B, END]), np.array([A, C, END]), np.array([A, B, END])]


def p(model, word, *context):
    return float(np.exp(kneser_ney.log_p(model, [np.array([*context, word])], [len(context)])[0]))


def test_a_corpus_worked_by_hand():
    """Bigrams of 'a b. a c. a b.': -a 3, ab 2, ac 1, b. 2, c. 1, so D = 2 / (2 + 2 x 2); what stands before a: 1
    word, b: 1, c: 1, the end: 2, so D = 3 / (3 + 2 x 1)."""
    model = kneser_ney.learn(TEXTS, [0, 0, 0], size=6, n=2)
    assert [order.discount for order in model.orders] == [3 / 5, 2 / 6]
    rest = 3 / 5 * 4 / 5  # of the four words' 5 counts
    of_b, of_end, of_5 = 0.4 / 5 + rest / 5, 1.4 / 5 + rest / 5, rest / 5
    assert p(model, B, A) == pytest.approx((2 - 1 / 3) / 3 + 1 / 3 * 2 / 3 * of_b)
    assert p(model, END, A) == pytest.approx(1 / 3 * 2 / 3 * of_end)
    assert p(model, 5, A) == pytest.approx(1 / 3 * 2 / 3 * of_5)
    assert p(model, END, 5) == pytest.approx(of_end)  # nothing is known of what follows 5
    assert p(model, A) == pytest.approx((3 - 1 / 3) / 3 + 1 / 3 * 1 / 3 * of_b)  # the beginning is a context


def test_a_context_given_is_not_learnt():
    model = kneser_ney.learn([np.array([B, B, B, A, END])], [3], size=6, n=2)
    assert [(order.events % 6).tolist() for order in model.orders] == [[END, A]] * 2
    both = kneser_ney.log_p(model, [np.array([B, A, END]), np.array([B, A])], [2, 0])
    np.testing.assert_allclose(np.exp(both), [p(model, END, A), p(model, B), p(model, A, B)])


SOME = st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(deadline=None, max_examples=25)
@given(SOME, st.integers(1, 4), st.lists(st.integers(1, 5), max_size=5))
def test_probabilities_add_up_to_1(texts, n, context):
    texts = [np.array(text) for text in texts]
    model = kneser_ney.learn(texts, [0] * len(texts), size=6, n=n)
    assert sum(p(model, word, *context) for word in range(1, 6)) == pytest.approx(1)


def slowly(texts, size, n):
    """p(word, context) by dictionaries, straight from the definition."""
    counts = [Counter() for _ in range(n)]
    for text in texts:
        padded = (0,) * (n - 1) + tuple(text)
        counts[-1].update(padded[end - n : end] for end in range(n, len(padded) + 1))
    for k in range(n - 1, 0, -1):
        counts[k - 1] = Counter(gram[1:] for gram in counts[k])
    behind = [defaultdict(dict) for _ in range(n)]
    for of, found in zip(counts, behind, strict=True):
        for gram, count in of.items():
            found[gram[:-1]][gram[-1]] = count

    def of(word, context):
        after = behind[len(context)].get(context)
        shorter = of(word, context[1:]) if context else 1 / (size - 1)
        if after is None:
            return shorter
        once, twice = (sum(c == times for c in counts[len(context)].values()) for times in (1, 2))
        discount = once / (once + 2 * twice) if once else kneser_ney.FEW
        seen = max(after.get(word, 0) - discount, 0)
        return (seen + discount * len(after) * shorter) / sum(after.values())

    return of


@settings(deadline=None, max_examples=25)
@given(SOME, SOME, st.integers(1, 4))
def test_it_counts_as_the_definition_does(texts, others, n):
    model = kneser_ney.learn([np.array(text) for text in texts], [0] * len(texts), size=6, n=n)
    of = slowly(texts, 6, n)
    expected = []
    for text in others:
        padded = (0,) * (n - 1) + tuple(text)
        expected += [of(padded[end], padded[end - n + 1 : end]) for end in range(n - 1, len(padded))]
    others = [np.array(text) for text in others]
    found = kneser_ney.log_p(model, others, [0] * len(others))
    np.testing.assert_allclose(found, np.log(expected), rtol=1e-9)
    assert kneser_ney.perplexity(model, others, [0] * len(others)) == pytest.approx(np.exp(-np.log(expected).mean()))


def test_what_cannot_be_learnt_is_told():
    with pytest.raises(ValueError, match="at least one word, not 0"):
        kneser_ney.learn(TEXTS, [0, 0, 0], size=6, n=0)
    for texts in ([], [np.array([A])]):
        with pytest.raises(ValueError, match="no word to learn from"):
            kneser_ney.learn(texts, [1] * len(texts), size=6, n=3)
