"""Paths through a residual net: a linear net whose gradients are known, the binomial, and the paper's numbers."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import pictures, shaken

from deepx.analysis import paths
from deepx.models import resnet
from deepx.nn.residual import along, gated

SLOPES = np.array([0.5, 2.0, 0.1, 3.0], np.float32)


def linear(slopes_L, images, join):
    """F_l(x) = a_l x, two logits, of which one is the mean of what arrives. Gradients along paths are all parallel."""
    x = images
    for l in range(len(slopes_L)):
        x = join(slopes_L[l] * x, x, l)
    return jnp.stack([x.mean((1, 2, 3)), jnp.zeros(len(x))], axis=1)


@pytest.fixture(scope="module")
def images():
    return pictures(3, size=4, channels=2)


def every_path(blocks, images):
    every = np.array(list(product((0, 1), repeat=blocks)), np.float32)
    return every, np.tile(every, (images, 1, 1))


def test_the_gradient_along_a_path_is_the_product_of_the_slopes_on_it(images):
    every, of_each = every_path(4, len(images))
    norms = paths.gradient_norms(linear)(SLOPES, images, np.zeros(3, int), of_each)
    expected = np.prod(np.where(every, SLOPES, 1), axis=1)
    assert norms.shape == (3, 16)
    np.testing.assert_allclose(norms / norms[:, :1], np.tile(expected, (3, 1)), rtol=1e-5)


def test_the_forward_pass_is_through_the_whole_net(images):
    """What all paths share is the slope of the loss in the logits: 1 less the whole net's probability of the label."""
    labels = np.array([0, 1, 0])
    norms = paths.gradient_norms(linear)(SLOPES, images, labels, np.zeros((3, 1, 4), np.float32))
    logit = np.prod(1 + SLOPES) * images.mean((1, 2, 3))
    of_label = 1 / (1 + np.exp(np.where(labels == 0, -logit, logit)))
    at_image = 1 / np.sqrt(32)  # the gradient of the mean of 32 values
    np.testing.assert_allclose(norms[:, 0], at_image * (1 - of_label), rtol=1e-4)


def test_gradients_along_all_paths_add_up_to_the_gradient(images):
    config = resnet.Config((1, 1, 1), (4, 8, 16), classes=5, channels=2)
    variables = shaken(resnet, config)

    def gradient(join):
        return jax.grad(lambda x: resnet.apply(config, variables, x, join=join).sum())(images)

    every, _ = every_path(3, 1)
    parts = jax.jit(jax.vmap(lambda path: gradient(along(path))))(every)
    whole = jax.jit(lambda: gradient(None))()
    np.testing.assert_allclose(parts.sum(0), whole, rtol=1e-3, atol=1e-4 * np.abs(whole).max())
    assert all(np.abs(part).max() > 0 for part in parts)


def test_norms_of_images_are_those_of_each_alone(images):
    _, of_each = every_path(4, len(images))
    labels = np.array([0, 1, 0])
    norms_of = paths.gradient_norms(linear)
    together = norms_of(SLOPES, images, labels, of_each)
    for n in range(3):
        alone = norms_of(SLOPES, images[n : n + 1], labels[n : n + 1], of_each[n : n + 1])
        np.testing.assert_allclose(alone[0], together[n], rtol=1e-6)


def test_small_gradients_along_long_paths_do_not_vanish(images):
    """1e-3 to the tenth power is a float32, its square is none."""
    path = np.ones((3, 1, 10), np.float32)
    norms_of = paths.gradient_norms(linear)
    slopes = np.full(10, 1e-3, np.float32)
    ratio = norms_of(slopes, images, np.zeros(3, int), path) / norms_of(slopes, images, np.zeros(3, int), 0 * path)
    np.testing.assert_allclose(ratio, 1e-30, rtol=1e-4)
    assert (norms_of(0 * slopes, images, np.zeros(3, int), path) == 0).all()


def test_the_join_is_the_callers(images):
    """Trained with stochastic depth, a net's branches count by their probability of survival."""
    every, of_each = every_path(4, len(images))
    survival = np.array([1.0, 0.9, 0.7, 0.5], np.float32)
    halved = paths.gradient_norms(linear, lambda path: lambda f, s, l: along(path)(survival[l] * f, s, l))
    norms = halved(SLOPES, images, np.zeros(3, int), of_each)
    expected = np.prod(np.where(every, survival * SLOPES, 1), axis=1)
    np.testing.assert_allclose(norms / norms[:, :1], np.tile(expected, (3, 1)), rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 9))
