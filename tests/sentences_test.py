"""Sentences looked up and words counted: by hand, and the kernels on the CPU against the matrices they stand for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.nn import sentences
from tests.native import both, check_threads_and_avx2, close


def operands(examples: int, stories: int, places: int, vocabulary: int):
    """Words (0 behind the end, some in between, some not in the vocabulary), weights, a table, shares."""
    random = np.random.default_rng(examples + 10 * stories + 100 * places + vocabulary)
    words = random.integers(-1, vocabulary + 2, (examples, stories, places))
    words *= np.arange(places) < random.integers(0, places + 1, (examples, stories, 1))
    shapes = (places + 1, places, 2), (examples, 2, vocabulary), (examples, stories)
    return jnp.asarray(words, jnp.int32), *(jnp.asarray(random.normal(size=shape), jnp.float32) for shape in shapes)


def values_and_gradients(words, weights, table, shares):
    """Scores and counts, and the gradients of each weighted by what the other takes."""
    scores, into_table = jax.vjp(lambda t: sentences.look_up(words, weights, t), table)
    counts, into_shares = jax.vjp(lambda p: sentences.count(words, weights, p, table.shape[-1]), shares)
    return scores, counts, into_table(shares), into_shares(table)


def test_a_hand_worked_sentence():
    """Of three places two hold words, 1 and 2: the weights are those of sentences of two words."""
    words = jnp.array([[[1, 2, 0], [0, 0, 0]]])
    weights = jnp.zeros((4, 3, 2)).at[2, 0].set(jnp.array([1.0, 10.0])).at[2, 1].set(jnp.array([2.0, 20.0]))
    table = jnp.array([[[7.0, 3.0, 5.0], [7.0, 0.5, 0.25]]])
    scores, counts = jax.jit(
        lambda p: (sentences.look_up(words, weights, table), sentences.count(words, weights, p, 3))
    )(jnp.array([[100.0, 1000.0]]))
    np.testing.assert_allclose(scores, [[1 * 3 + 10 * 0.5 + 2 * 5 + 20 * 0.25, 0]])
    np.testing.assert_allclose(counts, [[[0, 100, 200], [0, 1000, 2000]]])


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 20), st.integers(1, 40)))
@example((64, 50, 12, 230))  # several tasks
@example((2, 3, 1, 1))  # there is no word
@example((3, 4, 13, 30))  # a sentence longer than those whose walk is unrolled
def test_values_and_gradients_are_the_matrices(sizes):
    ours, theirs = both(values_and_gradients, *operands(*sizes))
    close(ours, theirs)
    assert not ours[1][..., 0].any()


def test_each_is_the_others_transpose():
    words, weights, table, shares = operands(3, 5, 7, 11)
    scores, counts, *_ = jax.jit(values_and_gradients)(words, weights, table, shares)
    np.testing.assert_allclose(jnp.vdot(scores, shares), jnp.vdot(counts, table), rtol=1e-5)


def test_what_is_not_finite_is_not_hidden():
    words, weights, table, _ = operands(2, 4, 5, 6)
    words = words.at[1, 0].set(3)
    scores = jax.jit(sentences.look_up)(words, weights, table.at[1, :, 3].set(jnp.nan))
    assert np.isnan(scores[1, 0]) and np.isfinite(scores[0]).all()


WORDS, WEIGHTS, TABLE, SHARES = X = operands(4, 5, 6, 9)
EACH = jnp.stack([TABLE, -2 * TABLE])


def energy(table, words=WORDS):
    """Attention, as a memory network's hop has it."""
    p_BS = jax.nn.softmax(sentences.look_up(words, WEIGHTS, table))
    return jnp.sum(jnp.sin(sentences.count(words, WEIGHTS, p_BS, table.shape[-1])))


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda: jax.vmap(jax.vmap(jax.grad(energy)))(EACH[None]), id="gradient_of_each"),
        pytest.param(lambda: jax.vmap(energy, (None, 0))(TABLE, jnp.stack([WORDS, WORDS[::-1]])), id="words_batched"),
        pytest.param(
            lambda: jax.vmap(energy, (2, 1))(EACH.transpose(1, 2, 0, 3), jnp.stack([WORDS, -WORDS], 1)), id="axes"
        ),
        pytest.param(lambda: jax.grad(jax.checkpoint(energy))(TABLE), id="remat"),
        pytest.param(lambda: jax.jvp(energy, (TABLE,), (TABLE,)), id="jvp"),
        pytest.param(lambda: jax.jvp(jax.grad(energy), (TABLE,), (TABLE,)), id="forward_over_reverse"),
        pytest.param(lambda: jax.grad(lambda t: jnp.sum(jax.grad(energy)(t) ** 2))(TABLE), id="twice"),
        pytest.param(lambda: jax.lax.scan(lambda t, _: (t - jax.grad(energy)(t), ()), TABLE, None, 3), id="scan"),
    ],
)
def test_transformations_compose(f):
    close(*both(f))


def test_without_jit_too():
    close(jax.grad(energy)(TABLE), jax.jit(jax.grad(energy))(TABLE))


def test_weights_are_not_for_each_example():
    with pytest.raises(NotImplementedError, match="the weights of look_up are the same in all examples"):
        jax.vmap(lambda w: sentences.look_up(WORDS, w, TABLE))(WEIGHTS[None])


def test_other_dtypes_are_xlas():
    lowered = jax.jit(sentences.look_up).lower(WORDS, WEIGHTS, TABLE.astype(jnp.bfloat16))
    assert "deepx_" not in lowered.as_text()


def test_over_several_devices_xla_keeps_what_it_can_divide_and_in_shard_map_ours_serve():
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:2])
    specs = (P("data"), P(), P("data"), P("data"))
    divided = [jax.device_put(a, NamedSharding(mesh, spec)) for a, spec in zip(X, specs, strict=True)]
    lowered = jax.jit(values_and_gradients).lower(*divided)
    assert "deepx_" not in lowered.as_text()
    close(jax.jit(values_and_gradients)(*X), lowered.compile()(*divided))
    close(*both(jax.shard_map(values_and_gradients, mesh=mesh, in_specs=specs, out_specs=P("data")), *X))


def test_nothing_of_ours_is_in_an_exported_program_or_another_platforms():
    from jax import export

    f = jax.jit(values_and_gradients)
    assert "deepx_" not in export.export(f)(*X).mlir_module()
    assert "deepx_" not in f.trace(*X).lower(lowering_platforms=("cuda",)).as_text()


def digested():
    return values_and_gradients, *operands(61, 50, 12, 230)


def test_numbers_do_not_depend_on_the_number_of_threads_nor_much_on_the_instructions():
    check_threads_and_avx2("sentences_test", "sentences")
