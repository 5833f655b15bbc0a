"""Stochastic depth: the law of survival, and what a net does with and without a block."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import pictures, shaken

from deepx.models import resnet, stochastic_depth

NET = resnet.cifar(8, widths=(4, 8, 16), classes=5)


@pytest.fixture(scope="module")
def variables():
    return shaken(resnet, NET)


def test_survival_by_hand():
    np.testing.assert_allclose(stochastic_depth.survival(4), [0.875, 0.75, 0.625, 0.5])
    np.testing.assert_allclose(stochastic_depth.survival(2, last=0.0), [0.5, 0.0])
    np.testing.assert_allclose(stochastic_depth.survival(3, last=1.0), 1)


def test_about_40_of_54_blocks_survive():
    """Section 3: the expected number is (3 L - 1) / 4 for p_L = 1/2."""
    assert float(stochastic_depth.survival(54).sum()) == pytest.approx((3 * 54 - 1) / 4)


def test_a_probability_that_is_none():
    with pytest.raises(ValueError, match=r"in \[0, 1\], got 1.5"):
        stochastic_depth.survival(3, last=1.5)


def test_a_block_is_there_or_not_as_often_as_it_should_be():
    survival = jnp.array([1.0, 0.8, 0.3])

    def outcome(key):
        join = stochastic_depth.training(key, survival)
        return jnp.stack([join(jnp.ones((2, 3)), 10 * jnp.ones((2, 3)), l) for l in range(3)])

    outcomes = np.asarray(jax.vmap(outcome)(jax.random.split(jax.random.key(0), 4000)))
    assert set(np.unique(outcomes)) == {10, 11}
    assert (outcomes == outcomes[..., :1, :1]).all()  # the whole mini-batch together
    there = outcomes[..., 0, 0] - 10
    np.testing.assert_allclose(there.mean(0), survival, atol=0.03)
    assert abs(np.corrcoef(there[:, 1], there[:, 2])[0, 1]) < 0.05


def test_a_dropped_block_does_not_count_and_learns_nothing(variables):
    survival = jnp.array([1.0, 0.0, 1.0])
    join = stochastic_depth.training(jax.random.key(0), survival)

    @jax.jit
    def gradient(params):
        return jax.grad(
            lambda p: resnet.apply(NET, variables | {"params": p}, pictures(), train=True, join=join)[0].sum()
        )(params)

    largest = jax.tree.map(lambda g: float(jnp.abs(g).max()), gradient(variables["params"]))
    assert max(jax.tree.leaves(largest["stage2_block1"])) == 0
    assert min(jax.tree.leaves([largest["stage1_block1"], largest["stage3_block1"], largest["stem_conv"]])) > 1e-6


def test_a_net_that_always_survives_is_the_net_and_testing_weighs_the_branches(variables):
    logits = resnet.apply(NET, variables, pictures())
    ones = stochastic_depth.survival(NET.block_count, last=1.0)
    for join in (stochastic_depth.testing(ones), stochastic_depth.training(jax.random.key(0), ones)):
        np.testing.assert_allclose(resnet.apply(NET, variables, pictures(), join=join), logits, rtol=1e-5, atol=1e-5)

    survival = stochastic_depth.survival(NET.block_count)
    weighed = jax.tree.map(lambda v: v, variables)  # equation 5: the last normalisation's output, times p_l
    for name, p in zip(NET.block_names, np.asarray(survival), strict=True):
        weighed["params"][name]["norm2"] = jax.tree.map(lambda v, p=p: p * v, variables["params"][name]["norm2"])
    tested = resnet.apply(NET, variables, pictures(), join=stochastic_depth.testing(survival))
    np.testing.assert_allclose(tested, resnet.apply(NET, weighed, pictures()), rtol=1e-4, atol=1e-4)
    assert np.abs(tested - logits).max() > 1e-2
