"""The equations of section 3 of the neural Turing machine paper, on cases worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.nn import addressing, memory

MEMORY_BWN = jnp.array([[[1.0, 0.0, 3.0, -2.0], [0.0, 2.0, 4.0, 0.0]]])  # slots (1,0), (0,2), (3,4), (-2,0)


def weighting(*weights):
    return jnp.array([[weights]], jnp.float32)


def test_content_is_the_softmax_of_scaled_cosines():
    w = addressing.content(jnp.array([[[5.0, 0.0]]]), jnp.array([[2.0]]), MEMORY_BWN)[0, 0]
    expected = np.exp(2 * np.array([1.0, 0.0, 0.6, -1.0]))
    np.testing.assert_allclose(w, expected / expected.sum(), rtol=1e-5)


def test_content_of_strength_zero_is_uniform_and_of_great_strength_one_hot():
    key = jnp.array([[[0.3, 0.4], [0.3, 0.4]]])
    w = addressing.content(key, jnp.array([[0.0, 1e4]]), MEMORY_BWN)[0]
    np.testing.assert_allclose(w[0], 0.25, rtol=1e-6)
    np.testing.assert_allclose(w[1], [0, 0, 1, 0], atol=1e-6)


@pytest.mark.parametrize("gate, expected", [(0.0, (1, 0, 0)), (1.0, (0, 0, 1)), (0.25, (0.75, 0, 0.25))])
def test_interpolate(gate, expected):
    w = addressing.interpolate(jnp.array([[gate]]), weighting(0, 0, 1), weighting(1, 0, 0))
    np.testing.assert_allclose(w[0, 0], expected)


@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
def test_a_shift_moves_a_one_hot_and_wraps_around(offset):
    s = jnp.zeros((1, 1, 5)).at[0, 0, offset + 2].set(1.0)
    for slot in range(6):
        w = addressing.shift(jax.nn.one_hot(jnp.array([[slot]]), 6), s)[0, 0]
        assert int(jnp.argmax(w)) == (slot + offset) % 6 and float(w.max()) == 1


def test_shift_is_the_circular_convolution_of_eq_8():
    rng = np.random.default_rng(0)
    w, s = rng.random(5), rng.random(5)
    # s(i - j) with the paper's indices modulo N; our s holds the shifts -2 .. 2.
    expected = [sum(w[j] * s[(i - j + 2) % 5] for j in range(5)) for i in range(5)]
    np.testing.assert_allclose(addressing.shift(weighting(*w), weighting(*s))[0, 0], expected, rtol=1e-5)


def test_shift_without_range_changes_nothing():
    np.testing.assert_array_equal(addressing.shift(weighting(0.2, 0.8), weighting(1.0)), weighting(0.2, 0.8))


@pytest.mark.parametrize("shifts", [2, 7])
def test_shift_refuses_an_even_window_and_one_wider_than_the_memory(shifts):
    with pytest.raises(ValueError, match=f"not {shifts}"):
        addressing.shift(weighting(1, 0, 0, 0, 0), jnp.ones((1, 1, shifts)))


def test_sharpen():
    w = addressing.sharpen(weighting(0.5, 0.25, 0.25, 0.0), jnp.array([[2.0]]))[0, 0]
    np.testing.assert_allclose(w, [4 / 6, 1 / 6, 1 / 6, 0], atol=1e-6)
    w = addressing.sharpen(weighting(0.5, 0.3, 0.2, 0.0), jnp.array([[1.0]]))[0, 0]
    np.testing.assert_allclose(w, [0.5, 0.3, 0.2, 0], atol=1e-6)
    w = addressing.sharpen(weighting(0.26, 0.25, 0.25, 0.24), jnp.array([[1000.0]]))[0, 0]
    np.testing.assert_allclose(w, [1, 0, 0, 0], atol=1e-6)


def test_read_is_the_weighted_sum_of_slots():
    r = memory.read(jnp.array([[[0.0, 0.5, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0]]]), MEMORY_BWN)
    np.testing.assert_allclose(r[0], [[1.5, 3.0], [1.0, 0.0]])


def test_write_erases_what_every_head_erases_and_then_adds():
    w = jnp.array([[[0.0, 1.0, 0.0, 0.0], [0.0, 0.5, 1.0, 0.0]]])
    erase = jnp.array([[[0.0, 0.5], [1.0, 0.0]]])
    add = jnp.array([[[1.0, 0.0], [0.0, 1.0]]])
    m = memory.write(w, erase, add, MEMORY_BWN)[0]
    # slot 1: (0 (1 - 0)(1 - 0.5), 2 (1 - 0.5)(1 - 0)) + (1, 0) + 0.5 (0, 1); slot 2: (3 (1 - 1), 4) + (0, 1).
    np.testing.assert_allclose(m.T, [[1, 0], [1, 1.5], [0, 5], [-2, 0]])


def test_what_is_written_after_a_full_erase_is_read_back():
    w, vector = weighting(0, 0, 1, 0), jnp.array([[[0.7, -0.2]]])
    m = memory.write(w, jnp.ones((1, 1, 2)), vector, MEMORY_BWN)
    np.testing.assert_allclose(memory.read(w, m), vector)
    np.testing.assert_array_equal(m[..., jnp.array([0, 1, 3])], MEMORY_BWN[..., jnp.array([0, 1, 3])])


def address(key, beta, gate, s, gamma, previous, memory):
    w = addressing.interpolate(gate, addressing.content(key, beta, memory), previous)
    return addressing.sharpen(addressing.shift(w, s), gamma)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**31 - 1),
    beta=st.sampled_from([0.0, 1.0, 1e4]),
    gamma=st.sampled_from([1.0, 1.7, 1e3]),
    gate=st.floats(0, 1),
    scale=st.sampled_from([0.0, 1e-20, 1e-6, 1.0, 1e6]),
    one_hot=st.booleans(),
)
def test_weightings_sum_to_one_and_all_gradients_are_finite(seed, beta, gamma, gate, scale, one_hot):
    keys = jax.random.split(jax.random.key(seed), 4)
    previous = (
        jax.nn.one_hot(jnp.zeros((2, 3), int), 7) if one_hot else jax.nn.softmax(jax.random.normal(keys[0], (2, 3, 7)))
    )
    arguments = (
        scale * jax.random.normal(keys[1], (2, 3, 4)),
        jnp.full((2, 3), beta),
        jnp.full((2, 3), gate),
        jax.nn.softmax(jax.random.normal(keys[2], (2, 3, 3))),
        jnp.full((2, 3), gamma),
        previous,
        scale * jax.random.normal(keys[3], (2, 4, 7)),
    )
    w = jitted_address(*arguments)
    assert (w >= 0).all()
    np.testing.assert_allclose(w.sum(-1), 1, atol=1e-5)
    for gradient in jitted_gradients(*arguments):
        assert jnp.isfinite(gradient).all()


jitted_address = jax.jit(address)
jitted_gradients = jax.jit(
    jax.grad(lambda *a: jnp.sum(address(*a) * jnp.linspace(-1, 1, 7) ** 3), argnums=tuple(range(7)))
)
