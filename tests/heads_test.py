"""The heads' kernels on the CPU against what defines them: values, gradients, and what they compose with."""

import ctypes
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn import heads
from deepx.nn.cpu import build
from tests.native import both, check_threads_and_avx2, close, narrower

PAPER = heads.Sizes(read_heads=1, write_heads=1, slot_width=20, shifts=3)
SMALL = heads.Sizes(read_heads=1, write_heads=2, slot_width=3, shifts=3)


def operands(sizes: heads.Sizes, slots: int, *batch: int, scale: float = 1.0):
    random = np.random.default_rng(slots)
    emitted = scale * random.normal(size=(*batch, sizes.emitted))
    previous = random.dirichlet(np.ones(slots), size=(*batch, sizes.heads))
    memory = random.normal(size=(*batch, sizes.slot_width, slots))
    return tuple(jnp.asarray(a, jnp.float32) for a in (emitted, previous, memory))


def values_and_gradients(sizes: heads.Sizes):
    """Of the operands: results, and the gradients of their sum weighted by cosines of 0, 1, 2 ..."""

    def f(*operands):
        results, pull = jax.vjp(lambda *a: heads.interact(sizes, *a), *operands)
        return results, pull(tuple(jnp.cos(jnp.arange(a.size, dtype=a.dtype)).reshape(a.shape) for a in results))

    return f


@st.composite
def cases(draw):
    shifts = draw(st.sampled_from([1, 3, 5, 7]))
    sizes = heads.Sizes(draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 20)), shifts)
    return sizes, draw(st.integers(max(3, shifts), 130)), draw(st.integers(1, 5))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(cases())
@example((PAPER, 128, 30))  # several tasks
@example((heads.Sizes(3, 3, 1, 7), 7, 2))  # every slot is every other's neighbour
def test_values_and_gradients_are_the_definitions(case):
    sizes, slots, batch = case
    close(*both(values_and_gradients(sizes), *operands(sizes, slots, batch)))


def test_on_the_memory_and_weightings_that_a_sequence_begins_with():
    emitted, previous, memory = operands(PAPER, 128, 2)
    one_hot = jnp.zeros_like(previous).at[..., 0].set(1)
    close(*both(values_and_gradients(PAPER), emitted, one_hot, jnp.full_like(memory, 1e-6)))
    gate = PAPER.slot_width + 1
    shut = emitted.at[:, gate :: PAPER.address].set(-200)  # no content: weights that are exactly zero,
    shut = shut.at[:, gate + 1 :: PAPER.address].set(-200)  # and as they are, gamma being 1
    close(*both(values_and_gradients(PAPER), shut, one_hot, jnp.zeros_like(memory)))


@pytest.mark.parametrize("scale", [30, 300])
def test_extreme_emissions(scale):
    """A sharpening of 30 multiplies the rounding of logarithms by it, so that they agree less closely."""
    emitted, previous, memory = operands(PAPER, 50, 4)
    close(*both(values_and_gradients(PAPER), scale * jnp.sign(emitted), previous, memory), tolerance=1e-4)


@pytest.mark.parametrize("operand", range(3))
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_not_hidden(operand, bad):
    arguments = list(operands(SMALL, 20, 2))
    arguments[operand] = arguments[operand].at[(1,) + (0,) * (arguments[operand].ndim - 1)].set(bad)
    ours, theirs = both(lambda *a: heads.interact(SMALL, *a), *arguments)
    for a, b in zip(ours, theirs, strict=True):
        assert np.isfinite(a[0]).all()
        assert np.isnan(a[1]).any() == np.isnan(b[1]).any()
    assert np.isnan(ours[0][1]).any() or (operand == 0 and np.isinf(bad))  # tanh of infinity is 1


def test_gradients_are_differences_of_values():
    arguments = operands(SMALL, 9, 2)
    weights = [jnp.cos(jnp.arange(a.size)).reshape(a.shape) for a in heads.interact(SMALL, *arguments)]

    @jax.jit
    def f(*operands):
        return sum(jnp.vdot(a, w) for a, w in zip(heads.interact(SMALL, *operands), weights, strict=True))

    gradients = jax.grad(f, (0, 1, 2))(*arguments)
    for direction in range(4):
        random = np.random.default_rng(direction)
        along = [jnp.asarray(random.normal(size=a.shape), jnp.float32) for a in arguments]
        low, high = (f(*(a + t * d for a, d in zip(arguments, along, strict=True))) for t in (-2e-3, 2e-3))
        slope = sum(jnp.vdot(g, d) for g, d in zip(gradients, along, strict=True))
        np.testing.assert_allclose(slope, (high - low) / 4e-3, rtol=1e-2, atol=1e-2)


E_BF, P_BHN, M_BWN = operands(SMALL, 10, 4)


def energy(*operands):
    return sum(jnp.sum(jnp.sin(a)) for a in heads.interact(SMALL, *operands))


def through_time(emitted, previous, memory):
    def step(state, x):
        w, read, memory = heads.interact(SMALL, x, *state)
        return (w, memory), read

    state, reads = jax.lax.scan(step, (previous, memory), jnp.stack([emitted, 2 * emitted, -emitted]))
    return jnp.sum(jnp.sin(reads)) + sum(jnp.sum(jnp.sin(a)) for a in state)


