"""Blocks in another order: who may stand where, whose variables go along, and Kendall's tau."""

from itertools import combinations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import pictures, shaken

from deepx.analysis import shuffles
from deepx.analysis.lesions import Blocks
from deepx.models import resnet
from deepx.nn.residual import gated

BLOCKS = Blocks(tuple(f"stage{s}_block{b}" for s in (1, 2, 3) for b in (1, 2, 3)), (3, 6))
permutations = st.integers(2, 12).flatmap(lambda n: st.permutations(range(n)))


def test_blocks_that_keep_the_shape_change_places_within_their_stage():
    assert shuffles.groups(BLOCKS) == [(0, 1, 2), (4, 5), (7, 8)]
    vgg = Blocks(("stage1_layer1", "stage1_layer2", "stage2_layer1", "stage2_layer2", "dense1"), (0, 4))
    assert shuffles.groups(vgg) == [(1,), (2, 3)]  # as wide, but on maps of two sizes


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.sampled_from((0, 1, 2, 41)))  # each is a compilation
def test_an_order_by_swaps_is_a_permutation_within_groups(seed, swaps):
    order = shuffles.swapped(jax.random.key(seed), BLOCKS, swaps)
    assert sorted(order) == list(range(9))
    group_of = {l: group for group in shuffles.groups(BLOCKS) for l in group}
    assert all(l in group_of.get(place, (place,)) for place, l in enumerate(order))
    assert (-1) ** swaps == round(np.linalg.det(np.eye(9)[order])), "each swap changes the parity"
    np.testing.assert_array_equal(order, shuffles.swapped(jax.random.key(seed), BLOCKS, swaps))


def test_one_swap_is_any_of_the_pairs_alike():
    orders = [tuple(shuffles.swapped(jax.random.key(seed), BLOCKS, 1)) for seed in range(200)]
    assert {sum(l != place for place, l in enumerate(order)) for order in orders} == {2}
    counts = np.array([orders.count(order) for order in set(orders)])
    assert len(counts) == 5  # three pairs of (0, 1, 2), (4, 5), (7, 8)
    np.testing.assert_allclose(counts / 200, 1 / 5, atol=4 * np.sqrt(0.16 / 200))


@pytest.fixture(scope="module")
def config():
    return resnet.Config((3, 2, 2), (4, 8, 16), classes=5)


@pytest.fixture(scope="module")
def variables(config):
    return shaken(resnet, config)


def test_variables_go_with_their_block(config, variables):
    blocks = Blocks(config.block_names, config.reshaping)
    before = jax.tree.map(np.copy, variables)
    moved = shuffles.shuffled(variables, blocks, [2, 0, 1, 3, 4, 5, 6])
    for part in ("params", "batch_stats"):
        assert moved[part].keys() == variables[part].keys()
        for name, there in (("block1", "block3"), ("block2", "block1"), ("block3", "block2")):
            assert moved[part][f"stage1_{name}"] is variables[part][f"stage1_{there}"]
        for name in variables[part].keys() - {f"stage1_block{b}" for b in (1, 2, 3)}:
            assert moved[part][name] is variables[part][name]
    jax.tree.map(np.testing.assert_array_equal, variables, before)


def test_a_shuffled_net_computes_its_blocks_in_the_order_given(config, variables):
    """Without the other block of stage 1, the order of two is told by which gate is which."""
    blocks = Blocks(config.block_names, config.reshaping)
    images = pictures(4, size=8)
    moved = shuffles.shuffled(variables, blocks, [2, 0, 1, 3, 4, 5, 6])
    first, last = np.array([1, 0, 0, 1, 1, 1, 1.0]), np.array([0, 0, 1, 1, 1, 1, 1.0])
    only_first = resnet.apply(config, moved, images, join=gated(first))
    np.testing.assert_allclose(only_first, resnet.apply(config, variables, images, join=gated(last)), rtol=1e-5)
    assert np.abs(resnet.apply(config, moved, images) - resnet.apply(config, variables, images)).max() > 1e-3


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 8, 8], "names each block from 0 to 8 once, unlike"),
        ([0, 1, 2, 3], "names each block from 0 to 8 once, unlike"),
        ([0, 1, 4, 3, 2, 5, 6, 7, 8], r"4 \(stage2_block2\) cannot take the place of block 2 .* can: 0, 1, 2$"),
        ([0, 1, 2, 4, 3, 5, 6, 7, 8], r"4 \(stage2_block2\) cannot take the place of block 3 .* can: 3$"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_what_can_stand_there(order, message):
    tree = {name: {} for name in BLOCKS.names}
    with pytest.raises(ValueError, match=message):
        shuffles.shuffled({"params": tree, "batch_stats": tree}, BLOCKS, order)


def test_a_net_without_two_blocks_alike_is_refused():
    with pytest.raises(ValueError, match="no two blocks can change places"):
        shuffles.swapped(jax.random.key(0), Blocks(("stage1_block1", "stage2_block1", "stage2_block2"), (1,)), 1)


@pytest.mark.parametrize(
    ("order", "tau"), [([0, 1, 2, 3], 1), ([3, 2, 1, 0], -1), ([1, 0, 2, 3], 2 / 3), ([2, 1, 0, 3], 0), ([1, 0], -1)]
)
def test_kendalls_tau_by_hand(order, tau):
    assert shuffles.kendall_tau(order) == pytest.approx(tau)


@settings(deadline=None)
@given(permutations)
def test_kendalls_tau_is_agreeing_less_disagreeing_pairs(order):
    stats = pytest.importorskip("scipy.stats")
    signs = [1 if order[a] < order[b] else -1 for a, b in combinations(range(len(order)), 2)]
    assert shuffles.kendall_tau(order) == pytest.approx(np.mean(signs))
    assert shuffles.kendall_tau(order) == pytest.approx(stats.kendalltau(range(len(order)), order).statistic)
