"""Decoding against brute force over every sentence, and what must hold of any search.

The model of these tests is a table: log p of the next word from the last two words and a number of the sentence's.
"""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.nn.decoding import beam, rescoring, sampling, steps
from deepx.nn.sequences import END

V, T = 4, 3
SENTENCES = [(*words, END) for n in range(T) for words in itertools.product((2, 3), repeat=n)]


def table(seed, sharpness=2.0, n=3):
    logits = sharpness * jax.random.normal(jax.random.key(seed), (n, V, V, V))
    return jax.nn.log_softmax(logits)


def step(table, state, word_N):
    which_N, last_N = state
    return jnp.asarray(table)[which_N, last_N, word_N], (which_N, word_N)


def start(n, first=0):
    return jnp.arange(first, first + n), jnp.full(n, END)


def score(table, which, sentence):
    last, now, total = END, END, 0.0
    for word in sentence:
        total += float(table[which, last, now, word])
        last, now = now, word
        if word == END:
            return total
    raise AssertionError(f"{sentence} has no end")


def padded(sentence):
    return [*sentence, *[0] * (T - len(sentence))]


@partial(jax.jit, static_argnums=(1, 3, 4))
def search(table, width, alpha=0.0, results=1, n=3):
    return beam.search(partial(step, table), start(n), width, T, alpha=alpha, results=results)


@jax.jit
def greedy(table):
    return sampling.greedy(partial(step, table), start(3), T)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.6, 1.0]))
@settings(max_examples=25, deadline=None)
def test_a_beam_of_everything_finds_the_best_of_all_sentences_in_order(seed, alpha):
    probabilities = np.asarray(table(seed))
    found = search(probabilities, V**T, alpha, len(SENTENCES))
    for which in range(3):
        log_p = {s: score(probabilities, which, s) for s in SENTENCES}
        expected = sorted(SENTENCES, key=lambda s: -log_p[s] / ((5 + len(s)) / 6) ** alpha)
        np.testing.assert_array_equal(found.words[which], [padded(s) for s in expected])
        np.testing.assert_allclose(found.log_p[which], [log_p[s] for s in expected], rtol=1e-4, atol=1e-5)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_beam_of_one_is_greedy(seed):
    found, said = search(table(seed), 1), greedy(table(seed))
    np.testing.assert_array_equal(found.words[:, 0], said.words)
    np.testing.assert_allclose(found.log_p[:, 0], said.log_p, rtol=1e-5)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1.0]))
@settings(max_examples=25, deadline=None)
def test_results_are_whole_ordered_different_and_scored_as_the_model_scores_them(seed, alpha):
    probabilities = np.asarray(table(seed))
    found = search(probabilities, 3, alpha, 3)
    assert (np.diff(found.score) <= 0).all()
    for which in range(3):
        real = np.isfinite(found.log_p[which])
        sentences = [tuple(words) for words in found.words[which][real].tolist()]
        assert len(set(sentences)) == len(sentences) >= 1
        lengths = np.array([s.index(END) + 1 for s in sentences])
        assert all(not any(s[n:]) for s, n in zip(sentences, lengths, strict=True))
        log_p = np.array([score(probabilities, which, s) for s in sentences])
        np.testing.assert_allclose(found.log_p[which][real], log_p, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.score[which][real], log_p / ((5 + lengths) / 6) ** alpha, rtol=1e-4, atol=1e-5)
        assert not found.words[which][~real].any()


def by_hand(probabilities, which, width, alpha):
    """Sutskever's search of one sentence in plain Python, which never stops early."""
    live, finished = [((), 0.0)], []
    for t in range(T):
        spread = [
            ((*words, word), score_so_far(probabilities, which, (*words, word)))
            for words, _ in live
            for word in ((1, 2, 3) if t < T - 1 else (1,))
        ]
        kept = sorted(spread, key=lambda pair: -pair[1])[:width]
        finished += [pair for pair in kept if pair[0][-1] == END]
        live = [pair for pair in kept if pair[0][-1] != END]
    return max(finished, key=lambda pair: pair[1] / ((5 + len(pair[0])) / 6) ** alpha)


def score_so_far(probabilities, which, words):
    history = (END, END, *words)
    return float(sum(probabilities[(which, *history[i : i + 3])] for i in range(len(words))))


