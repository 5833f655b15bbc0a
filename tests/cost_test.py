"""Costs counted from jaxprs: against hand counts, and against XLA's where a program has no loop."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

from deepx.analysis import cost
from deepx.models import resnet
from deepx.nn import lstm
from deepx.nn.cpu import kernels

W = jnp.zeros((8, 8))
X = jnp.zeros((4, 8))
DOT = 2 * 4 * 8 * 8


@pytest.fixture(autouse=True)
def xlas_kernels():
    """XLA's analysis knows nothing of what ours do."""
    with kernels.disabled():
        yield


def counted(function, *arguments) -> cost.Cost:
    return cost.count(jax.make_jaxpr(function)(*arguments))


def products(function, *arguments) -> float:
    return counted(function, *arguments).products.total()


def xla(function, *arguments):
    return jax.jit(function).lower(*arguments).compile().cost_analysis()


def test_a_dot_and_what_it_moves():
    found = counted(lambda x, w: x @ w, X, W)
    assert found == cost.Cost({"float32": DOT}, 0, 4 * (32 + 64 + 32), 0)
    assert (
        products(partial(jnp.einsum, "bij,bjk->bik"), jnp.zeros((3, 4, 5)), jnp.zeros((3, 5, 6))) == 2 * 3 * 4 * 5 * 6
    )
    assert counted(lambda x, w: x @ w, X.astype(jnp.bfloat16), W.astype(jnp.bfloat16)).products == {"bfloat16": DOT}


def test_arithmetic_is_an_operation_an_element_and_moving_is_none():
    assert counted(lambda x: jnp.tanh(x) + x, X) == cost.Cost(elementwise=64)
    assert counted(lambda x: x.T.reshape(2, 16)[:1], X).flops == 0
    assert counted(lambda x: x.sum(), X) == cost.Cost(elementwise=32, bytes=4 * 33)


def test_rows_that_are_gathered_are_moved_not_the_table():
    table, index = jnp.zeros((1000, 8)), jnp.zeros(3, jnp.int32)
    assert counted(lambda t, i: t.at[i].get(mode="promise_in_bounds"), table, index).bytes == 2 * 4 * 3 * 8
    assert counted(lambda t, i: t.at[i].add(1.0, mode="promise_in_bounds"), table, index).bytes == 3 * 4 * 3 * 8


def test_a_loop_counts_as_often_as_it_runs_where_xla_counts_once():
    def repeated(w, x, n):
        return lax.scan(lambda x, _: (x @ w, None), x, None, length=n)[0]

    found = counted(lambda w, x: repeated(w, x, 10), W, X)
    assert found.products.total() == 10 * DOT
    assert found.bytes == 10 * 4 * (32 + 64 + 32) + 10 * 2 * 4 * 32  # a dot's, and the carry read and written
    assert xla(lambda w, x: repeated(w, x, 10), W, X)["flops"] < 2 * DOT
    assert products(lambda w, x: lax.fori_loop(0, 7, lambda i, x: repeated(w, x, 3), x), W, X) == 21 * DOT


def test_a_loop_of_unknown_length_counts_once_and_is_told():
    found = counted(lambda w, x: lax.while_loop(lambda x: x.sum() < 1, lambda x: x @ w, x), W, X)
    assert found.products.total() == DOT and found.open_loops == 1


def test_a_conditional_counts_its_dearest_branch():
    branches = [lambda w, x: x, lambda w, x: x @ w @ w, lambda w, x: x @ w]
    found = counted(lambda i, w, x: lax.switch(i, branches, w, x), 1, W, X)
    assert found.products.total() == 2 * DOT and found.choices == 1
    assert counted(lambda i, x: lax.cond(i > 0, jnp.tanh, jnp.negative, x), 1, X).choices == 0


