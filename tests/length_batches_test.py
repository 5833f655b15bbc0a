"""Pairs as numbers, and batches of sentences of similar length, on the host and on the device."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepx.data.translation import batches, encode
from deepx.data.translation.pairs import Pair, Skips, counted
from deepx.data.translation.vocabulary import EOS, UNK, Words
from deepx.engine import data as engine_data
from deepx.nn import buckets

WORDS = Words(tuple("abcdefgh"))
A, B, C = 3, 4, 5


def encoded(texts, longest=None, skips=None, most_words=None):
    skips = skips or Skips("test")
    pairs = counted((Pair(*pair) for pair in texts), skips, most_words)
    return encode.encode(pairs, WORDS, WORDS, skips, longest)


def test_targets_end_and_turns_are_parted():
    found = encoded([("a b", "c"), ("a\nb z\nc", "b c")])
    assert found.count == 2
    arrays = found.arrays()
    assert arrays["source"].tolist() == [[A, B, 0, 0, 0, 0], [A, EOS, B, UNK, EOS, C]]
    assert arrays["target"].tolist() == [[C, EOS, 0], [B, C, EOS]]
    assert arrays["source"].dtype == np.int32
    wider = found.arrays((7, 4))
    assert wider["source"].shape == (2, 7) and wider["target"].shape == (2, 4)
    with pytest.raises(ValueError, match="a sentence of 6 numbers does not fit into 5"):
        found.arrays((5, 4))


def test_pairs_that_are_too_long_are_left_out_and_counted():
    skips = Skips("test")
    texts = [("a", "b"), ("", "b"), ("a b c", "b"), ("a", "b c"), ("a b", "c"), ("a b c d e", "a")]
    found = encoded(texts, longest=(2, 2), skips=skips, most_words=4)  # of the target, one is for EOS
    assert found.arrays()["source"].tolist() == [[A, 0], [A, B]]
    assert str(skips) == (
        "test: 2 of 6 pairs (left out: 1 with an empty side, first in line 2; "
        "1 longer than 4 words, first in line 6; 2 longer than 2 and 2 tokens, first 'a b c')"
    )
    many = [("a", "b")] * 1500 + [("a b c", "b")]  # more than are encoded at once
    assert encoded(many, (2, 2), skips := Skips("many")).count == 1500
    assert skips.first == {"longer than 2 and 2 tokens": "'a b c'"}


def test_a_sentence_to_translate_that_is_too_long_is_told():
    assert encode.encode_sources(["a b", "c"], WORDS, 2).tolist() == [[A, B], [C, 0]]
    with pytest.raises(encode.TooLong, match="Sentence 2 has 3 tokens, and the model was compiled for 2: 'a b c'"):
        encode.encode_sources(["a b", "a b c"], WORDS, 2)


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=1, max_size=8), st.data())
def test_ragged_rows_are_the_sentences(rows, draw):
    ragged = encode.Ragged(np.array(sum(rows, []), np.int32), np.cumsum([len(row) for row in rows]))
    assert ragged.lengths().tolist() == [len(row) for row in rows]
    chosen = draw.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1))
    assert ragged.padded(6, np.array(chosen)).tolist() == [rows[r] + [0] * (6 - len(rows[r])) for r in chosen]


@pytest.fixture
def corpus():
    """Sentences of 1 to 9 words, of which the first two tell which it is."""
    random = np.random.default_rng(0)
    letters = "abcdefgh"
    texts = [f"{letters[n // 8]} {letters[n % 8]}" + " a" * random.integers(0, 8) for n in range(61)]
    return encoded([(text, text[:3]) for text in texts])


def identity(rows):
    return [8 * (row[0] - 3) + row[1] - 3 for row in rows]


def spread(batch) -> int:
    lengths = (np.asarray(batch["source"]) > 0).sum(1)
    return int(lengths.max() - lengths.min())


def test_the_host_reads_every_pair_once_a_pass_in_batches_of_similar_length(corpus):
    training = batches.training(corpus, seed=1, batch_size=4, longest=(9, 3), pool=15)
    read = [training[i] for i in range(61 * 15)]  # 60 passes, pools of 60 pairs
    assert all(batch["source"].shape == (4, 9) and batch["target"].shape == (4, 3) for batch in read)
    seen = [n for batch in read for n in identity(batch["source"])]
    assert np.bincount(seen).tolist() == [60] * 61
    assert np.mean([spread(batch) for batch in read]) < 1.5  # of 8 lengths in 15 batches
    longest = [max(3, (batch["source"] > 0).sum(1).max()) for batch in read[:15]]  # 3: the targets
    assert longest != sorted(longest)  # long ones do not come last
    again = batches.training(corpus, seed=1, batch_size=4, longest=(9, 3), pool=15)
    np.testing.assert_array_equal(again[37]["source"], read[37]["source"])  # by its index alone
    other = batches.training(corpus, seed=2, batch_size=4, longest=(9, 3), pool=15)
    assert identity(other[0]["source"]) != identity(read[0]["source"])


def test_an_evaluation_has_every_pair_once_in_order(corpus):
    read = list(batches.evaluation(corpus, 8, (9, 3)))
    assert len(read) == 8 and all(batch["source"].shape == (8, 9) for batch in read)
    masks = np.concatenate([batch["mask"] for batch in read])
    seen = np.array([n for batch in read for n in identity(batch["source"])])
    assert seen[masks == 1].tolist() == list(range(61)) and masks.sum() == 61


def drawn(source: engine_data.DeviceData, seed: int, steps: int) -> np.ndarray:
    """The sources of batches 0 .. steps - 1."""
    key = jax.random.key(seed)
    run = jax.jit(lambda arrays: jax.lax.map(lambda i: source.sample(arrays, key, i)["source"], jnp.arange(steps)))
    return np.asarray(run(source.arrays))


def test_the_device_draws_every_pair_once_a_pass_in_batches_of_similar_length(corpus):
    source = engine_data.epochs_by_length(corpus.arrays(), 4, corpus.source.lengths(), pool=15)
    read = drawn(source, 0, 61 * 15)  # 60 passes, pools of 60 pairs
    assert np.bincount([n for rows in read for n in identity(rows)]).tolist() == [60] * 61
    assert np.mean([spread({"source": rows}) for rows in read]) < 1.5
    longest = (read > 0).sum(2).max(1)
    assert longest[:15].tolist() != sorted(longest[:15])  # long ones do not come last
    assert longest[:15].tolist() != longest[15:30].tolist()
    assert (drawn(source, 1, 5) != read[:5]).any()


def test_a_pool_of_one_batch_is_plain_epochs(corpus):
    """Which examples a batch has is the same; lengths only sort it."""
    plain = engine_data.epochs(corpus.arrays(), 4)
    by_length = engine_data.epochs_by_length(corpus.arrays(), 4, corpus.source.lengths(), pool=1)
    for rows, others in zip(drawn(plain, 0, 20), drawn(by_length, 0, 20), strict=True):
        assert sorted(identity(rows)) == sorted(identity(others))


def test_the_shortest_length_that_holds_a_batch_is_taken():
    x = jnp.arange(8.0)

    def f(edge, x):
        return jnp.float32(edge), jax.grad(lambda x: (x[:edge] ** 2).sum())(x)

    run = jax.jit(lambda needed: buckets.shortest((2, 4, 8), needed, f, x))
    assert [float(run(needed)[0]) for needed in (0, 1, 2, 3, 4, 5, 8, 9)] == [2, 2, 2, 4, 4, 8, 8, 8]
    np.testing.assert_array_equal(run(3)[1], [0, 2, 4, 6, 0, 0, 0, 0])
