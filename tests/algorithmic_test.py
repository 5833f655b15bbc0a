"""The samplers of the algorithmic tasks: laws that hold for every draw."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data import algorithmic


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31 - 1), lengths=st.lists(st.integers(1, 6), min_size=2, max_size=2).map(sorted))
def test_copy_lays_out_every_sequence_as_vectors_delimiter_and_echo(seed, lengths):
    low, high, longest = *lengths, 6
    batch = algorithmic.copy(
        jax.random.key(seed), batch_size=6, bits=3, min_length=low, max_length=high, padded_length=longest
    )
    inputs, targets, mask = jax.tree.map(np.asarray, batch)
    assert inputs.shape == (6, 2 * longest + 1, 4) and targets.shape == (6, 2 * longest + 1, 3)
    assert mask.shape == (6, 2 * longest + 1)
    for x, y, m in zip(inputs, targets, mask, strict=True):
        assert x[:, 3].sum() == 1  # one delimiter
        n = int(x[:, 3].argmax())  # which stands after n vectors
        assert low <= n <= high
        assert np.isin(x[:n, :3], (0, 1)).all()
        assert not x[n:, :3].any()
        np.testing.assert_array_equal(m, [0] * (n + 1) + [1] * n + [0] * (2 * (longest - n)))
        np.testing.assert_array_equal(y[n + 1 : 2 * n + 1], x[:n, :3])
        assert not y[m == 0].any()


def test_lengths_are_uniform_and_bits_are_fair():
    batch = algorithmic.copy(jax.random.key(0), batch_size=8000, bits=4, min_length=2, max_length=5)
    lengths = batch.mask_BT.sum(1)
    counts = np.bincount(np.asarray(lengths, int), minlength=6)
    assert (counts[:2] == 0).all() and (abs(counts[2:] - 2000) < 200).all()  # 5 standard deviations are 194
    assert abs(batch.inputs_BTI[:, :2, :4].mean() - 0.5) < 0.01


def test_ranges_of_lengths_share_one_compiled_shape():
    shapes = {
        algorithmic.copy(
            jax.random.key(0), batch_size=2, bits=8, min_length=n, max_length=n, padded_length=20
        ).inputs_BTI.shape
        for n in (1, 7, 20)
    }
    assert shapes == {(2, 41, 9)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_length": 0},
        {"min_length": 0, "max_length": 0},
        {"min_length": 6},
        {"padded_length": 4},
        {"batch_size": 0},
        {"bits": 0},
    ],
)
def test_copy_refuses_lengths_that_make_no_sequence(wrong):
    with pytest.raises(ValueError, match="must"):
        algorithmic.copy(jax.random.key(0), **({"batch_size": 2, "bits": 8, "min_length": 1, "max_length": 5} | wrong))
