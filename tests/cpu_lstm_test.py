"""The LSTM's loops on the CPU against the functions that define them: values, gradients, and what they compose with."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn import lstm
from tests.native import both, check_threads_and_avx2, close


def operands(steps: int, batch: int, cells: int):
    """A kernel, gates, a state, and where there is an input."""
    random = np.random.default_rng(steps + 10 * batch + 100 * cells)
    shapes = (cells, 4 * cells), (steps, batch, 4 * cells), (batch, cells), (batch, cells)
    kernel, gates, h, c = (jnp.asarray(random.normal(size=shape), jnp.float32) for shape in shapes)
    return kernel / cells**0.5, gates, lstm.State(h, c), jnp.asarray(random.random((steps, batch)) < 0.7)


def values_and_gradients(kernel, gates, state, there):
    """Of all steps and the last state, and the gradients of their sum weighted by cosines of 0, 1, 2 ..."""
    results, pull = jax.vjp(lambda *given: lstm.run({"kernel": given[0]}, *given[1:], there), kernel, gates, state)
    return results, pull(jax.tree.map(lambda a: jnp.cos(jnp.arange(a.size, dtype=a.dtype)).reshape(a.shape), results))


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param((1, 1, 1), id="one_number"),
        pytest.param((3, 2, 5), id="part_of_a_block"),
        pytest.param((4, 70, 33), id="blocks_and_a_part"),
        pytest.param((2, 32, 96), id="whole_blocks"),
    ],
)
def test_values_and_gradients_are_the_definitions(sizes):
    close(*both(values_and_gradients, *operands(*sizes)))


def test_an_input_at_every_step():
    *given, there = operands(3, 4, 6)
    ours, theirs = both(lambda *given: values_and_gradients(*given, None), *given)
    close(ours, theirs)
    close(ours, jax.jit(values_and_gradients)(*given, jnp.ones_like(there)))


def test_where_nothing_is_the_state_stays_to_the_bit():
    kernel, gates, state, _ = operands(4, 3, 7)
    there = jnp.arange(4)[:, None] < jnp.array([4, 2, 0])
    (last, h_TBC), (_, d_gates, d_state) = jax.jit(values_and_gradients)(kernel, gates, state, there)
    np.testing.assert_array_equal(last.c[2], state.c[2])
    np.testing.assert_array_equal(h_TBC[2:, 1], h_TBC[[1, 1], 1])
    assert not d_gates[2:, 1].any() and d_gates[:2, 1].all()
    weights = jnp.cos(jnp.arange(21.0)).reshape(3, 7)
    np.testing.assert_array_equal(d_state.c[2], weights[2])


def test_it_agrees_with_torch():
    torch = pytest.importorskip("torch")
    kernel, gates, state, _ = operands(5, 3, 9)
    tensor = lambda a: torch.tensor(np.asarray(a))  # noqa: E731
    cell = torch.nn.LSTM(36, 9, bias=False)  # its gates are its inputs
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.eye(36))
        cell.weight_hh_l0.copy_(tensor(kernel.T))
    given = tensor(gates).requires_grad_(), tensor(state.h)[None].requires_grad_(), tensor(state.c)[None]
    h_TBC, (_, c) = cell(given[0], given[1:])
    ((h_TBC**2).sum() + c.sin().sum()).backward()

    def loss(kernel, gates, h):
        last, h_TBC = lstm.run({"kernel": kernel}, gates, lstm.State(h, state.c))
        return (h_TBC**2).sum() + jnp.sin(last.c).sum()

    gradients = jax.jit(jax.grad(loss, (0, 1, 2)))(kernel, gates, state.h)
    expected = cell.weight_hh_l0.grad.T, given[0].grad, given[1].grad[0]
    close(gradients, tuple(jnp.asarray(a.numpy()) for a in expected))


W_CG, G_TBG, STATE, THERE = operands(3, 4, 6)


def energy(kernel, gates, state):
    last, h_TBC = lstm.run({"kernel": kernel}, gates, state, THERE)
    return jnp.sin(h_TBC).sum() + (last.c**2).sum()


EACH = jax.tree.map(lambda a: jnp.stack([a, -a]), (W_CG, G_TBG, STATE))


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: jax.vmap(jax.grad(energy, (0, 1, 2)))(*EACH), id="gradient_of_each_net"),
        pytest.param(lambda: jax.vmap(jax.grad(energy), (None, 0, None))(W_CG, EACH[1], STATE), id="one_operand"),
        pytest.param(lambda: jax.grad(jax.checkpoint(energy))(W_CG, G_TBG, STATE), id="remat"),
        pytest.param(lambda: lstm.last({"kernel": W_CG}, G_TBG, THERE), id="last"),
    ],
)
def test_transformations_compose(f):
    close(*both(f))


def test_second_derivatives_are_those_of_a_scan():
    def scanned(kernel, gates, state):
        _, h_TBC, c_TBC = lstm._through_time(kernel, gates, *state, THERE)
        return jnp.sin(h_TBC).sum() + (c_TBC[-1] ** 2).sum()

    def twice(f):
        return jax.jit(jax.grad(lambda w: jnp.sum(jax.grad(f, 1)(w, G_TBG, STATE) ** 2)))(W_CG)

    close(twice(energy), twice(scanned))


def test_what_is_not_finite_is_not_hidden():
    gates = G_TBG.at[1, 2, 3].set(jnp.nan)
    for last, h_TBC in both(lambda gates: lstm.run({"kernel": W_CG}, gates, STATE), gates):
        bad = np.isnan(h_TBC).any(-1)
        np.testing.assert_array_equal(bad, (np.arange(3) >= 1)[:, None] & (np.arange(4) == 2))
        assert np.isnan(last.c[2]).any()


def test_other_dtypes_are_xlas():
    given = jax.tree.map(lambda a: a.astype(jnp.bfloat16), (W_CG, G_TBG, STATE))
    assert "deepx_" not in jax.jit(jax.grad(lambda *given: energy(*given).astype(jnp.float32))).lower(*given).as_text()


def test_over_several_devices_xla_keeps_what_it_can_divide():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    gates = jax.device_put(G_TBG, NamedSharding(mesh, P(None, "data")))
    gradient = lambda *given: jax.grad(energy, (0, 1, 2))(*given)  # noqa: E731
    lowered = jax.jit(gradient).lower(W_CG, gates, STATE)
    assert "deepx_" not in lowered.as_text()
    close(jax.jit(gradient)(W_CG, G_TBG, STATE), lowered.compile()(W_CG, gates, STATE))


def test_nothing_of_ours_is_in_an_exported_program():
    exported = jax.export.export(jax.jit(lambda *given: jax.grad(energy)(*given)))(W_CG, G_TBG, STATE)
    assert "deepx_" not in exported.mlir_module()


def digested():
    return values_and_gradients, *operands(2, 70, 37)


def test_numbers_do_not_depend_on_the_number_of_threads_nor_much_on_the_instructions():
    check_threads_and_avx2("cpu_lstm_test", "lstm")
