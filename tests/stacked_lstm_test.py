"""The stacked LSTM with skip connections: against its equations in NumPy, and bad sizes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.models import stacked_lstm

CONFIG = stacked_lstm.Config(3, 2, layers=3, cells=4)


def test_agrees_with_the_equations_in_numpy():
    shapes = jax.eval_shape(lambda key: stacked_lstm.init(key, CONFIG), jax.random.key(0))
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda a: 0.5 * rng.standard_normal(a.shape).astype(np.float32), shapes)
    x = rng.standard_normal((1, 5, 3)).astype(np.float32)
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    states = [tuple(np.asarray(a, np.float64) for a in state) for state in params["initial"]]
    for t, logits in enumerate(stacked_lstm.apply(CONFIG, jax.tree.map(jnp.asarray, params), jnp.asarray(x))[0]):
        below = []
        for l, layer in enumerate(params["layers"]):
            h, c = states[l]
            gates = x[0, t] @ layer["input"]["kernel"] + layer["input"]["bias"]
            gates = gates + np.concatenate([*below[-1:], h]) @ layer["recurrent"]["kernel"]
            i, f, g, o = np.split(gates, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            states[l] = (sigmoid(o) * np.tanh(c), c)
            below.append(states[l][0])
        expected = np.concatenate(below) @ params["output"]["kernel"] + params["output"]["bias"]
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_sizes_below_one_are_refused():
    with pytest.raises(ValueError, match="layers must be at least 1, not 0"):
        stacked_lstm.Config(3, 2, layers=0)
