"""The samplers of the algorithmic tasks: targets are rebuilt in NumPy from the inputs alone."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data.algorithmic import associative_recall, copy, execution, ngrams, priority_sort, repeat_copy

seeds = st.integers(0, 2**31 - 1)
law = settings(deadline=None, max_examples=20)
RECALL = {"padded_items": 5}
SORT = {"bits": 5, "items": 7, "wanted": 4}


def ranges(least, most):
    return st.lists(st.integers(least, most), min_size=2, max_size=2).map(sorted)


@functools.cache
def compiled(module, **static):
    return jax.jit(functools.partial(module.sample, **static))


def sequences(module, seed, *, static, **drawn):
    """The sequences of a batch of 6, as triples of inputs, targets and mask."""
    batch = compiled(module, batch_size=6, **static)(jax.random.key(seed), **drawn)
    assert all(a.dtype == jnp.float32 for a in batch)
    return zip(*jax.tree.map(np.asarray, batch), strict=True)


@law
@given(seed=seeds, lengths=ranges(1, 6))
def test_copy_lays_out_every_sequence_as_vectors_delimiter_and_echo(seed, lengths):
    low, high = lengths
    static = {"bits": 3, "padded_length": 6}
    for x, y, m in sequences(copy, seed, static=static, min_length=low, max_length=high):
        assert x.shape == (13, 4) and y.shape == (13, 3)
        assert x[:, 3].sum() == 1  # one delimiter
        n = int(x[:, 3].argmax())  # which stands after n vectors
        assert low <= n <= high
        assert np.isin(x[:n, :3], (0, 1)).all()
        assert not x[n:, :3].any()
        np.testing.assert_array_equal(m, [0] * (n + 1) + [1] * n + [0] * (2 * (6 - n)))
        np.testing.assert_array_equal(y[n + 1 : 2 * n + 1], x[:n, :3])
        assert not y[m == 0].any()


@law
@given(seed=seeds, lengths=ranges(1, 4), repeats=ranges(1, 5))
def test_repeat_copy_says_the_vectors_so_many_times_and_then_that_it_is_done(seed, lengths, repeats):
    static = {"bits": 3, "padded_length": 4, "padded_repeats": 5, "normal_repeats": 3}
    drawn = dict(zip(("min_length", "max_length", "min_repeats", "max_repeats"), (*lengths, *repeats), strict=True))
    for x, y, m in sequences(repeat_copy, seed, static=static, **drawn):
        n = int(m.argmax()) - 2  # judged after start, vectors and count
        r = round(x[n + 1, 4] * np.sqrt(2 / 3) + 2)  # 1, 2, 3 have mean 2 and variance 2/3
        assert lengths[0] <= n <= lengths[1] and repeats[0] <= r <= repeats[1]
        vectors = x[1 : n + 1, :3]
        assert np.isin(vectors, (0, 1)).all()

        inputs, targets, mask = np.zeros((4 * 6 + 3, 5)), np.zeros((4 * 6 + 3, 4)), np.zeros(4 * 6 + 3)
        inputs[0, 3] = 1
        inputs[1 : n + 1, :3] = vectors
        inputs[n + 1, 4] = (r - 2) / np.sqrt(2 / 3)
        targets[n + 2 : n + 2 + r * n, :3] = np.tile(vectors, (r, 1))
        targets[n + 2 + r * n, 3] = 1
        mask[n + 2 : n + 3 + r * n] = 1
        np.testing.assert_allclose(x, inputs, atol=1e-6)
        np.testing.assert_array_equal(y, targets)
        np.testing.assert_array_equal(m, mask)


def test_repeat_counts_have_mean_0_and_variance_1_in_training():
    counts = repeat_copy.normalised(jnp.arange(1, 11), 10)
    np.testing.assert_allclose([counts.mean(), counts.var()], [0, 1], atol=1e-6)
    np.testing.assert_allclose(repeat_copy.normalised(jnp.array(20), 10), 14.5 / np.sqrt(8.25), rtol=1e-6)


@law
@given(seed=seeds, items=ranges(2, 5))
def test_associative_recall_wants_the_item_after_the_query(seed, items):
    for x, y, m in sequences(associative_recall, seed, static=RECALL, min_items=items[0], max_items=items[1]):
        assert x.shape == (28, 8)
        n = int(x[:, 6].sum())
        assert items[0] <= n <= items[1]
        np.testing.assert_array_equal(np.flatnonzero(x[:, 6]), 4 * np.arange(n))
        np.testing.assert_array_equal(np.flatnonzero(x[:, 7]), [4 * n, 4 * n + 4])
        assert not x[(x[:, 6:] == 1).any(1), :6].any() and not x[4 * n + 4 :, :6].any()
        shown = [x[4 * k + 1 : 4 * k + 4, :6] for k in range(n + 1)]
        places = [k for k in range(n - 1) if (shown[k] == shown[n]).all()]
        answers = [k for k in places if (shown[k + 1] == y[4 * n + 5 : 4 * n + 8]).all()]
        assert answers and np.isin(shown, (0, 1)).all()
        np.testing.assert_array_equal(np.flatnonzero(m), [4 * n + 5, 4 * n + 6, 4 * n + 7])
        assert not y[m == 0].any()


def test_every_item_but_the_last_is_asked_for_equally_often():
    asked = np.zeros(4, int)
    for seed in range(200):
        for x, _, _ in sequences(associative_recall, seed, static=RECALL, min_items=4, max_items=4):
            asked += [(x[4 * k + 1 : 4 * k + 4] == x[17:20]).all() for k in range(4)]
    assert asked[3] == 0 and (abs(asked[:3] - 400) < 82).all()  # 5 standard deviations are 82


@law
@given(seed=seeds)
def test_priority_sort_wants_the_highest_in_descending_order(seed):
    for x, y, m in sequences(priority_sort, seed, static=SORT):
        vectors, priority = x[:7, :5], x[:7, 5]
        assert (abs(priority) <= 1).all() and np.isin(vectors, (0, 1)).all()
        np.testing.assert_array_equal(x[:, 6], np.eye(12)[7])
        assert not x[7:, :6].any()
        np.testing.assert_array_equal(m, [0] * 8 + [1] * 4)
        np.testing.assert_array_equal(y[8:], vectors[np.argsort(-priority, kind="stable")[:4]])
        assert not y[:8].any()


def test_priorities_are_uniform_on_both_signs():
    priorities = [x[:7, 5] for seed in range(60) for x, _, _ in sequences(priority_sort, seed, static=SORT)]
    counts, _ = np.histogram(priorities, 10, (-1, 1))
    assert counts.sum() == 2520 and (abs(counts - 252) < 76).all()  # 5 standard deviations are 75


SYMBOLS = {"binary_increment": "_01", "unary_addition": "_1+"}


def add_one(tape):
    value = int(tape.strip("_"), 2) + 1
    return f"{value:b}".rjust(len(tape.strip("_")), "0").rjust(len(tape) - 1, "_") + "_"


def add_up(tape):
    return ("_" + "1" * tape.count("1")).ljust(len(tape), "_")


@pytest.mark.parametrize("program, compute", [("binary_increment", add_one), ("unary_addition", add_up)])
@law
@given(seed=seeds, lengths=ranges(1, 6))
def test_execution_wants_what_the_program_computes(program, compute, seed, lengths):
    static = {"program": program, "padded_length": 6}
    for x, y, m in sequences(execution, seed, static=static, min_length=lengths[0], max_length=lengths[1]):
        assert x.shape == (17, 4) and y.shape == (17, 3)
        cells = int(x[:, 3].argmax())
        assert lengths[0] <= cells - 2 <= lengths[1]
        np.testing.assert_array_equal(x.sum(1), [1] * (cells + 1) + [0] * (16 - cells))
        shown, wanted = (
            "".join(SYMBOLS[program][s] for s in one_hot[:cells, :3].argmax(1)) for one_hot in (x, y[cells + 1 :])
        )
        assert shown[0] == shown[-1] == "_" and "_" not in shown[1:-1]
        assert wanted == compute(shown)
        np.testing.assert_array_equal(m, [0] * (cells + 1) + [1] * cells + [0] * (16 - 2 * cells))
        np.testing.assert_array_equal(y.sum(1), m)


RANGED = [  # sampler, what it draws, static and traced arguments beside
    (copy, "length", {"bits": 8}, {}),
    (repeat_copy, "length", {"bits": 2, "padded_repeats": 2}, {"min_repeats": 2, "max_repeats": 2}),
    (repeat_copy, "repeats", {"bits": 2, "padded_length": 2}, {"min_length": 2, "max_length": 2}),
    (associative_recall, "items", {"bits": 2}, {}),
    (execution, "length", {"program": "unary_addition"}, {}),
]


@pytest.mark.parametrize("module, name, static, drawn", RANGED)
def test_one_compilation_serves_all_ranges_and_draws_them_uniformly(module, name, static, drawn):
    sample = compiled(module, batch_size=4000, **static, **{f"padded_{name}": 12})
    compiled_before, ends = sample._cache_size(), {}
    for low, high in ((2, 2), (2, 5), (12, 12)):
        batch = sample(jax.random.key(0), **drawn, **{f"min_{name}": low, f"max_{name}": high})
        ends[low, high] = (np.asarray(batch.mask_BT) * np.arange(batch.mask_BT.shape[1])).max(1)
    assert compiled_before == 0 and sample._cache_size() == 1
    at, counts = np.unique(ends[2, 5], return_counts=True)  # the end of a sequence grows with what is drawn
    assert (ends[2, 2] == at[0]).all() and (ends[12, 12] == len(batch.mask_BT[0]) - 1).all()
    assert len(counts) == 4 and (abs(counts - 1000) < 140).all()  # 5 standard deviations are 137
    if module is copy:
        assert abs(batch.inputs_BTI[:, :12, :8].mean() - 0.5) < 0.005


@pytest.mark.parametrize("module, name, static, drawn", RANGED)
def test_samplers_are_mapped_but_need_a_length_to_pad_to(module, name, static, drawn):
    drawn = drawn | {f"min_{name}": 2, f"max_{name}": jnp.array(9)}
    sample = compiled(module, batch_size=3, **static, **{f"padded_{name}": 12})
    keys = jax.random.split(jax.random.key(0), 2)
    one = jax.eval_shape(sample, keys[0], **drawn)
    two = jax.eval_shape(jax.vmap(lambda key: sample(key, **drawn)), keys)
    assert two.inputs_BTI.shape == (2, *one.inputs_BTI.shape)
    with pytest.raises(ValueError, match=f"padded_{name} must be given where max_{name} is traced"):
        compiled(module, batch_size=3, **static)(keys[0], **drawn)


@pytest.mark.parametrize(
    "module, steps",
    [(copy, 41), (repeat_copy, 113), (associative_recall, 32), (ngrams, 199), (priority_sort, 37), (execution, 25)],
)
def test_defaults_have_the_papers_lengths_and_the_channels_of_sizes(module, steps):
    batch = jax.eval_shape(functools.partial(module.sample, batch_size=2), jax.random.key(0))
    assert batch.inputs_BTI.shape == (2, steps, module.sizes()[0])
    assert batch.targets_BTO.shape == (2, steps, module.sizes()[1])
    assert batch.mask_BT.shape == (2, steps)


@pytest.mark.parametrize(
    "cells, sizes, parameters",
    [
        (512, repeat_copy.sizes(bits=6), 5_312_007),
        (256, associative_recall.sizes(), 1_344_518),
        (128, ngrams.sizes(), 331_905),
        (128, priority_sort.sizes(), 348_424),  # printed as 384,424
    ],
)
def test_sizes_are_those_of_the_papers_lstm(cells, sizes, parameters):
    """Table 3: three layers that all see the input and are all seen by the output; learned initial states."""
    n, (I, O) = cells, sizes
    assert 4 * n * (I + n + 1) + 2 * 4 * n * (I + 2 * n + 1) + 6 * n + (3 * n + 1) * O == parameters


@pytest.mark.parametrize(
    "module, wrong",
    [
        (copy, {"min_length": 0}),
        (copy, {"min_length": 0, "max_length": 0}),
        (copy, {"min_length": 21}),
        (copy, {"padded_length": 19}),
        (copy, {"bits": 0}),
        (repeat_copy, {"min_length": 0}),
        (repeat_copy, {"min_repeats": 0}),
        (repeat_copy, {"min_repeats": 11}),
        (repeat_copy, {"padded_repeats": 9}),
        (repeat_copy, {"normal_repeats": 1}),
        (associative_recall, {"min_items": 1}),
        (associative_recall, {"padded_items": 5}),
        (associative_recall, {"item_length": 0}),
        (ngrams, {"context": 0}),
        (ngrams, {"length": 5}),
        (priority_sort, {"wanted": 21}),
        (priority_sort, {"wanted": 0}),
        (execution, {"program": "collatz"}),
        (execution, {"min_length": 0}),
        *((m, {"batch_size": 0}) for m in (copy, repeat_copy, associative_recall, ngrams, priority_sort, execution)),
    ],
)
def test_samplers_refuse_what_makes_no_sequence(module, wrong):
    with pytest.raises(ValueError, match="must"):
        module.sample(jax.random.key(0), **({"batch_size": 2} | wrong))
