"""Swapout: four outcomes for every unit, their mean, and the mean over passes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import parameter_count, pictures, shaken

from deepx.models import preact, swapout
from deepx.nn.residual import alone

NET = preact.cifar(8, widths=(2, 4, 8), widen=2, classes=5)
ONES, ZEROS = jnp.ones(3), jnp.zeros(3)


@pytest.fixture(scope="module")
def variables():
    return shaken(preact, NET)


@pytest.mark.parametrize(("depth", "widen", "millions"), [(20, 2, 1.08), (20, 4, 4.33), (32, 4, 7.43)])
def test_as_many_parameters_as_in_the_paper(depth, widen, millions):
    """7.43 million in its table 4; there SwapOut v1(20) W x 2 has 1.09, with biases that we leave out."""
    assert parameter_count(preact, preact.cifar(depth, widen=widen)) / 1e6 == pytest.approx(millions, abs=0.005)


def test_theta_by_hand():
    np.testing.assert_allclose(swapout.linear(3), [1.0, 0.75, 0.5])
    np.testing.assert_allclose(swapout.linear(2, 0.0, 0.3), [0.0, 0.3])
    with pytest.raises(ValueError, match=r"in \[0, 1\], got -0.1"):
        swapout.linear(3, last=-0.1)


def test_every_unit_is_one_of_four():
    theta1, theta2 = jnp.array([0.0, 0.8]), jnp.array([0.0, 0.3])
    f, s = jnp.ones((50, 8, 8, 5)), 10 * jnp.ones((50, 8, 8, 5))
    y = swapout.swapped(jax.random.key(0), theta1, theta2)(f, s, 1)
    for value, share in {0: 0.2 * 0.7, 1: 0.2 * 0.3, 10: 0.8 * 0.7, 11: 0.8 * 0.3}.items():
        assert float((y == value).mean()) == pytest.approx(share, abs=0.01)
    np.testing.assert_allclose((y >= 10).mean((0, 1, 2)), 0.8, atol=0.03)  # in every channel
    assert np.abs(np.corrcoef((y >= 10).reshape(50, -1))[np.triu_indices(50, 1)]).mean() < 0.1  # for each image anew
    np.testing.assert_array_equal(swapout.swapped(jax.random.key(0), theta1, theta2)(f, s, 0), 0)


def test_blocks_and_keys_have_coins_of_their_own():
    half = jnp.full(2, 0.5)
    f = s = jnp.ones((10, 10))
    first, second = (swapout.swapped(jax.random.key(0), half, half)(f, s, l) for l in (0, 1))
    other = swapout.swapped(jax.random.key(1), half, half)(f, s, 0)
    for one in (second, other):
        assert 0.2 < (first == one).mean() < 0.6  # 3/8 of sums of two coins agree


def test_the_expected_join_is_the_mean_of_the_swapped_ones():
    theta1, theta2 = jnp.array([0.9]), jnp.array([0.4])
    f, s = jnp.array([1.0, -2.0]), jnp.array([5.0, 3.0])
    np.testing.assert_allclose(swapout.expected(theta1, theta2)(f, s, 0), [4.9, 1.9], rtol=1e-6)
    keys = jax.random.split(jax.random.key(0), 20_000)
    mean = jax.vmap(lambda key: swapout.swapped(key, theta1, theta2)(f, s, 0))(keys).mean(0)
    np.testing.assert_allclose(mean, [4.9, 1.9], atol=0.05)


def test_residual_and_feed_forward_nets_are_special_cases(variables):
    key = jax.random.key(0)
    for theta1, join in ((ONES, None), (ZEROS, alone)):
        expected = preact.apply(NET, variables, pictures(), join=join)
        for ours in (swapout.swapped(key, theta1, ONES), swapout.expected(theta1, ONES)):
            np.testing.assert_allclose(
                preact.apply(NET, variables, pictures(), join=ours), expected, rtol=1e-5, atol=1e-5
            )


def test_stochastic_inference_is_the_mean_of_passes(variables):
    def logits(join):
        return preact.apply(NET, variables, pictures(), join=join)

    theta, key = swapout.linear(3), jax.random.key(0)
    mean = jax.jit(lambda key: swapout.stochastic_inference(logits, key, theta, theta, passes=4))(key)
    one_pass = jax.jit(lambda key: jax.nn.softmax(logits(swapout.swapped(key, theta, theta))))
    passes = [one_pass(k) for k in jax.random.split(key, 4)]
    np.testing.assert_allclose(mean, np.mean(passes, axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mean.sum(-1), 1, rtol=1e-5)
    assert np.std(passes, axis=0).max() > 1e-3
    certain = swapout.stochastic_inference(logits, key, ONES, ONES, passes=2)
    np.testing.assert_allclose(certain, jax.nn.softmax(logits(None)), rtol=1e-4, atol=1e-5)
