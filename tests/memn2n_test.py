"""The end-to-end memory network: against its plain form, hand-worked encodings, tying, noise in time, learning."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.models import memn2n

V, S, J, B = 11, 6, 5, 4
RANDOM = np.random.default_rng(0)
WORDS_BSJ = np.where(RANDOM.random((B, S, J)) < 0.8, RANDOM.integers(1, V, (B, S, J)), 0)
WORDS_BSJ = np.sort(WORDS_BSJ, axis=-1)[..., ::-1].copy()  # zeros behind the words
LENGTH_B = np.array([6, 3, 1, 5])
WORDS_BSJ[np.arange(S) >= LENGTH_B[:, None]] = 0
QUESTION_BJ = WORDS_BSJ[:, 0]


def config(**changes) -> memn2n.Config:
    return memn2n.Config(**dict(vocabulary=V, memories=S, dimensions=7, hops=3) | changes)


def apply(c, params, linear=False):
    f = jax.jit(memn2n.apply, static_argnums=0)
    return f(c, params, jnp.asarray(WORDS_BSJ), jnp.asarray(LENGTH_B), jnp.asarray(QUESTION_BJ), linear=linear)


def plain(c: memn2n.Config, params, linear: bool) -> np.ndarray:
    """Sections 2 and 4.1 of the paper word for word, in NumPy: embeddings looked up, each word weighted, one question
    after the other, memories not written zero."""
    p = {name: np.asarray(a, np.float64) for name, a in params.items()}
    D = c.dimensions

    def encode(A, words):
        words = [w for w in words if w]
        total = np.zeros(D)
        for j, w in enumerate(words, start=1):
            for k in range(1, D + 1):
                l = 2 * ((1 - j / len(words)) - (k / D) * (1 - 2 * j / len(words))) if c.position else 1.0
                total[k - 1] += l * A[w, k - 1]
        return total

    answers = []
    for story, length, question in zip(WORDS_BSJ, LENGTH_B, QUESTION_BJ, strict=True):
        adjacent = c.tying == "adjacent"
        u = encode(p["words_EVD"][0] if adjacent else p["question_VD"], question)
        for hop in range(c.hops):
            a, b = (hop, hop + 1) if adjacent else (0, 1)
            m, o = (np.array([memory(p, e, story, length, i, encode) for i in range(S)]) for e in (a, b))
            scores = m @ u
            weights = scores if linear else np.exp(scores) / np.exp(scores).sum()
            u = weights @ o + (u if adjacent else u @ p["carry_DD"])
            if c.nonlinear:
                u = np.maximum(u, 0)
        answers.append(u @ (p["words_EVD"][-1].T if adjacent else p["answer_DV"]))
    return np.array(answers)


def memory(p, e, story, length, i, encode) -> np.ndarray:
    """What embedding e makes of sentence i; zeros where none was written."""
    written = encode(p["words_EVD"][e], story[i]) + p["times_ETD"][e, length - 1 - i]
    return written if i < length else np.zeros_like(written)


@pytest.mark.parametrize(
    "changes",
    [{}, {"position": False}, {"tying": "layerwise"}, {"nonlinear": True}, {"hops": 1}],
    ids=lambda c: "-".join(c) or "paper",
)
@pytest.mark.parametrize("linear", [False, True])
def test_no_memory_is_formed_but_the_answer_is_the_plain_forms(changes, linear):
    c = config(**changes)
    params = jax.tree.map(lambda a: 5 * a, memn2n.init(jax.random.key(1), c))
    logits, thoughts = apply(c, params, linear=linear)
    np.testing.assert_allclose(logits, plain(c, params, linear), rtol=2e-4, atol=2e-4)
    assert len(thoughts) == c.hops
    if not linear:
        np.testing.assert_allclose([hop.attention_BS.sum(1) for hop in thoughts], 1, rtol=1e-5)


def embedded(c, words_J, embedding_VD):
    """What `apply` makes of a question: its embedding, shown by an answer's matrix that is the identity."""
    V, D = embedding_VD.shape
    zeros = {"words_EVD": jnp.zeros((2, V, D)), "times_ETD": jnp.zeros((2, S, D)), "carry_DD": jnp.eye(D)}
    params = zeros | {"question_VD": embedding_VD, "answer_DV": jnp.eye(D, V)}
    logits, _ = memn2n.apply(c, params, jnp.zeros((1, S, len(words_J)), int), jnp.zeros(1, int), words_J[None])
    return logits[0, :D]


