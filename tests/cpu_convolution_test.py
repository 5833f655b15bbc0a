"""Our convolutions on the CPU against XLA's: values, gradients, what they compose with, and where they stay away."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn.cpu import kernels
from tests.native import both, check_threads_and_avx2, close, python

NHWC = ("NHWC", "HWIO", "NHWC")
LAYOUTS = (NHWC, ("NCHW", "OIHW", "NCHW"), ("NHWC", "OHWI", "NCHW"))


def numbers(seed: int, *shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def conv(x, w, stride=1, padding="SAME"):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=NHWC)


@st.composite
def convolutions(draw):
    """Sizes, and the parameters of `conv_general_dilated`, with a result that is not empty."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    size, taps = draw(st.tuples(*[st.integers(1, 20)] * 2)), draw(st.tuples(*[st.integers(1, 5)] * 2))
    kind = draw(st.sampled_from(["stride", "image", "kernel", "both"]))
    stride = draw(pair) if kind in ("stride", "both") else (1, 1)
    image = draw(pair) if kind == "image" else (1, 1)
    kernel = draw(pair) if kind in ("kernel", "both") else (1, 1)
    padding = []
    for axis in range(2):
        low = draw(st.integers(-1, 4))
        reach = kernel[axis] * (taps[axis] - 1) + 1
        needed = max(reach - low - (image[axis] * (size[axis] - 1) + 1), -1)
        padding.append((low, needed + draw(st.integers(0, 3))))
    return dict(
        images=draw(st.integers(1, 5)),
        size=size,
        taps=taps,
        channels=draw(st.sampled_from([1, 2, 3, 8, 16, 19, 33, 48])),
        features=draw(st.sampled_from([1, 3, 7, 10, 16, 24, 32, 47, 64])),
        stride=stride,
        image_dilation=image,
        kernel_dilation=kernel,
        padding=tuple(padding),
        layout=draw(st.sampled_from(LAYOUTS)),
    )


STEM = dict(
    images=3, size=(32, 32), taps=(7, 7), channels=3, features=64, stride=(2, 2), image_dilation=(1, 1),
    kernel_dilation=(1, 1), padding=((3, 3), (3, 3)), layout=NHWC,
)  # fmt: skip
LARGE = STEM | dict(images=2, size=(70, 60), taps=(3, 3), channels=40, padding=((1, 1), (0, 1)))  # bands of an image
MANY = STEM | dict(images=40, size=(9, 9), taps=(3, 3), channels=16, features=40, stride=(1, 1))  # several parts


@settings(max_examples=18, deadline=None, derandomize=True)
@given(convolutions())
@example(STEM)
@example(LARGE)
@example(MANY)
def test_values_and_both_gradients_are_xlas(c):
    letters = dict(N=c["images"], H=c["size"][0], W=c["size"][1], C=c["channels"])
    taps = dict(H=c["taps"][0], W=c["taps"][1], I=c["channels"], O=c["features"])
    x = numbers(0, *(letters[a] for a in c["layout"][0]))
    w = numbers(1, *(taps[a] for a in c["layout"][1]))

    def f(x, w):
        return lax.conv_general_dilated(
            x, w, c["stride"], c["padding"], c["image_dilation"], c["kernel_dilation"], dimension_numbers=c["layout"]
        )

    g = numbers(2, *jax.eval_shape(f, x, w).shape)
    close(*both(lambda x, w, g: (f(x, w), *jax.vjp(f, x, w)[1](g)), x, w, g))


def test_a_hand_worked_case():
    """A 2x2 image of one channel, a 3x3 kernel whose centre is 1 and whose right neighbour is 10."""
    x = jnp.array([[1.0, 2.0], [3.0, 4.0]])[None, ..., None]
    w = jnp.zeros((3, 3, 1, 1)).at[1, 1].set(1.0).at[1, 2].set(10.0)
    y = jax.jit(conv)(x, w)
    np.testing.assert_array_equal(y[0, ..., 0], [[21.0, 2.0], [43.0, 4.0]])


X, W = numbers(3, 4, 9, 9, 5), numbers(4, 3, 3, 5, 6)