@given(st.integers(0, 10**6), st.sampled_from([2, 3]), st.sampled_from([0.0, 4.0]))
@settings(max_examples=40, deadline=None)
def test_a_narrow_beam_stops_early_and_still_finds_what_plain_python_finds(seed, width, alpha):
    probabilities = np.asarray(table(seed))
    found = search(probabilities, width, alpha)
    for which in range(3):
        words, log_p = by_hand(probabilities, which, width, alpha)
        np.testing.assert_allclose(found.log_p[which, 0], log_p, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(found.words[which, 0], padded(words))


def test_a_sentence_is_searched_alone_as_in_company():
    many = search(table(0, n=6), 3, 0.6, 3, 6)
    for first in range(6):
        alone = beam.search(partial(step, table(0, n=6)), start(1, first), 3, T, alpha=0.6, results=3)
        np.testing.assert_array_equal(alone.words[0], many.words[first])
        np.testing.assert_allclose(alone.log_p[0], many.log_p[first], rtol=1e-6)


def test_the_search_stops_when_nothing_can_win():
    """A model that is likely to end at once, whose calls are counted."""
    calls = []

    def counted(state, word_N):
        jax.debug.callback(lambda: calls.append(1))
        return jnp.log(jnp.tile(jnp.array([0.0, 0.9, 0.05, 0.05]), (len(word_N), 1))), state

    beam.search(counted, jnp.zeros(2), 3, 50, alpha=1.0)
    jax.effects_barrier()
    assert len(calls) == 1
    calls.clear()
    sampling.greedy(counted, jnp.zeros(2), 50)
    jax.effects_barrier()
    assert len(calls) == 1
    calls.clear()
    beam.search(counted, jnp.zeros(2), 3, 50, results=3)  # .9, .045, .045: two words are enough
    jax.effects_barrier()
    assert len(calls) == 2


def test_it_waits_for_a_sentence_that_will_win_by_its_length():
    """p(end) = .55 at once; after a word, of .45, it is .99: log(.55) = -.6, but log(.45 * .99) / (7 / 6)^4 = -.44."""
    p = jnp.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.55, 0.45, 0.0], [0.0, 0.99, 0.01, 0.0], [0.0, 1.0, 0.0, 0.0]])
    model = lambda state, word_N: (jnp.log(p)[word_N], state)  # noqa: E731
    for alpha, expected in ((0.0, [1, 0, 0]), (4.0, [2, 1, 0])):
        found = beam.search(model, jnp.zeros(1), 2, T, alpha=alpha)
        np.testing.assert_array_equal(found.words[0, 0], expected)


def test_what_has_ended_stays_ended_while_others_go_on():
    """Greedily, one ends at once and would say 2 after its end; the other says 3, 3."""
    log_p = jnp.log(jnp.array([[0.0, 0.4, 0.3, 0.3], [0.0, 0.1, 0.6, 0.3], [0.0, 0.1, 0.2, 0.7]]))

    def model(state, word_N):
        which_N, t_N = state
        return log_p[jnp.where(which_N == 1, 2, jnp.minimum(t_N, 1))], (which_N, t_N + 1)

    said = sampling.greedy(model, (jnp.arange(2), jnp.zeros(2, int)), T + 1)
    np.testing.assert_array_equal(said.words, [[1, 0, 0, 0], [3, 3, 3, 1]])
    np.testing.assert_allclose(said.log_p, [np.log(0.4), 3 * np.log(0.7) + np.log(0.1)], rtol=1e-5)


def test_more_results_than_hypotheses_are_refused():
    with pytest.raises(ValueError, match="a beam of 2 has 1 to 2 results, not 3"):
        beam.search(partial(step, table(0)), start(3), 2, T, results=3)