def test_calls_count_what_they_call():
    @jax.custom_vjp
    def doubled(x, w):
        return 2 * (x @ w)

    doubled.defvjp(lambda x, w: (doubled(x, w), w), lambda w, g: (g @ w.T, jnp.zeros_like(w)))
    assert products(jax.jit(lambda x, w: jax.jit(jnp.dot)(x, w)), X, W) == DOT
    assert products(doubled, X, W) == DOT
    assert products(jax.value_and_grad(lambda x, w: doubled(x, w).sum()), X, W) == 2 * DOT
    assert products(jax.checkpoint(lambda x, w: jnp.tanh(x @ w)), X, W) == DOT
    assert counted(jax.nn.relu, X).elementwise == 32  # custom_jvp


def test_what_one_device_does_counts_for_all():
    mesh = jax.make_mesh((4,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:4])
    mapped = jax.shard_map(lambda x, w: x @ w, mesh=mesh, in_specs=(P("data"), P()), out_specs=P("data"))
    assert products(mapped, X, W) == DOT


def test_a_convolution_counts_no_padding():
    image, kernel = jnp.zeros((2, 5, 5, 3)), jnp.zeros((3, 3, 3, 7))
    convolve = partial(lax.conv_general_dilated, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    assert products(lambda a, k: convolve(a, k, (1, 1), "VALID"), image, kernel) == 2 * 2 * 3 * 3 * 9 * 3 * 7
    taps = (5 + 4 + 4) ** 2  # of five positions the middle tap meets all, the outer taps all but one
    assert products(lambda a, k: convolve(a, k, (1, 1), "SAME"), image, kernel) == 2 * 2 * taps * 3 * 7


@settings(max_examples=12, deadline=None)
@given(
    st.integers(1, 3), st.sampled_from([(1, 1), (2, 1), (1, 2)]), st.integers(0, 2), st.integers(1, 2),
    st.integers(1, 2),
)  # fmt: skip
def test_convolutions_count_what_xla_counts(size, dilations, padding, stride, groups):
    image, kernel = jnp.zeros((2, 7, 6, 4)), jnp.zeros((size, size, 4 // groups, 6))

    def convolve(a, k):
        return lax.conv_general_dilated(
            a, k, (stride, stride), [(padding, padding), (padding, 0)], dilations[:1] * 2, dilations[1:] * 2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups,
        )  # fmt: skip

    for function in (convolve, *(jax.grad(lambda a, k: convolve(a, k).sum(), i) for i in (0, 1))):
        found, theirs = counted(function, image, kernel), jax.jit(function).lower(image, kernel).cost_analysis()
        assert found.products.total() <= theirs.get("flops", 0) <= found.flops + 100


def test_a_net_without_loops_counts_what_xla_counts():
    config = resnet.cifar(depth=8)
    variables = jax.eval_shape(lambda: resnet.init(jax.random.key(0), config))
    images = jax.ShapeDtypeStruct((4, 32, 32, 3), jnp.float32)

    def loss(params, stats, images):
        return resnet.apply(config, {"params": params, "batch_stats": stats}, images, train=True)[0].sum()

    arguments = variables["params"], variables["batch_stats"], images
    theirs = jax.jit(jax.grad(loss)).lower(*arguments).cost_analysis()
    assert counted(jax.grad(loss), *arguments).flops == pytest.approx(theirs["flops"], rel=0.03)


def test_primitives_of_ours_count_as_what_they_stand_for():
    """The LSTM's time loop: a product [2, 5] by [5, 20] a step, and two back; the kernel's gradient is one for all."""
    kernel, gates_TBG = jnp.zeros((5, 20)), jnp.zeros((7, 2, 20))
    state = lstm.State(*jnp.zeros((2, 2, 5)))

    def loss(kernel, gates_TBG):
        return lstm.run({"kernel": kernel}, gates_TBG, state)[1].sum()

    product = 2 * 2 * 5 * 20
    assert products(loss, kernel, gates_TBG) == 7 * product
    assert products(jax.grad(loss, (0, 1)), kernel, gates_TBG) == 7 * 3 * product
