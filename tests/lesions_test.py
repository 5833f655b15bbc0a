"""Lesions: gates against nets rebuilt without the block, what is counted, what cannot be deleted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import pictures, shaken

from deepx.analysis import lesions
from deepx.analysis.lesions import Blocks
from deepx.models import resnet
from deepx.nn.residual import gated, switched

RESIDUAL = Blocks(tuple("abcdef"), (2, 4))
VGG = Blocks(tuple("abcdef"), (0, 2, 4), bypassed=False)
WIDTHS = (4, 8, 16)


def net(stages, residual=True):
    return resnet.Config(stages, WIDTHS, classes=5, residual=residual)


@pytest.fixture(scope="module")
def variables():
    return shaken(resnet, net((2, 2, 2)))


@pytest.fixture(scope="module")
def images():
    return pictures(7, size=8)


def without(variables, stage):
    """The variables of a net whose `stage` ends one block earlier."""
    return {part: {k: v for k, v in tree.items() if k != f"stage{stage}_block2"} for part, tree in variables.items()}


@pytest.mark.parametrize(("residual", "join"), [(True, gated), (False, switched)])
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_a_gate_of_0_is_a_net_built_without_the_block(variables, images, stage, residual, join):
    config = net((2, 2, 2), residual)
    shorter = net(tuple(1 if s == stage else 2 for s in (1, 2, 3)), residual)
    rebuilt = resnet.apply(shorter, without(variables, stage), images)
    gates = lesions.deletion(Blocks(config.block_names, config.reshaping), [2 * stage - 1])
    np.testing.assert_allclose(resnet.apply(config, variables, images, join=join(gates)), rebuilt, rtol=1e-5, atol=1e-5)
    assert np.abs(resnet.apply(config, variables, images) - rebuilt).max() > 1e-2


def test_a_downsampling_block_deleted_leaves_its_shortcut(variables, images):
    config = net((2, 2, 2))
    silent = jax.tree.map(lambda v: v, variables)
    silent["params"]["stage2_block1"]["norm2"] = dict.fromkeys(("scale", "bias"), np.zeros(8, np.float32))
    gates = lesions.deletion(RESIDUAL, [2])
    lesioned = resnet.apply(config, variables, images, join=gated(gates))
    np.testing.assert_allclose(lesioned, resnet.apply(config, silent, images), rtol=1e-5, atol=1e-5)


def test_wrong_answers_by_hand():
    """Block l turns the answer to image l from 1 to 0, which is right for all images but the last."""

    def apply(turned_LN, images, join):
        score = jnp.zeros(len(images))
        for l in range(len(turned_LN)):
            score = join(turned_LN[l], score, l)
        return jnp.stack([score, jnp.full(len(images), 0.5)], axis=1)

    gates = np.concatenate([lesions.single_deletions(RESIDUAL), np.ones((1, 6), np.float32)])
    labels = np.array([0, 0, 0, 0, 0, 1])
    counted = lesions.wrong_answers(apply)(np.eye(6), gates, pictures(6, size=8), labels)
    np.testing.assert_array_equal(counted, [2, 2, 2, 2, 2, 0, 1])


def test_all_lesions_batches_and_weights_need_one_compilation(images):
    traced = []

    def apply(variables, images, join):
        traced.append(images.shape)
        return join(images.sum((1, 2)) * variables, images.sum((1, 2)), 0)

    count = lesions.wrong_answers(apply)
    for scale in (1.0, 2.0):
        count(scale, scale * np.ones((5, 1), np.float32), images + scale, np.zeros(7, int))
    assert len(traced) == 1


def test_the_join_is_the_callers(images):
    """A net of one block trained with stochastic depth: F(x) counts half, and a gate of 0 still deletes it."""
    count = lesions.wrong_answers(
        lambda v, x, join: join(v, jnp.zeros_like(v), 0) + jnp.array([0.0, 0.6]),
        lesioned=lambda gates_L: gated(0.5 * gates_L),
    )
    v = jnp.tile(jnp.array([1.0, 0.0]), (7, 1))  # added whole, class 0 has 1.0 against 0.6; halved, 0.5
    np.testing.assert_array_equal(count(v, np.ones((1, 1)), images, np.zeros(7, int)), [7])


def test_single_deletions_are_of_each_block_that_can_be_deleted():
    np.testing.assert_array_equal(lesions.single_deletions(RESIDUAL), 1 - np.eye(6))
    np.testing.assert_array_equal(lesions.single_deletions(VGG), 1 - np.eye(6)[[1, 3, 5]])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 3), st.sampled_from((1, 4)))
def test_random_deletions_delete_so_many_and_only_what_can_be(seed, count, draws):
    gates = lesions.random_deletions(jax.random.key(seed), VGG, count, draws)
    assert gates.shape == (draws, 6) and set(gates.flat) <= {0, 1}
    np.testing.assert_array_equal(gates.sum(1), 6 - count)
    np.testing.assert_array_equal(gates[:, VGG.reshaping], 1)


def test_random_deletions_follow_from_the_key_and_favour_no_block():
    draw = lambda seed: lesions.random_deletions(jax.random.key(seed), RESIDUAL, 2, 600)  # noqa: E731
    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).any() and len(np.unique(draw(0), axis=0)) == 15  # every pair of 6
    np.testing.assert_allclose((1 - draw(0)).mean(0), 1 / 3, atol=4 * np.sqrt(2 / 9 / 600))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: lesions.deletion(RESIDUAL, [1, 6]), "no block 6: the net has blocks 0 to 5$"),
        (lambda: lesions.deletion(RESIDUAL, [-1]), "no block -1: the net has blocks 0 to 5$"),
        (lambda: lesions.deletion(VGG, [1, 2]), r"block 2 \(c\) changes the shape .*: 1, 3, 5$"),
        (lambda: lesions.random_deletions(jax.random.key(0), RESIDUAL, 7, 1), "7 blocks .* between 0 and 6 of"),
        (lambda: lesions.random_deletions(jax.random.key(0), VGG, 4, 1), "4 blocks .* between 0 and 3 of"),
    ],
)
def test_a_lesion_that_cannot_be_is_refused_with_those_that_can(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