def test_so_many_blocks_are_drawn(seed, count):
    gates = paths.drawn(jax.random.key(seed), 9, count)
    assert gates.shape == (9,) and set(np.asarray(gates)) <= {0, 1} and gates.sum() == count


def test_every_block_is_drawn_alike_and_the_key_decides():
    drawn = jax.jit(jax.vmap(lambda key: paths.drawn(key, 9, 3)))
    gates = drawn(jax.random.split(jax.random.key(0), 1000))
    np.testing.assert_allclose(gates.mean(0), 1 / 3, atol=4 * np.sqrt(2 / 9 / 1000))
    np.testing.assert_array_equal(gates, drawn(jax.random.split(jax.random.key(0), 1000)))


def test_training_on_effective_paths_reaches_only_the_blocks_drawn(images):
    gates = paths.drawn(jax.random.key(1), 4, 2)
    slope = jax.grad(lambda slopes: linear(slopes, images, gated(gates))[:, 0].sum())(SLOPES)
    np.testing.assert_array_equal(np.asarray(slope) != 0, np.asarray(gates) == 1)


def test_each_image_has_one_path_of_every_length():
    of_each = np.asarray(paths.one_of_every_length(jax.random.key(0), 50, 6))
    np.testing.assert_array_equal(of_each.sum(-1), np.tile(np.arange(7), (50, 1)))
    assert len(np.unique(of_each[:, 3], axis=0)) > 10, "the images' paths differ"


def test_as_many_paths_as_in_the_paper():
    """Figure 6a and section 5: half of the blocks most often; lengths 5 to 17 of 54 are 0.45% of all paths."""
    share = paths.binomial(54)
    assert share.shape == (55,) and share.argmax() == 27 and share.sum() == pytest.approx(1)
    assert 100 * share[5:18].sum() == pytest.approx(0.45, abs=0.005)
    np.testing.assert_allclose(paths.binomial(3), [1 / 8, 3 / 8, 3 / 8, 1 / 8])


def test_the_gradient_of_a_length_is_paths_times_norm():
    """L = 2, mean norms 4, 1, 0: shares 1/4 * 4, 1/2 * 1, 0, of 3/2 in all."""
    by_length = paths.by_length(np.array([[3.0, 1.0, 0.0], [5.0, 1.0, 0.0]]))
    np.testing.assert_allclose(by_length.paths, [0.25, 0.5, 0.25])
    np.testing.assert_allclose(by_length.norm, [4, 1, 0])
    np.testing.assert_allclose(by_length.quartiles[:, 0], [3.5, 4, 4.5])
    np.testing.assert_allclose(by_length.gradient, [2 / 3, 1 / 3, 0])
    assert by_length.effective == (0, 1) and by_length.effective_paths == pytest.approx(0.75)


def test_effective_lengths_leave_a_twentieth_on_either_side():
    share = np.array([0.04, 0.02, 0.3, 0.5, 0.08, 0.03, 0.03])  # summed: 0.04 0.06 0.36 0.86 0.94 0.97 1
    by_length = paths.Lengths(paths.binomial(6), share, np.zeros((3, 7)), share)
    assert by_length.effective == (1, 5)
    assert by_length.effective_paths == pytest.approx((2**6 - 2) / 2**6)


def test_a_linear_nets_share_is_its_elementary_symmetric_polynomial(images):
    """With one slope a, length k carries C(L, k) a^k of (1 + a)^L: binomial with probability a / (1 + a)."""
    of_each = paths.one_of_every_length(jax.random.key(0), len(images), 8)
    norms = paths.gradient_norms(linear)(np.full(8, 0.25, np.float32), images, np.zeros(3, int), of_each)
    expected = [share * 0.2**k * 0.8 ** (8 - k) * 2**8 for k, share in enumerate(paths.binomial(8))]
    np.testing.assert_allclose(paths.by_length(norms).gradient, expected, rtol=1e-4)


@pytest.mark.parametrize("norm", [0.0, np.nan, np.inf])
def test_no_gradient_or_no_number_is_refused(norm):
    with pytest.raises(ValueError, match="must be finite and not all 0"):
        paths.by_length(np.full((2, 4), norm))
