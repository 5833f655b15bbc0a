"""The memory network: its equations by hand and in NumPy, memory and forgetting, hops that stop, and that it learns."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.models import memnn, memnn_loss, memnn_response, memnn_time
from deepx.models.memnn import Batch, Config
from deepx.models.memnn_time import EMPTY, NOW, STOP
from deepx.nn import bag_of_words

init = jax.jit(memnn.init, static_argnums=1)
answer = jax.jit(memnn.answer, static_argnums=0)
remember = jax.jit(memnn.remember, static_argnums=0)
winner = jax.jit(memnn_time.winner)
write = jax.jit(memnn.G)
features = jax.jit(bag_of_words.features, static_argnums=(1, 2, 3))
OPTIMIZER = optax.adam(0.02)
WORDS = 12
PLAIN = Config(
    words=WORDS,
    answers=((1,), (2,), (3, 4), (3, 5), (4, 5)),
    embedding=6,
    hops=2,
    adaptive=False,
    ngrams=1,
    nonlinear=False,
    time=False,
    memory_slots=8,
    margin=0.1,
)
FULL = dataclasses.replace(PLAIN, hops=4, adaptive=True, ngrams=3, buckets=40, nonlinear=True, time=True)


def random_batch(seed, B=3, S=5, J=4, K=2):
    """Stories of at least two sentences of at least two words; the first story is as long as can be."""
    rng = np.random.default_rng(seed)
    word = lambda *shape: rng.integers(1, WORDS, shape)  # noqa: E731
    length = rng.integers(2, S + 1, B)
    length[0] = S
    sentences = word(B, S, J) * (np.arange(J) < rng.integers(2, J + 1, (B, S, 1)))
    sentences *= (np.arange(S) < length[:, None])[..., None]
    supports = np.stack([rng.permutation(n)[:1].repeat(K) for n in length])
    supports[1:, 1:] = -1
    arrays = sentences, length, word(B, J), rng.integers(0, 5, B), supports
    return Batch(*(jnp.asarray(a, jnp.int32) for a in arrays))


def scrambled(config, seed=0):
    """Parameters with nothing at zero, so that no term of the equations hides."""
    rng = np.random.default_rng(seed)
    shapes = jax.eval_shape(lambda key: memnn.init(key, config), jax.random.key(0))
    return jax.tree.map(lambda a: 0.5 * rng.standard_normal(a.shape).astype(np.float32), shapes)


@functools.partial(jax.jit, static_argnums=0)
def descend(config, params, state, batch, step):
    """Parameters, the optimiser's state and the gradients of one step."""
    gradients = jax.grad(lambda p: sum(memnn_loss.losses(config, p, batch, jax.random.key(step))).mean())(params)
    updates, state = OPTIMIZER.update(gradients, state)
    return optax.apply_updates(params, updates), state, gradients


def bag(weights, role, words, config):
    """U phi in NumPy, one word or N-gram after the other; N-grams are asked of `features` by themselves."""
    total = np.zeros(config.embedding)
    words = [int(w) for w in words if w]
    for n in range(1, config.ngrams + 1):
        for j in range(len(words) - n + 1):
            total += weights[role][feature(tuple(words[j : j + n]), config)]
    return total


@functools.cache
def feature(gram, config):
    """The id of one N-gram: the last of its own features."""
    n = len(gram)
    return int(features(np.array(gram), n, config.words + 1, config.buckets)[(n - 1) * n])


def embedded(weights, x):
    return np.tanh(np.tanh(x) @ weights["deep"]) if "deep" in weights else x


def context(weights, question, supports, config):
    total = bag(weights, "question", question, config)
    for _, words in supports[:-1]:
        total += bag(weights, "support", words, config)
    return total + (bag(weights, "latest", supports[-1][1], config) if supports else 0)


def in_numpy(config, params, sentences, question):
    """Supports and scores of answers, by loops over slots, hops and words, in float64."""
    p = jax.tree.map(lambda a: np.asarray(a, np.float64), params)
    output, response = p["output"], p["response"]
    memories = [(STOP, [config.words])] * config.adaptive + list(enumerate(sentences))
    x_time, supports = NOW, []
    for _ in range(config.hops):
        e = embedded(output, context(output, question, supports, config))
        best, best_match = None, None
        for time, words in memories:
            match = e @ embedded(output, bag(output, "memory", words, config))
            if best is not None:
                s = best_match - match
                if config.time:
                    s += e @ output["time"].T @ [x_time < best[0], x_time < time, best[0] < time]
            if best is None or s < 0:
                best, best_match = (time, words), match
        if best[0] == STOP:
            break
        supports.append(best)
        x_time = best[0]
    x = context(response, question, supports, config)
    answers = [sum(response[f"answer{w}"][word] for w, word in enumerate(answer)) for answer in config.answers]
    return [time for time, _ in supports], embedded(response, x) @ embedded(response, np.array(answers)).T


