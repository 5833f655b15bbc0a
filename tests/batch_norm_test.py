"""Batch normalisation with its backward pass by hand, against flax's and against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.test_util import check_grads

from deepx.nn.batch_norm import BatchNorm, normalise, normalise_groups

X = jax.random.normal(jax.random.key(0), (6, 4, 5, 3)) * jnp.array([1.0, 5.0, 0.1]) + jnp.array([0.0, 3.0, -1.0])
GAMMA, BETA = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.0, 1.0, 3.0])


def test_a_hand_worked_case():
    x = jnp.array([[1.0], [3.0]])
    y, mean, var = normalise(x, jnp.array([2.0]), jnp.array([10.0]), 0.0)
    np.testing.assert_allclose(y, [[8.0], [12.0]])
    assert (float(mean[0]), float(var[0])) == (2.0, 1.0)


def test_gradients_are_those_of_finite_differences():
    check_grads(
        jax.jit(lambda x, g, b: normalise(x, g, b, 1e-3)[0]), (X, GAMMA, BETA), 1, ["rev"], atol=2e-2, rtol=2e-2
    )


def test_the_gradient_can_be_differentiated_again():
    """As a gradient penalty does; against the layer that JAX differentiates by itself."""

    def plain(x):
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * jax.lax.rsqrt(var + 1e-3) * GAMMA + BETA

    def penalty(layer):
        return lambda x: jnp.sum(jnp.square(jax.grad(lambda x: jnp.sum(jnp.sin(layer(x))))(x)))

    ours = jax.jit(jax.grad(penalty(lambda x: normalise(x, GAMMA, BETA, 1e-3)[0])))(X)
    np.testing.assert_allclose(ours, jax.jit(jax.grad(penalty(plain)))(X), rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("training", [True, False])
def test_it_is_flaxs_layer(training):
    ours, theirs = BatchNorm(not training, momentum=0.9), nn.BatchNorm(not training, momentum=0.9)
    variables = ours.init(jax.random.key(1), X)
    assert jax.tree.map(jnp.shape, variables) == jax.tree.map(jnp.shape, theirs.init(jax.random.key(1), X))
    variables = jax.tree.map(lambda a: a + 0.3 * jnp.arange(1, 4), variables)

    def run(layer):
        def loss(variables, x):
            y, updated = layer.apply(variables, x, mutable=["batch_stats"])
            return jnp.sum(jnp.sin(y)), (y, updated)

        return jax.jit(jax.grad(loss, (0, 1), has_aux=True))(variables, X)

    def gradients_of_parameters(result):
        (of_variables, of_x), (y, updated) = result
        return of_variables["params"], of_x, y, updated

    for a, b in zip(*(jax.tree.leaves(gradients_of_parameters(run(layer))) for layer in (ours, theirs)), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)


def test_initialising_leaves_the_running_moments():
    variables = BatchNorm(False).init(jax.random.key(0), X)
    np.testing.assert_array_equal(variables["batch_stats"]["mean"], 0)
    np.testing.assert_array_equal(variables["batch_stats"]["var"], 1)


def test_one_group_is_the_batch_to_the_bit_and_many_are_batches_of_their_own():
    ones = BatchNorm(False, groups=1), BatchNorm(False)
    variables = jax.tree.map(lambda a: a + 0.3 * jnp.arange(1, 4), ones[0].init(jax.random.key(1), X))

    def run(layer, x):
        return layer.apply(variables, x, mutable=["batch_stats"])

    jax.tree.map(np.testing.assert_array_equal, run(ones[0], X), run(ones[1], X))

    y, updated = run(BatchNorm(False, groups=3), X)
    parts = [run(BatchNorm(False), part) for part in jnp.split(X, 3)]
    np.testing.assert_allclose(y, jnp.concatenate([part[0] for part in parts]), rtol=1e-5, atol=1e-5)
    means = jax.tree.map(lambda *a: sum(a) / 3, *(part[1] for part in parts))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), updated, means)


def test_the_gradient_of_groups_is_that_of_their_batches():
    def loss(groups):
        return lambda x, g, b: jnp.sum(jnp.sin(normalise_groups(x, g, b, 1e-3, groups)[0]))

    by_groups, alone = (jax.jit(jax.grad(loss(groups), (0, 1, 2))) for groups in (2, 1))
    ours = by_groups(X, GAMMA, BETA)
    first, second = (alone(part, GAMMA, BETA) for part in jnp.split(X, 2))
    np.testing.assert_allclose(ours[0], jnp.concatenate([first[0], second[0]]), rtol=1e-4, atol=1e-5)
    for mine, a, b in zip(ours[1:], first[1:], second[1:], strict=True):
        np.testing.assert_allclose(mine, a + b, rtol=1e-4, atol=1e-5)


def test_a_batch_that_does_not_split():
    with pytest.raises(ValueError, match="a batch of 6 cannot be normalised in 4 equal groups"):
        normalise_groups(X, GAMMA, BETA, 1e-3, 4)