def test_samples_come_as_often_as_they_are_probable():
    probabilities = np.asarray(table(0, 1.0, 1))
    many = jnp.zeros(4000, int), jnp.full(4000, END)
    said = sampling.sample(jax.random.key(0), partial(step, probabilities), many, T)
    found = {
        tuple(words): n / 4000 for words, n in zip(*np.unique(said.words, axis=0, return_counts=True), strict=True)
    }
    silent = 1 - np.exp(probabilities[..., 0])  # 0 is not drawn, its probability goes to the others
    for sentence in SENTENCES:
        history, p = (END, END, *sentence), 1.0
        for i in range(len(sentence)):
            last, now, word = history[i : i + 3]
            p *= 1.0 if i == T - 1 else np.exp(probabilities[0, last, now, word]) / silent[0, last, now]
        assert found.get(tuple(padded(sentence)), 0) == pytest.approx(p, abs=0.03)
    log_p = [score(probabilities, 0, words) for words in said.words[:20].tolist()]
    np.testing.assert_allclose(said.log_p[:20], log_p, rtol=1e-4)


def test_a_cold_sample_is_greedy_and_a_sample_does_not_depend_on_its_neighbours():
    model = partial(step, table(3, 0.5))
    for seed in range(3):
        cold = sampling.sample(jax.random.key(seed), model, start(3), T, temperature=1e-4)
        np.testing.assert_array_equal(cold.words, greedy(table(3, 0.5)).words)
    few = sampling.sample(jax.random.key(1), model, start(2), T)
    np.testing.assert_array_equal(few.words, sampling.sample(jax.random.key(1), model, start(3), T).words[:2])


def test_an_ensemble_is_the_mean_of_probabilities():
    one, two = (np.asarray(table(seed)) for seed in (1, 2))
    both = steps.ensemble([partial(step, one), partial(step, two)])
    found = beam.search(both, [start(3), start(3)], V**T, T)
    mean = np.log((np.exp(one) + np.exp(two)) / 2)
    expected = search(mean, V**T)
    np.testing.assert_array_equal(found.words, expected.words)
    np.testing.assert_allclose(found.log_p, expected.log_p, rtol=1e-4)


def test_what_is_ruled_out_is_never_said_and_others_keep_their_probabilities():
    probabilities = table(5)
    log_p, _ = steps.without(partial(step, probabilities), [0, 2])(start(3), jnp.full(3, END))
    assert not jnp.isfinite(log_p[:, [0, 2]]).any()
    np.testing.assert_array_equal(log_p[:, [1, 3]], probabilities[jnp.arange(3), END, END][:, jnp.array([1, 3])])
    found = beam.search(steps.without(partial(step, probabilities), [2]), start(3), 3, T, results=3)
    assert not (found.words == 2).any()


def test_rescoring_is_the_noisy_channel():
    """arg max p(f|e) p(e) over the beam's sentences, with a reverse model and a language model worked by hand."""
    found = search(table(7), 4, 0.0, 4)
    source = jnp.array([[5, 6], [7, 8], [9, 0]])
    reverse = lambda source, words: -1.0 * (words == 2) * (source[:, :1] - 4)  # noqa: E731
    language = lambda _, words: -0.5 * (words > 0)  # noqa: E731
    scores = {
        "p(f|e)": rescoring.log_p(reverse, source, found.words),
        "p(e)": rescoring.log_p(language, source, found.words),
    }
    again = rescoring.rescored(found, scores, {"p(f|e)": 1.0, "p(e)": 2.0})
    for which in range(3):
        words = np.asarray(found.words[which])
        hand = -(words == 2).sum(1) * (int(source[which, 0]) - 4) - 2 * 0.5 * (words > 0).sum(1)
        hand = np.where(np.isfinite(found.log_p[which]), hand, -np.inf)
        order = np.argsort(-hand, kind="stable")
        np.testing.assert_array_equal(again.words[which], words[order])
        np.testing.assert_allclose(again.score[which], hand[order])
        np.testing.assert_array_equal(again.log_p[which], found.log_p[which][order])
    with pytest.raises(KeyError, match="p\\(x\\)"):
        rescoring.rescored(found, scores, {"p(x)": 1.0})


def test_what_was_no_hypothesis_stays_last_when_rescored():
    words = jnp.array([[[1, 0], [0, 0], [2, 1]]])
    found = beam.Hypotheses(words, jnp.array([[-1.0, -jnp.inf, -2.0]]), jnp.array([[-1.0, -jnp.inf, -2.0]]))
    again = rescoring.rescored(found, {"a": jnp.array([[1.0, 9.0, 2.0]])}, {"a": 1.0})
    np.testing.assert_array_equal(again.words[0], [[2, 1], [1, 0], [0, 0]])
    assert again.score[0, 2] == -jnp.inf
