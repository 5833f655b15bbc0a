"""Joins of a branch and its shortcut, worked by hand; blocks, their shapes, and depths that exist."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepx.nn import residual

F, S = jnp.array([1.0, -2.0]), jnp.array([10.0, 20.0])
WEIGHTS = jnp.array([2.0, -3.0, 0.5])


def chain(join, x):
    """A net of one number: x <- join(w_l x, x), for every weight."""
    for l, w in enumerate(WEIGHTS):
        x = join(w * x, x, l)
    return x


def test_the_joins_by_hand():
    gates = jnp.array([0.0, 1.0, 0.25])
    np.testing.assert_array_equal(residual.added(F, S, 0), [11, 18])
    np.testing.assert_array_equal(residual.alone(F, S, 0), F)
    for l, expected in enumerate([[10, 20], [11, 18], [10.25, 19.5]]):
        np.testing.assert_array_equal(residual.gated(gates)(F, S, l), expected)
    for l, expected in enumerate([S, F, F]):
        np.testing.assert_array_equal(residual.switched(gates)(F, S, l), expected)
    np.testing.assert_array_equal(residual.along(gates)(F, S, 0), [11, 18])


def test_a_chain_of_joins_by_hand():
    """(1 + 2)(1 - 3)(1 + 1/2) = -9; without the second block 4.5; a plain chain of the first and third 1."""
    gates = jnp.array([1, 0, 1])
    assert chain(residual.added, 1.0) == -9
    assert chain(residual.gated(gates), 1.0) == 4.5
    assert chain(residual.alone, 1.0) == -3
    assert chain(residual.switched(gates), 1.0) == 1


@pytest.mark.parametrize(("path", "slope"), [((1, 0, 1), 1.0), ((0, 0, 0), 1.0), ((0, 1, 0), -3.0), ((1, 1, 1), -3.0)])
def test_gradients_along_one_path(path, slope):
    """The value is the whole net's; the slope is the product of the weights on the path."""
    value, gradient = jax.value_and_grad(lambda x: chain(residual.along(jnp.array(path)), x))(1.0)
    assert (value, gradient) == (-9, slope)


def test_the_gradient_is_the_sum_over_all_paths():
    def gradient(path):
        return jax.grad(lambda x: chain(residual.along(path), x))(1.0)

    paths = jnp.array(list(itertools.product((0, 1), repeat=3)))
    np.testing.assert_allclose(jax.vmap(gradient)(paths).sum(), jax.grad(lambda x: chain(residual.added, x))(1.0))


def test_many_lesions_are_one_call():
    gates = jnp.array(list(itertools.product((0.0, 1.0), repeat=3)))
    together = jax.vmap(lambda g: chain(residual.gated(g), 1.0))(gates)
    np.testing.assert_array_equal(together, [chain(residual.gated(g), 1.0) for g in gates])


def test_the_places_of_basic_blocks():
    trunk = residual.Trunk(stages=(1, 2), widths=(4, 8))
    assert [tuple(place) for place in trunk.places] == [
        (0, 1, 1, 1, 4, 4, 4, 1),
        (1, 2, 1, 2, 4, 8, 8, 2),
        (2, 2, 2, 2, 8, 8, 8, 1),
    ]
    assert trunk.block_names == ("stage1_block1", "stage2_block1", "stage2_block2")
    assert (trunk.block_count, trunk.reshaping) == (3, (1,))
    assert [list(trunk.convolutions(place)) for place in trunk.places] == [
        [(4, 3, 1), (4, 3, 1)],
        [(8, 3, 2), (8, 3, 1)],
        [(8, 3, 1), (8, 3, 1)],
    ]
    assert [(place.begins_stage, place.ends_stage) for place in trunk.places] == [(1, 1), (1, 0), (0, 1)]


@pytest.mark.parametrize(("stride_on", "strides"), [("1x1", (2, 1, 1)), ("3x3", (1, 2, 1))])
def test_the_places_of_bottlenecks(stride_on, strides):
    trunk = residual.Trunk(stages=(2, 1), widths=(4, 8), block="bottleneck", stride_on=stride_on)
    assert [(place.entering, place.leaving) for place in trunk.places] == [(4, 16), (16, 16), (16, 32)]
    assert trunk.reshaping == (0, 2)
    last = list(trunk.places)[-1]
    assert list(trunk.convolutions(last)) == list(zip((8, 8, 32), (1, 3, 1), strides, strict=True))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"block": "wide"}, "block is 'wide'; it must be one of 'basic', 'bottleneck'"),
        ({"stride_on": "5x5"}, "stride_on is '5x5'; it must be one of '1x1', '3x3'"),
        ({"stages": (1, 2, 3)}, r"stages \(1, 2, 3\) must give a number of blocks to each of the widths \(4, 8\)"),
        ({"stages": (1, 0)}, "stages"),
    ],
)
def test_a_trunk_that_cannot_be(fields, message):
    with pytest.raises(ValueError, match=message):
        residual.Trunk(**{"stages": (1, 1), "widths": (4, 8), **fields})


@given(st.integers(-20, 2000), st.sampled_from([(6, 2), (9, 2), (6, 4)]))
def test_a_depth_has_its_blocks_or_its_nearest_depths(depth, rule):
    layers, others = rule
    possible = range(layers + others, 3000, layers)
    if depth in possible:
        assert residual.blocks_a_stage(depth, *rule) * layers + others == depth
        return
    below, above = max(filter(lambda d: d < depth, possible), default=None), min(d for d in possible if d > depth)
    nearest = f"{below} and {above}" if below else f"{above}"
    with pytest.raises(ValueError, match=rf"{layers}n \+ {others} .*, got {depth}; nearest: {nearest}$"):
        residual.blocks_a_stage(depth, *rule)
