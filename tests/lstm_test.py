"""The LSTM cell against PyTorch's, and on a case worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.nn import dense, lstm
from deepx.nn.recurrence import unroll


def test_gates_of_a_single_cell():
    gates = jnp.array([[2.0, 4.0, 6.0, 8.0]])
    state = lstm.advance(jnp.array([[-1.0]]), gates)
    i, f, g, o = np.asarray(gates[0])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    c = sigmoid(f) * -1 + sigmoid(i) * np.tanh(g)
    np.testing.assert_allclose(state.c[0, 0], c, rtol=1e-5)
    np.testing.assert_allclose(state.h[0, 0], sigmoid(o) * np.tanh(c), rtol=1e-5)


def test_a_scan_agrees_with_torch():
    torch = pytest.importorskip("torch")
    params = lstm.init(jax.random.key(0), 3, 5, 5)
    x_TBI = jax.random.normal(jax.random.key(1), (7, 2, 3))
    h, c = jax.random.normal(jax.random.key(2), (2, 2, 5))

    def step(product, state, projected):
        state = lstm.advance(state.c, projected + product("cell", state.h))
        return state, state.h

    last, h_TBC = unroll(step, {"cell": params["recurrent"]}, lstm.State(h, c), dense.apply(params["input"], x_TBI))
    cell = torch.nn.LSTM(3, 5)  # torch's gates stand in the same order
    tensor = lambda a: torch.tensor(np.asarray(a))  # noqa: E731
    with torch.no_grad():
        cell.weight_ih_l0.copy_(tensor(params["input"]["kernel"].T))
        cell.weight_hh_l0.copy_(tensor(params["recurrent"]["kernel"].T))
        cell.bias_ih_l0.copy_(tensor(params["input"]["bias"]))
        cell.bias_hh_l0.zero_()
        expected, (_, expected_c) = cell(tensor(x_TBI), (tensor(h)[None], tensor(c)[None]))
    np.testing.assert_allclose(h_TBC, expected, atol=1e-6)
    np.testing.assert_allclose(last.c, expected_c[0], atol=1e-6)


def test_where_nothing_is_the_state_stays_and_gradients_are_those_of_a_scan():
    params = lstm.init(jax.random.key(0), 3, 5, 5)
    gates = jax.random.normal(jax.random.key(1), (6, 4, 20))
    there = jnp.arange(6)[:, None] < jnp.array([6, 3, 1, 0])
    state = lstm.State(*jax.random.normal(jax.random.key(2), (2, 4, 5)))

    def scanned(recurrent, gates, state):
        def step(state, x):
            after = lstm.advance(state.c, x[0] + dense.apply(recurrent, state.h))
            after = jax.tree.map(lambda new, old: jnp.where(x[1][:, None], new, old), after, state)
            return after, after.h

        return jax.lax.scan(step, state, (gates, there))

    def loss(f, *given):
        last, h_TBC = f(*given)
        return jnp.sin(h_TBC).sum() + (last.c**2).sum()

    given = params["recurrent"], gates, state
    ours = lambda *given: lstm.run(*given, there)  # noqa: E731
    last, h_TBC = jax.jit(ours)(*given)
    np.testing.assert_array_equal(last.c[3], state.c[3])
    for t in range(3, 6):
        np.testing.assert_array_equal(h_TBC[t, 1], h_TBC[2, 1])
    gradients = [jax.jit(jax.grad(lambda *g, f=f: loss(f, *g), (0, 1, 2)))(*given) for f in (ours, scanned)]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), *gradients)
    assert not gradients[0][1][3:, 1].any()


def test_parameters():
    params = lstm.init(jax.random.key(0), 3, 5, 5)
    assert sum(a.size for a in jax.tree.leaves(params)) == 4 * 5 * (3 + 5 + 1)
    np.testing.assert_array_equal(params["input"]["bias"].reshape(4, 5)[1], 1)  # the forget gate
    assert max(float(jnp.abs(params[k]["kernel"]).max()) for k in ("input", "recurrent")) <= 5**-0.5
