"""The memory machine's loops on the CPU against the functions that define them, and these against a scan."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn import controller, dense, heads, memory_machine
from deepx.nn.recurrence import unroll
from tests.native import both, check_threads_and_avx2, close

PAPER = heads.Sizes(read_heads=1, write_heads=1, slot_width=20, shifts=3)
SMALL = heads.Sizes(read_heads=2, write_heads=3, slot_width=3, shifts=5)


def operands(sizes: heads.Sizes, slots: int, cells: int, layers: int, steps: int, batch: int):
    """Weights, a state, and the inputs' share of every layer's gates; nothing at zero."""
    random = np.random.default_rng(slots)
    keys = jax.random.split(jax.random.key(slots))
    reads = sizes.read_heads * sizes.slot_width
    made, states = controller.init(keys[0], "lstm", inputs=1, reads=reads, units=cells, layers=layers)
    weights = memory_machine.weights(made, dense.init(keys[1], cells, sizes.emitted))
    first = memory_machine.State(
        states,
        np.zeros((sizes.read_heads, sizes.slot_width)),
        np.zeros((sizes.heads, slots)),
        np.zeros((sizes.slot_width, slots)),
    )
    first = jax.tree.map(lambda a: jnp.asarray(random.normal(size=(batch, *a.shape)), jnp.float32), first)
    first = first._replace(w_BHN=jax.nn.softmax(first.w_BHN))
    gates = [jnp.asarray(random.normal(size=(steps, batch, 4 * cells)), jnp.float32) for _ in made]
    return weights, first, gates


def values_and_gradients(sizes: heads.Sizes, clip: float | None = None, run=memory_machine.run):
    """Outputs and what was read, and the gradients of their sum weighted by cosines of 0, 1, 2 ..."""

    def f(*operands):
        results, pull = jax.vjp(lambda weights, first, gates: run(sizes, weights, first, gates, clip), *operands)
        return results, pull(tuple(jnp.cos(jnp.arange(a.size, dtype=a.dtype)).reshape(a.shape) for a in results))

    return f


def scanned(sizes, weights, first, projected, clip):
    """What `run` stands for, step after step."""
    return unroll(partial(memory_machine.step, sizes, False), weights, first, projected, clip)[1]


SHAPES = {  # sizes, slots, cells, layers, steps, batch; clip
    "one_number": ((heads.Sizes(1, 1, 1, 1), 1, 1, 1, 1, 1), None),
    "the_papers": ((PAPER, 128, 40, 1, 5, 3), None),
    "blocks_and_a_part": ((PAPER, 32, 33, 2, 7, 29), None),
    "many_heads_clipped": ((SMALL, 21, 6, 3, 10, 14), 0.02),
}


@pytest.mark.parametrize(("shape", "clip"), SHAPES.values(), ids=SHAPES)
def test_values_and_gradients_are_the_definitions(shape, clip):
    close(*both(values_and_gradients(shape[0], clip), *operands(*shape)), tolerance=2e-5)


@pytest.mark.parametrize("clip", [None, 0.02])
def test_the_definitions_are_those_of_a_scan(clip):
    given = operands(SMALL, 7, 5, 2, 6, 3)
    ours = jax.jit(values_and_gradients(SMALL, clip))(*given)
    scan = jax.jit(values_and_gradients(SMALL, clip, scanned)).lower(*given)
    assert "deepx_machine" not in scan.as_text()
    close(ours, scan.compile()(*given), tolerance=2e-5)
    if clip is not None:
        unclipped = jax.jit(values_and_gradients(SMALL))(*given)
        assert np.abs(unclipped[1][1].memory_BWN).max() > clip


SIZES = (SMALL, 6, 4, 2, 4, 5)
GIVEN = operands(*SIZES)
EACH = jax.tree.map(lambda a: jnp.stack([a, -a]), GIVEN)


def energy(*given):
    return sum(jnp.sum(jnp.sin(a)) for a in memory_machine.run(SMALL, *given))


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: jax.vmap(jax.grad(energy, (0, 1, 2)))(*EACH), id="gradient_of_each_net"),
        pytest.param(lambda: jax.vmap(jax.grad(energy), (None, None, 0))(*GIVEN[:2], EACH[2]), id="one_operand"),
        pytest.param(lambda: jax.grad(jax.checkpoint(energy))(*GIVEN), id="remat"),
    ],
)
def test_transformations_compose(f):
    close(*both(f), tolerance=2e-5)


def test_what_is_not_finite_is_not_hidden():
    gates = [GIVEN[2][0].at[1, 2, 3].set(jnp.nan), GIVEN[2][1]]
    for h_TBC, read_TBRW in both(lambda gates: memory_machine.run(SMALL, *GIVEN[:2], gates), gates):
        bad = (np.arange(4) >= 1)[:, None] & (np.arange(5) == 2)
        np.testing.assert_array_equal(np.isnan(h_TBC).any(-1), bad)
        np.testing.assert_array_equal(np.isnan(read_TBRW).any((-1, -2)), bad)


def test_other_dtypes_and_traces_are_not_for_it():
    halves = jax.tree.map(lambda a: a.astype(jnp.bfloat16), GIVEN)
    assert "deepx_" not in jax.jit(lambda *given: memory_machine.run(SMALL, *given)).lower(*halves).as_text()
    traced = jax.jit(lambda *given: memory_machine.run(SMALL, *given, trace=True))
    assert "deepx_machine" not in traced.lower(*GIVEN).as_text()


def test_over_several_devices_xla_keeps_what_it_can_divide():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    weights, first, gates = operands(SMALL, 6, 4, 2, 4, 6)
    divided = [jax.device_put(a, NamedSharding(mesh, P(None, "data"))) for a in gates]
    assert "deepx_" not in jax.jit(jax.grad(energy)).lower(weights, first, divided).as_text()


def digested():
    return values_and_gradients(PAPER), *operands(PAPER, 35, 37, 2, 5, 29)


def test_numbers_do_not_depend_on_the_number_of_threads_nor_much_on_the_instructions():
    check_threads_and_avx2("memory_machine_test", "machine")
