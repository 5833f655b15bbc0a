"""The memory network's loss: its terms by hand, what O should choose, and the heuristic that knows no supports."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.models import memnn, memnn_loss
from deepx.models.memnn import Batch, Config, Memory
from deepx.models.memnn_time import STOP

answer = jax.jit(memnn.answer, static_argnums=0)
losses = jax.jit(memnn_loss.losses, static_argnums=0)
given = jax.jit(memnn_loss.given, static_argnums=0)
guessed = jax.jit(memnn_loss.guessed, static_argnums=0)


def one_hot_world():
    """Words 1-4 with embeddings by hand, so that scores can be read off: three sentences of one word each."""
    config = Config(
        words=5, answers=((1,), (2,), (3,)), embedding=2, hops=2, adaptive=False, ngrams=1, nonlinear=False, time=False,
        margin=0.5, negatives=400,
    )  # fmt: skip
    table = lambda *rows: jnp.asarray(rows, jnp.float32)  # noqa: E731
    output = {
        "question": table([0, 0], [0, 0], [0, 0], [0, 0], [1, 0], [0, 0]),
        "support": table([0, 0], [9, 9], [0, 0], [0, 0], [0, 0], [0, 0]),
        "latest": table([0, 0], [-1, 1], [0, 0], [0, 0], [0, 0], [0, 0]),
        "memory": table([9, 9], [1, 0], [0.8, 2], [0.2, 1.9], [0, 0], [9, 9]),
    }
    response = {
        "question": table([0, 0], [0, 0], [0, 0], [0, 0], [1, 0], [0, 0]),
        "support": table([0, 0], [0, 1], [0, 0], [0, 0], [0, 0], [0, 0]),
        "latest": table([0, 0], [0, 9], [0, 1], [0, 0], [0, 0], [0, 0]),
        "answer0": table([0, 0], [1, 0], [0, 1], [0.5, 0.6]),
    }
    batch = Batch(
        sentences_BSJ=jnp.asarray([[[1], [2], [3]]]),
        length_B=jnp.asarray([3]),
        question_BQ=jnp.asarray([[4]]),
        answer_B=jnp.asarray([1]),
        supports_BK=jnp.asarray([[0, 1]]),
    )
    return config, {"output": output, "response": response}, batch


def test_three_loss_terms_by_hand():
    config, params, batch = one_hot_world()
    found = answer(config, params, batch)
    np.testing.assert_array_equal(found.supports_BK, [[0, 1]])
    np.testing.assert_allclose(found.scores_BA, [[1.0, 2.0, 1.7]], rtol=1e-6)
    # x: memories score 1, 0.8, 0.2: max(0, 0.5 - 1 + 0.8) = 0.3 and 0; [x, m_1]: 0, 2, 1.9: 0 and 0.4
    # R: 1, 2, 1.7: 0 and max(0, 0.5 - 2 + 1.7) = 0.2. Half of each is the mean over others.
    output_B, response_B = losses(config, params, batch, jax.random.key(0))
    assert output_B == pytest.approx(0.15 + 0.2, abs=0.04)  # sampled 400 times
    assert response_B == pytest.approx(0.1, abs=0.02)
    one = batch._replace(supports_BK=jnp.asarray([[0, -1]]))
    assert losses(config, params, one, jax.random.key(0))[0] == pytest.approx(0.15, abs=0.03)  # one support: one term


def test_the_loss_compares_as_the_loop_does():
    """Two memories of the same words: the newer is preferred, and at no cost, once 'y older than y'' weighs enough."""
    config, params, batch = one_hot_world()
    config = dataclasses.replace(config, time=True, negatives=10, hops=1)
    params["output"]["time"] = jnp.asarray([[0.0, 0.0], [0.0, 0.0], [-0.6, 0.0]])
    batch = batch._replace(sentences_BSJ=jnp.asarray([[[1], [1], [1]]]), supports_BK=jnp.asarray([[2]]))
    assert answer(config, params, batch).supports_BK[0, 0] == 2
    assert losses(config, params, batch, jax.random.key(0))[0] == 0
    older = batch._replace(supports_BK=jnp.asarray([[0]]))
    assert losses(config, params, older, jax.random.key(0))[0] == pytest.approx(0.5 + 0.6)


def test_targets_end_with_stop_and_skip_what_was_forgotten():
    config = dataclasses.replace(one_hot_world()[0], adaptive=True, hops=3)
    memory = Memory(jnp.zeros((4, 4, 2), jnp.int32), jnp.broadcast_to(jnp.asarray([STOP, 5, 6, 7]), (4, 4)))
    supports = jnp.asarray([[7, -1], [6, 7], [-1, 5], [2, 5]])
    targets = given(config, memory, supports)
    np.testing.assert_array_equal(targets.known_BK, [[1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(targets.slot_BK * targets.known_BK, [[3, 0, 0], [2, 3, 0], [0, 1, 0], [0, 1, 0]])
    without_stop = memory._replace(time_BN=memory.time_BN.at[:, 0].set(4))
    fixed = given(dataclasses.replace(config, adaptive=False), without_stop, supports)
    np.testing.assert_array_equal(fixed.known_BK, [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0]])


def test_the_weak_heuristic_by_hand():
    config = dataclasses.replace(one_hot_world()[0], words=12, supervision="weak", answers=((3,), (6,)))
    sentences = jnp.asarray([[[1, 2], [2, 3], [4, 5], [5, 2]]])
    batch = Batch(sentences, jnp.asarray([4]), jnp.asarray([[1, 9]]), jnp.asarray([0]), None)
    memory = memnn.remember(config, sentences, batch.length_B)
    targets = guessed(config, memory, batch, jax.random.key(0))
    np.testing.assert_array_equal(targets.valid_BKN[0], [[1, 0, 0, 0], [0, 1, 0, 0]])  # word 1; then 2 and 3
    np.testing.assert_array_equal(targets.slot_BK, [[0, 1]])
    nothing = guessed(config, memory, batch._replace(question_BQ=jnp.asarray([[9, 0]])), jax.random.key(0))
    assert not nothing.known_BK.any()
