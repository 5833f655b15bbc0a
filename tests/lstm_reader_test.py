"""The LSTM that reads stories: against its equations in NumPy, padding anywhere, learning."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.models import lstm_reader

CONFIG = lstm_reader.Config(vocabulary=7, embedding=5, cells=4)
WORDS_BT = np.array([[1, 2, 0, 0, 3, 6], [4, 0, 0, 0, 0, 5]])


def in_numpy(params, words_T):
    p = jax.tree.map(lambda a: np.asarray(a, np.float64), params)
    h = c = np.zeros(4)
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    for word in words_T[words_T > 0]:
        gates = p["words_VE"][word] @ p["cell"]["input"]["kernel"] + p["cell"]["input"]["bias"]
        i, f, g, o = np.split(gates + h @ p["cell"]["recurrent"]["kernel"], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h @ p["answer"]["kernel"] + p["answer"]["bias"]


def test_agrees_with_the_equations_in_numpy_and_skips_padding():
    params = jax.tree.map(lambda a: 3 * a, lstm_reader.init(jax.random.key(0), CONFIG))
    logits = lstm_reader.apply(CONFIG, params, jnp.asarray(WORDS_BT))
    np.testing.assert_allclose(logits, [in_numpy(params, words) for words in WORDS_BT], rtol=1e-4, atol=1e-5)


def test_it_learns_a_handful_of_answers():
    params, descend = lstm_reader.init(jax.random.key(0), CONFIG), optax.adam(0.1)

    def loss(params):
        logits = lstm_reader.apply(CONFIG, params, jnp.asarray(WORDS_BT))
        return optax.softmax_cross_entropy_with_integer_labels(logits, jnp.array([3, 4])).mean()

    def step(carry, _):
        updates, state = descend.update(jax.grad(loss)(carry[0]), carry[1])
        return (optax.apply_updates(carry[0], updates), state), ()

    train = jax.jit(lambda params: jax.lax.scan(step, (params, descend.init(params)), length=60)[0][0])
    assert loss(train(params)) < 0.05


def test_sizes_below_one_are_refused():
    with pytest.raises(ValueError, match="cells must be at least 1, not 0"):
        lstm_reader.Config(7, cells=0)