def energy(x, w):
    return jnp.sum(jnp.tanh(conv(jnp.tanh(conv(x, w)), w[..., :5, :].swapaxes(2, 3))))


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: jax.jvp(energy, (X, W), (jnp.ones_like(X), W)), id="jvp"),
        pytest.param(lambda: jax.jvp(jax.grad(energy, 1), (X, W), (X, W))[1], id="hessian_vector_product"),
        pytest.param(lambda: jax.vmap(lambda x: jax.grad(energy, 1)(x[None], W))(X), id="gradient_of_each_example"),
        pytest.param(lambda: jax.vmap(conv, (None, 0))(X, jnp.stack([W, 2 * W])), id="several_kernels"),
        pytest.param(lambda: jax.grad(jax.checkpoint(energy), 1)(X, W), id="remat"),
        pytest.param(
            lambda: lax.scan(lambda w, x: (w - 0.01 * jax.grad(energy, 1)(x[None], w), ()), W, X)[0], id="scan"
        ),
    ],
)
def test_transformations_compose(f):
    close(*both(f), tolerance=3e-5)  # a second derivative; XLA's plain emitters err by as much


def test_in_shard_map_each_device_convolves_its_share():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    f = jax.shard_map(conv, mesh=mesh, in_specs=(P("data"), P()), out_specs=P("data"))
    ours, theirs = both(f, X, W)
    close(ours, theirs)


def test_over_several_devices_under_jit_xla_keeps_its_own_which_it_can_divide():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    x = jax.device_put(X, NamedSharding(mesh, P("data")))
    lowered = jax.jit(lambda x: conv(x, W)).lower(x)
    assert "deepx_" not in lowered.as_text()
    close(lowered.compile()(x), jax.jit(lambda x: conv(x, W))(X))


def test_nothing_of_ours_is_in_an_exported_program_or_another_platforms():
    from jax import export

    assert "deepx_" not in export.export(jax.jit(lambda x: conv(x, W)))(X).mlir_module()
    for platforms in (("tpu",), ("cuda",), ("cpu", "cuda")):
        traced = jax.jit(lambda x: conv(x, W)).trace(X)
        assert "deepx_" not in traced.lower(lowering_platforms=platforms).as_text(), platforms


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: conv(X.astype(jnp.bfloat16), W.astype(jnp.bfloat16)), id="bfloat16"),
        pytest.param(
            lambda: lax.conv_general_dilated(
                X, W[:, :, :1, :5], (1, 1), "SAME", dimension_numbers=NHWC, feature_group_count=5
            ),
            id="groups",
        ),
        pytest.param(
            lambda: lax.conv_general_dilated(
                X, W, (2, 2), ((1, 1), (1, 1)), lhs_dilation=(2, 2), dimension_numbers=NHWC
            ),
            id="strided_and_dilated",
        ),
        pytest.param(lambda: lax.conv(X[:, 0].swapaxes(1, 2), W[0].T, (1,), "SAME"), id="one_axis"),
    ],
)  # fmt: skip
def test_what_is_not_for_our_kernels_is_xlas(f):
    assert "deepx_" not in jax.jit(f).lower().as_text()
    jax.jit(f)()


def digested():
    def values_and_gradients(x, w):
        return conv(x, w), *jax.vjp(conv, x, w)[1](numbers(2, 50, 9, 9, 20))

    return values_and_gradients, numbers(0, 50, 9, 9, 7), numbers(1, 3, 3, 7, 20)


def test_numbers_do_not_depend_on_the_number_of_threads_nor_much_on_the_instructions():
    check_threads_and_avx2("cpu_convolution_test", "convolution")


def test_the_switch(monkeypatch):
    monkeypatch.setenv(kernels.SWITCH, "fast")
    with pytest.raises(ValueError, match="'fast'; it must be 'native' or 'xla'"):
        kernels.enable()
    monkeypatch.setenv(kernels.SWITCH, "xla")
    kernels.enable()
    assert "deepx_" not in jax.jit(lambda: conv(X, W)).lower().as_text()
    monkeypatch.delenv(kernels.SWITCH)
    kernels.enable()
    assert "deepx_" in jax.jit(lambda: conv(X, W)).lower().as_text()


def test_the_rule_that_we_stand_before_is_the_one_that_jax_registers():
    """Our rule falls back on jax's own private one: this fails where a new jax registers another."""
    code = """
from jax import lax
from jax.interpreters import mlir
theirs = mlir._platform_specific_lowerings["cpu"][lax.conv_general_dilated_p]
from deepx.nn.cpu import convolution
rule = getattr(theirs, "rule", theirs)
assert (rule.func, rule.keywords) == (convolution.RULE.xla.func, convolution.RULE.xla.keywords)
"""
    python(code)