def test_position_encoding_of_a_hand_worked_sentence():
    """In two dimensions (1 - j/2) - (k/2)(1 - j) is (1/2, 1/2) for the first of two words, (1/2, 1) for the second."""
    c = config(vocabulary=4, dimensions=2, tying="layerwise", hops=1)
    embedding = jnp.array([[9.0, 9.0], [1.0, 10.0], [100.0, 1000.0], [7.0, 7.0]])
    np.testing.assert_allclose(embedded(c, jnp.array([1, 2, 0, 0]), embedding), [1 + 100, 10 + 2 * 1000])


@pytest.mark.parametrize("position", [True, False])
def test_the_order_of_words_matters_only_where_positions_are_encoded(position):
    c = config(vocabulary=4, dimensions=3, tying="layerwise", hops=1, position=position)
    one, other = (embedded(c, jnp.array(words), jnp.eye(4, 3)) for words in ([1, 2, 3, 0], [3, 2, 1, 0]))
    assert (np.abs(one - other).max() > 0.2) == position


def test_empty_memories_score_nothing_and_give_nothing():
    """They take part in the softmax: with two sentences among six memories, equal scores leave each a sixth."""
    c = config(hops=1)
    params = jax.tree.map(jnp.zeros_like, memn2n.init(jax.random.key(1), c))
    _, [hop] = apply(c, params)
    np.testing.assert_allclose(hop.attention_BS, 1 / S, rtol=1e-6)
    assert not hop.read_BD.any()


def test_noise_steps_over_times_but_keeps_their_order():
    c = config(noise=0.5)
    plain_BS, noisy_BS = (
        np.asarray(memn2n.times_of(c, jnp.asarray(LENGTH_B), key)) for key in (None, jax.random.key(0))
    )
    for b, length in enumerate(LENGTH_B):
        assert plain_BS[b, :length].tolist() == list(range(length))[::-1]
        assert (noisy_BS[b, :length] >= plain_BS[b, :length]).all()
        assert (np.diff(noisy_BS[b, :length]) <= 0).all()
    assert (noisy_BS != plain_BS).any() and noisy_BS.max() < c.times
    oldest_B = memn2n.times_of(c, jnp.full(2000, 2), jax.random.key(1))[:, 0]
    assert 1.9 < oldest_B.mean() < 2.1  # one step, and an empty memory with probability 1/2 after each of two sentences


def loss(c, params, batch, key=None):
    story, length, question, answer = batch
    logits, _ = memn2n.apply(c, params, story, length, question, key=key)
    return optax.softmax_cross_entropy_with_integer_labels(logits, answer).mean()


@pytest.mark.parametrize("tying", ["adjacent", "layerwise"])
def test_it_learns_a_handful_of_questions_and_nothing_is_left_out(tying):
    c = config(tying=tying)
    answers = jnp.array([1, 2, 3, 4])
    batch = (WORDS_BSJ, jnp.asarray(LENGTH_B), QUESTION_BJ, answers)
    params = memn2n.init(jax.random.key(0), c)
    gradients = jax.jit(jax.grad(lambda p: loss(c, p, batch)))(params)
    assert all(np.abs(g).max() > 0 for g in jax.tree.leaves(gradients))
    descend = optax.adam(0.03)

    @jax.jit
    def train(params):
        def step(carry, _):
            params, state = carry
            updates, state = descend.update(jax.grad(lambda p: loss(c, p, batch))(params), state)
            return (optax.apply_updates(params, updates), state), ()

        return jax.lax.scan(step, (params, descend.init(params)), length=150)[0][0]

    assert jax.jit(lambda p: loss(c, p, batch))(train(params)) < 0.05


def test_tied_embeddings_are_one_array():
    """Adjacent: K + 1 embeddings of words and of times serve A_1 ... C_K, B and W; layer-wise: two, B, W and H."""
    shapes = {name: a.shape for name, a in memn2n.init(jax.random.key(0), config()).items()}
    assert shapes == {"words_EVD": (4, V, 7), "times_ETD": (4, S, 7)}
    shapes = {name: a.shape for name, a in memn2n.init(jax.random.key(0), config(tying="layerwise")).items()}
    assert shapes == {
        "words_EVD": (2, V, 7), "times_ETD": (2, S, 7), "question_VD": (V, 7), "answer_DV": (7, V), "carry_DD": (7, 7),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"hops": 0}, "hops must be at least 1, not 0"), ({"tying": "none"}, "'layerwise', not 'none'")],
)
def test_settings_that_make_no_network(changes, words):
    with pytest.raises(ValueError, match=words):
        config(**changes)
