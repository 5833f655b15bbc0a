"""Large products on the CPU by tiles: against products in double precision, and where XLA keeps its own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn.cpu import build
from tests.native import both, check_threads, close

if build.instructions() != "AMX":
    pytest.skip("this processor has no tiles", allow_module_level=True)


def numbers(*shape: int):
    return jnp.asarray(np.random.default_rng(shape[0]).normal(size=shape), jnp.float32)


SUMS = {
    "rows_and_columns": ("ij,jk->ik", (100, 97), (97, 130)),
    "second_transposed": ("ij,kj->ik", (129, 640), (33, 640)),
    "first_transposed": ("ji,jk->ik", (1100, 40), (1100, 64)),
    "over_two_axes": ("tbi,tbo->io", (20, 32, 50), (20, 32, 64)),
    "several_tasks": ("tbi,io->tbo", (9, 40, 65), (65, 1100)),
}


@pytest.mark.parametrize("name", SUMS)
def test_they_are_as_exact_as_float32(name):
    sum_, *shapes = SUMS[name]
    a, b = (numbers(*shape) for shape in shapes)
    ours, theirs = both(lambda a, b: jnp.einsum(sum_, a, b), a, b)
    a, b = (np.asarray(x, np.float64) for x in (a, b))
    error, their_error = (np.asarray(y) - np.einsum(sum_, a, b) for y in (ours, theirs))
    assert error.std() < 1.1 * their_error.std()
    assert (np.abs(error) < 5e-7 * np.einsum(sum_, np.abs(a), np.abs(b))).all()


def test_gradients_are_products_too():
    a, w = numbers(4, 40, 80), numbers(80, 96)
    gradient = jax.grad(lambda a, w: jnp.sin(a @ w).sum(), (0, 1))
    assert jax.jit(lambda *given: gradient(*given)).lower(a, w).as_text().count("custom_call @deepx_product") == 3
    close(*both(gradient, a, w))


def test_all_24_bits_of_a_number_are_kept():
    """Numbers of every magnitude, by a matrix that changes their places and doubles them."""
    x = numbers(128, 128) * jnp.exp2(jnp.linspace(-80, 80, 128))
    twice = 2 * jnp.roll(jnp.eye(128), 5, axis=0)
    np.testing.assert_array_equal(jax.jit(jnp.matmul)(twice, x), 2 * jnp.roll(x, 5, axis=0))
    np.testing.assert_array_equal(jax.jit(jnp.matmul)(x.T, twice), 2 * jnp.roll(x.T, -5, axis=1))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_not_hidden(bad):
    y = jax.jit(jnp.matmul)(numbers(128, 128).at[3, 100].set(bad), numbers(128, 128))
    np.testing.assert_array_equal(np.isfinite(y).all(1), np.arange(128) != 3)
    assert not np.isfinite(y[3]).any()


@pytest.mark.parametrize(
    "sum_, a, b",
    [
        pytest.param("ij,jk->ik", numbers(64, 64), numbers(64, 64), id="small"),
        pytest.param("ij,jk->ik", numbers(31, 400), numbers(400, 400), id="narrow"),
        pytest.param("ij,jk->ik", *2 * [jnp.ones((128, 128), jnp.bfloat16)], id="bfloat16"),
        pytest.param("nij,nkj->nik", *2 * [numbers(4, 128, 128)], id="several"),
        pytest.param("ija,kj->iak", numbers(40, 64, 40), numbers(64, 64), id="over_an_axis_in_the_middle"),
    ],
)
def test_the_rest_is_xlas(sum_, a, b):
    assert "deepx_" not in jax.jit(lambda a, b: jnp.einsum(sum_, a, b)).lower(a, b).as_text()


def test_over_several_devices_xla_divides_it():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    a = jax.device_put(numbers(128, 128), NamedSharding(mesh, P("data")))
    lowered = jax.jit(lambda a: a @ a).lower(a)
    assert "deepx_" not in lowered.as_text()
    lowered.compile()(a)


def digested():
    return jnp.matmul, numbers(150, 700), numbers(700, 1100)


def test_numbers_do_not_depend_on_the_number_of_threads():
    check_threads("cpu_product_test")
