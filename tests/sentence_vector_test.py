"""Sentences as last states: the GRU against PyTorch's and by hand, its gradients, padding and dropout."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.nn import dense, gru, sentence_vector

WORDS_NT = jnp.array([[3, 1, 4, 1], [5, 2, 0, 0], [0, 0, 0, 0]])


def test_a_step_of_one_cell_by_hand():
    params = {
        "gates": {"kernel": jnp.array([[0.5, -1.0]])},
        "candidate": {"kernel": jnp.array([[2.0]])},
    }
    h, gates = 0.4, np.array([[0.1, 0.2, 0.3]])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    r, z = sigmoid(0.1 + 0.5 * h), sigmoid(0.2 - 1.0 * h)
    expected = z * h + (1 - z) * np.tanh(0.3 + 2.0 * r * h)
    after = gru.advance(lambda name, a: dense.apply(params[name], a), jnp.array([[h]]), jnp.asarray(gates))
    np.testing.assert_allclose(after[0, 0], expected, rtol=1e-6)


def test_where_r_is_one_it_is_torchs_gru():
    """Torch multiplies r after the product, so that both agree where r lets everything through."""
    torch = pytest.importorskip("torch")
    params = gru.init(jax.random.key(0), 3, 5)
    params["input"]["bias"] = params["input"]["bias"].at[:5].set(40.0)
    x_TBI = jax.random.normal(jax.random.key(1), (7, 2, 3))
    cell = torch.nn.GRU(3, 5)  # r, z, n
    tensor = lambda a: torch.tensor(np.asarray(a))  # noqa: E731
    with torch.no_grad():
        recurrent = jnp.concatenate([params["gates"]["kernel"], params["candidate"]["kernel"]], axis=1)
        cell.weight_ih_l0.copy_(tensor(params["input"]["kernel"].T))
        cell.weight_hh_l0.copy_(tensor(recurrent.T))
        cell.bias_ih_l0.copy_(tensor(params["input"]["bias"]))
        cell.bias_hh_l0.zero_()
        _, expected = cell(tensor(x_TBI))
    h = gru.last(params, dense.apply(params["input"], x_TBI), jnp.ones((7, 2)))
    np.testing.assert_allclose(h, expected[0], atol=1e-6)


def test_gradients_of_the_loop_are_those_of_a_plain_scan():
    params = gru.init(jax.random.key(0), 3, 5)
    gates_TBG = jax.random.normal(jax.random.key(1), (6, 4, 15))
    there_TB = jnp.arange(6)[:, None] < jnp.array([6, 3, 1, 0])

    def plain(params, gates_TBG):
        def step(h, x):
            after = gru.advance(lambda name, a: dense.apply(params[name], a), h, x[0])
            return jnp.where(x[1][:, None], after, h), None

        return jax.lax.scan(step, jnp.zeros((4, 5)), (gates_TBG, there_TB))[0]

    ours, theirs = (
        jax.value_and_grad(lambda p, g, f=f: jnp.sum(jnp.sin(f(p, g))), argnums=(0, 1))(params, gates_TBG)
        for f in (lambda p, g: gru.last(p, g, there_TB), plain)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), ours, theirs)


@pytest.mark.parametrize("unit", sentence_vector.UNITS)
def test_padding_changes_nothing_and_no_words_are_the_first_state(unit):
    params = sentence_vector.init(jax.random.key(0), 6, 3, 4, unit)
    h = sentence_vector.read(params, WORDS_NT)
    longer = sentence_vector.read(params, jnp.pad(WORDS_NT, ((0, 0), (0, 3))))
    np.testing.assert_allclose(h, longer, atol=1e-6)
    assert not np.any(h[2])


@pytest.mark.parametrize("unit", sentence_vector.UNITS)
def test_large_vocabularies_are_looked_up_with_the_same_result(unit, monkeypatch):
    params = sentence_vector.init(jax.random.key(0), 6, 3, 4, unit)
    few = sentence_vector.read(params, WORDS_NT)
    monkeypatch.setattr(sentence_vector, "FEW", 2)
    np.testing.assert_allclose(few, sentence_vector.read(params, WORDS_NT), atol=1e-6)


def test_a_sentence_has_one_mask_at_all_steps():
    """With h and words of many numbers all equal, a state's dropped numbers stay out of every product."""
    params = sentence_vector.init(jax.random.key(0), 6, 3, 4, "gru")
    words = jnp.tile(jnp.array([[2, 2, 2, 2]]), (2, 1))
    drawn = sentence_vector.read(params, words, jax.random.key(5), 0.5)
    assert not np.allclose(drawn[0], drawn[1])  # masks of their own
    again = sentence_vector.read(params, words, jax.random.key(5), 0.5)
    np.testing.assert_array_equal(drawn, again)
    np.testing.assert_allclose(
        sentence_vector.read(params, words, jax.random.key(5), 0.0), sentence_vector.read(params, words)
    )


def test_masked_cells_feed_no_product():
    cells = 4
    params = gru.init(jax.random.key(0), 3, cells)
    gates_TBG = jax.random.normal(jax.random.key(1), (5, 1, 3 * cells))
    mask = jnp.array([[0.0, 2.0, 0.0, 2.0]])
    changed = jax.tree.map(lambda a: a, params)
    for name in ("gates", "candidate"):
        changed[name]["kernel"] = params[name]["kernel"].at[jnp.array([0, 2])].set(9.0)  # rows that see what is masked
    h = [gru.last(p, gates_TBG, jnp.ones((5, 1)), mask) for p in (params, changed)]
    np.testing.assert_array_equal(*h)


def test_an_unknown_unit_is_told():
    with pytest.raises(ValueError, match="unit must be one of lstm, gru, got 'rnn'"):
        sentence_vector.init(jax.random.key(0), 6, 3, 4, "rnn")