@pytest.mark.parametrize("config", [PLAIN, FULL, dataclasses.replace(FULL, adaptive=False)])
def test_parity_with_numpy(config):
    lengths = set()
    for seed in range(3):
        batch, params = random_batch(seed), scrambled(config, seed)
        found = answer(config, params, batch)
        for b, n in enumerate(batch.length_B):
            supports, scores = in_numpy(config, params, np.asarray(batch.sentences_BSJ[b, :n]), batch.question_BQ[b])
            lengths.add(len(supports))
            np.testing.assert_array_equal(found.supports_BK[b], supports + [-1] * (config.hops - len(supports)))
            np.testing.assert_allclose(found.scores_BA[b], scores, rtol=1e-4, atol=1e-4)
            assert found.answer_B[b] == np.argmax(scores)
    assert config.adaptive == (len(lengths) > 1)  # the STOP memory ended some of them


def test_features_are_words_then_longer_grams():
    ids = np.asarray(features(np.array([[3, 4, 5, 0], [4, 5, 0, 0], [5, 4, 0, 0]]), 3, 10, 1000))
    np.testing.assert_array_equal(ids[:, :4], [[3, 4, 5, 0], [4, 5, 0, 0], [5, 4, 0, 0]])
    np.testing.assert_array_equal(ids[0] > 0, [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(ids[1:] > 0, 2 * [[1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]])
    assert ids[0, 5] == ids[1, 4] >= 10  # the same two words
    assert len({*ids[0, [4, 5, 8]], ids[2, 4]}) == 4  # order and length matter
    counts = jax.jit(bag_of_words.count, static_argnums=1)(np.array([[2, 2, 1, 0], [0, 0, 0, 0]]), 4)
    np.testing.assert_array_equal(counts, [[0, 1, 2, 0], [0, 0, 0, 0]])


def test_time_features_and_preference_by_hand():
    np.testing.assert_array_equal(memnn_time.phi_t(jnp.asarray(3), jnp.asarray(5), jnp.asarray(2)), [1, 0, 0])
    np.testing.assert_array_equal(memnn_time.phi_t(jnp.asarray(3), jnp.asarray(2), jnp.asarray(5)), [0, 1, 1])
    np.testing.assert_array_equal(memnn_time.phi_t(jnp.asarray(3), jnp.asarray(1), jnp.asarray(2)), [0, 0, 1])
    np.testing.assert_array_equal(memnn_time.phi_t(jnp.asarray(4), jnp.asarray(4), jnp.asarray(4)), [0, 0, 0])
    assert memnn_time.s_Ot(2.0, 1.5, jnp.asarray([0.1, 0.2, -0.7]), jnp.asarray([0.0, 1.0, 1.0])) == pytest.approx(0.0)


def test_the_winner_is_the_arg_max_where_time_weighs_nothing_and_the_newest_of_equals_where_it_does():
    match = jnp.asarray(np.random.default_rng(0).standard_normal((20, 7)))
    time = jnp.broadcast_to(jnp.arange(7), (20, 7))
    now, nothing = jnp.full(20, NOW), jnp.zeros((20, 3))
    np.testing.assert_array_equal(winner(match, nothing, now, time), jnp.argmax(match, axis=1))
    part = jnp.where(time < 4, time, EMPTY)  # slots not written never win
    np.testing.assert_array_equal(winner(match, nothing, now, part), jnp.argmax(match[:, :4], axis=1))
    newest = jnp.asarray([[0.0, 0.0, -0.5]])
    match = jnp.asarray([[0.0, 2.0, 0.1, 1.8, 0.2]])
    assert winner(match, newest, now[:1], time[:1, :5])[0] == 3  # 2.0 - 1.8 is less than 0.5
    after = jnp.asarray([[-9.0, 9.0, 0.0]])  # x older than y counts for the other
    assert winner(match[:, :3], jnp.asarray([[3.0, -3.0, 0.0]]), jnp.asarray([1]), time[:1, :3])[0] == 2
    assert winner(match[:, :3], -after, jnp.asarray([1]), time[:1, :3])[0] == 2
    assert winner(match[:, :3], after, jnp.asarray([1]), time[:1, :3])[0] == 1


def test_sentences_take_the_next_slot_and_the_oldest_is_forgotten():
    config = dataclasses.replace(FULL, memory_slots=3)
    memory, seen = memnn.blank(config, 1, 1), []
    for time in range(5):
        seen.append(int(memnn.H(memory)[0]))
        memory = write(memory, jnp.asarray([[time + 1]]), jnp.asarray([time]))
    assert seen == [1, 2, 3, 1, 2]  # slot 0 is the STOP memory's
    np.testing.assert_array_equal(memory.time_BN, [[STOP, 3, 4, 2]])
    np.testing.assert_array_equal(memory.features_BNL[0, :, 0], [WORDS, 4, 5, 3])
    batch = random_batch(0)
    by_one = remember(config, batch.sentences_BSJ, batch.length_B)
    for b, n in enumerate(batch.length_B):
        assert set(by_one.time_BN[b].tolist()) - {EMPTY} == {STOP, *range(max(0, n - 3), n)}
        for time, features in zip(by_one.time_BN[b, 1:], by_one.features_BNL[b, 1:], strict=True):
            if time != EMPTY:
                np.testing.assert_array_equal(features, memnn.I(config, batch.sentences_BSJ[b, time]))


def test_a_story_that_fits_is_remembered_as_if_written_one_by_one():
    batch = random_batch(1)
    memory = memnn.blank(dataclasses.replace(FULL, memory_slots=5), 3, 12)
    for s in range(5):
        time = jnp.where(s < batch.length_B, s, EMPTY)
        memory = write(memory, memnn.I(FULL, batch.sentences_BSJ[:, s]), time)
    whole = remember(FULL, batch.sentences_BSJ, batch.length_B)
    jax.tree.map(np.testing.assert_array_equal, memory, whole)


@pytest.mark.parametrize("response", ["ranker", "lstm"])
def test_every_weight_has_a_gradient_and_supports_are_not_seen_in_inference(response):
    config = dataclasses.replace(FULL, response=response)
    batch, params = random_batch(3, B=8), init(jax.random.key(0), config)
    _, _, gradients = descend(config, params, OPTIMIZER.init(params), batch, np.uint32(1))
    jax.tree.map(lambda g, p: np.testing.assert_equal(g.shape, p.shape), gradients, params)
    without = [jax.tree_util.keystr(path) for path, g in jax.tree.leaves_with_path(gradients) if not np.any(g)]
    assert without == []
    other = batch._replace(supports_BK=batch.length_B[:, None] - 1 - batch.supports_BK, answer_B=4 - batch.answer_B)
    same = [answer(config, params, b) for b in (batch, other)]
    jax.tree.map(np.testing.assert_array_equal, *same)


def test_the_lstm_skips_padding():
    weights = memnn_response.init_lstm(jax.random.key(0), WORDS, 5, 6)
    with_gaps = memnn_response.read(weights, jnp.asarray([[0, 3, 0, 7, 0]]))
    np.testing.assert_allclose(with_gaps, memnn_response.read(weights, jnp.asarray([[3, 7]])), rtol=1e-5)
    assert np.abs(with_gaps - memnn_response.read(weights, jnp.asarray([[7, 3]]))).max() > 1e-4


@pytest.mark.parametrize("response", ["ranker", "lstm"])
def test_overfits_a_handful(response):
    config = dataclasses.replace(FULL, response=response)
    batch, params = random_batch(3, B=8), init(jax.random.key(0), config)
    state = OPTIMIZER.init(params)
    for step in range(150):
        params, state, _ = descend(config, params, state, batch, np.uint32(step))
    found = answer(config, params, batch)
    np.testing.assert_array_equal(found.answer_B, batch.answer_B)
    np.testing.assert_array_equal(found.supports_BK[:, :2], batch.supports_BK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": ((1,), (WORDS,))},
        {"hops": 0},
        {"response": "gru"},
        {"supervision": "none"},
        {"supervision": "weak", "adaptive": True},
    ],
)
def test_values_that_make_no_machine(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        dataclasses.replace(PLAIN, **wrong)
