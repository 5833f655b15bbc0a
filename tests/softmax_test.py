"""Log-probabilities of asked words against a plain softmax, whole and a few rows at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.nn import dense, softmax

WEIGHTS = {"kernel": jax.random.normal(jax.random.key(0), (4, 7)), "bias": jnp.arange(7.0)}
A = jax.random.normal(jax.random.key(1), (2, 5, 4))
WORDS = jnp.array([[1, 6, 0, 2, 2], [3, 0, 0, 5, 4]])


def plain(weights, a):
    log_p = jax.nn.log_softmax(dense.apply(weights, a))
    return jnp.where(WORDS > 0, jnp.take_along_axis(log_p, WORDS[..., None], axis=2)[..., 0], 0)


@pytest.mark.parametrize("rows", [None, 3, 5, 100])
def test_log_p_and_gradients_are_those_of_a_plain_softmax(rows):
    def ours(weights, a):
        return softmax.of_words(weights, a, WORDS, rows)

    found = [
        jax.jit(jax.value_and_grad(lambda *given, f=f: jnp.cos(f(*given)).sum(), (0, 1)))(WEIGHTS, A)
        for f in (ours, plain)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), *found)
    np.testing.assert_allclose(ours(WEIGHTS, A), plain(WEIGHTS, A), atol=1e-5)


def test_a_few_rows_at_a_time_never_have_all_logits():
    def largest(rows):
        f = jax.grad(lambda w: softmax.of_words(w, jnp.ones((64, 4)), jnp.ones(64, int), rows).sum())
        return jax.jit(f).lower(WEIGHTS).as_text()

    assert "tensor<64x7xf32>" in largest(None)
    assert "tensor<16x7xf32>" in largest(16)
    assert "tensor<64x7xf32>" not in largest(16) and "tensor<4x16x7xf32>" not in largest(16)