X = (E_BF, P_BHN, M_BWN)
EACH = tuple(jnp.stack([a, a[::-1]]) for a in X)


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: jax.vmap(jax.vmap(jax.grad(energy)))(*(a[None] for a in EACH)), id="gradient_of_each"),
        pytest.param(lambda: jax.vmap(energy, (None, 0, None))(E_BF, EACH[1], M_BWN), id="one_operand_batched"),
        pytest.param(lambda: jax.vmap(energy, (1, 2, 2))(*(jnp.stack([a, -a], a.ndim - 1) for a in X)), id="axes"),
        pytest.param(lambda: jax.grad(through_time, (0, 1, 2))(*X), id="scan"),
        pytest.param(lambda: jax.grad(jax.checkpoint(energy), 2)(*X), id="remat"),
        pytest.param(lambda: jax.jvp(energy, X, X), id="jvp"),
        pytest.param(lambda: jax.jvp(jax.grad(energy, 2), X, X), id="forward_over_reverse"),
        pytest.param(lambda: jax.grad(lambda e: jnp.sum(jax.grad(energy, 2)(e, *X[1:]) ** 2))(E_BF), id="twice"),
    ],
)
def test_transformations_compose(f):
    close(*both(f))


def test_without_jit_too():
    close(jax.grad(energy, (0, 1, 2))(*X), jax.jit(jax.grad(energy, (0, 1, 2)))(*X))


def test_other_dtypes_are_xlas():
    lowered = jax.jit(lambda *a: heads.interact(SMALL, *a)).lower(*(a.astype(jnp.bfloat16) for a in X))
    assert "deepx_" not in lowered.as_text()


def test_over_several_devices_xla_keeps_what_it_can_divide_and_in_shard_map_ours_serve():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    gradient = values_and_gradients(SMALL)
    divided = jax.device_put(X, NamedSharding(mesh, P("data")))
    lowered = jax.jit(lambda *a: gradient(*a)).lower(*divided)
    assert "deepx_" not in lowered.as_text()
    ours = jax.jit(lambda *a: gradient(*a))(*X)
    close(ours, lowered.compile()(*divided))
    close(*both(jax.shard_map(jax.grad(energy, 2), mesh=mesh, in_specs=P("data"), out_specs=P("data")), *X))


def test_nothing_of_ours_is_in_an_exported_program_or_another_platforms():
    from jax import export

    f = jax.jit(lambda *a: heads.interact(SMALL, *a))
    assert "deepx_" not in export.export(f)(*X).mlir_module()
    for platforms in (("tpu",), ("cuda",), ("cpu", "cuda")):
        assert "deepx_" not in f.trace(*X).lower(lowering_platforms=platforms).as_text(), platforms


def digested():
    return values_and_gradients(PAPER), *operands(PAPER, 121, 40)


def test_numbers_do_not_depend_on_the_number_of_threads_nor_much_on_the_instructions():
    check_threads_and_avx2("heads_test", "heads")


@pytest.mark.parametrize("instructions", build.INSTRUCTIONS)
def test_elementary_functions(instructions, tmp_path):
    """Relative errors below 1e-6, and exact where a number is too small or too large to matter."""
    source = tmp_path / "functions.cc"
    header = Path(build.__file__).with_name("vector.h")
    functions = ("exp", "log", "tanh", "sigmoid")
    bodies = "".join(f"DEFINE({name})\n" for name in functions)
    source.write_text(
        f'#include "{header}"\n#define DEFINE(f) extern "C" void apply_##f(const float* x, float* y, int64_t n) '
        f"{{ for (int64_t i = 0; i < n; i += LANES) store(y + i, f(load(x + i))); }}\n{bodies}"
    )
    if instructions not in narrower(build.instructions()):
        pytest.skip(f"this processor has no {instructions}")
    build.compile_to(tmp_path / "functions.so", source, instructions)
    library = ctypes.CDLL(str(tmp_path / "functions.so"))

    def apply(name, x):
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(x)
        pointer = ctypes.POINTER(ctypes.c_float)
        getattr(library, f"apply_{name}")(x.ctypes.data_as(pointer), y.ctypes.data_as(pointer), ctypes.c_int64(x.size))
        return x.astype(np.float64), y.astype(np.float64)

    x, y = apply("exp", np.linspace(-87.3, 88.3, 1 << 20))
    np.testing.assert_allclose(y, np.exp(x), rtol=3e-7)
    x, y = apply("log", np.geomspace(1e-37, 1e38, 1 << 20))
    np.testing.assert_allclose(y, np.log(x), rtol=3e-7)
    x, y = apply("log", 1 + np.linspace(-1e-2, 1e-2, 1 << 16))
    np.testing.assert_allclose(y, np.log(x), rtol=3e-7)
    x = np.geomspace(1e-20, 100, 1 << 19)
    x, y = apply("tanh", np.concatenate([x, -x]))
    np.testing.assert_allclose(y, np.tanh(x), rtol=6e-7)
    x, y = apply("sigmoid", np.linspace(-87, 100, 1 << 20))
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), rtol=6e-7)
    edges = np.resize([np.nan, -np.inf, np.inf, -1000, 1000, 0], 6 * 16)
    for name, values in [
        ("exp", [np.nan, 0, None, 0, None, 1]),
        ("tanh", [np.nan, -1, 1, -1, 1, 0]),
        ("sigmoid", [np.nan, None, 1, None, 1, 0.5]),
    ]:
        _, y = apply(name, edges)
        for got, expected in zip(y, values, strict=False):
            assert expected is None or np.array_equal(got, expected, equal_nan=True), (name, got, expected)
    assert np.isnan(apply("log", edges)[1][0])
