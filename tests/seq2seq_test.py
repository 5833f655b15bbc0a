"""The models of sentences: step by step against all at once, padding, sizes, learning."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.models import attention, language_model, seq2seq
from deepx.nn import sequences
from deepx.nn.decoding import sampling
from deepx.nn.dropout import drop
from tests.sentence_models import MODELS, SIZES, SOURCE, TARGET, compiled, large, one_step

# "general" stands in seq2seq_equations_test
every_model = pytest.mark.parametrize("name", ["seq2seq", "encoder_decoder", "dot", "additive"])


@every_model
def test_word_by_word_says_what_all_at_once_says(name):
    model, config = MODELS[name]
    params = large(model, config)
    context, state = model.encode(config, params, SOURCE)
    word, found = jnp.full(len(TARGET), sequences.END), []
    for following in TARGET.T:
        log_p, state = one_step[model](config, params, context, state, word)
        np.testing.assert_allclose(jnp.exp(log_p).sum(-1), 1, rtol=1e-5)
        found.append(jnp.where(following, jnp.take_along_axis(log_p, following[:, None], 1)[:, 0], 0))
        word = following
    np.testing.assert_allclose(jnp.stack(found, 1), compiled[model](config, params, SOURCE, TARGET), atol=1e-5)


@every_model
def test_padding_and_neighbours_change_nothing(name):
    model, config = MODELS[name]
    params = large(model, config)
    together = compiled[model](config, params, SOURCE, TARGET)
    wider = compiled[model](config, params, jnp.pad(SOURCE, ((0, 1), (0, 3))), jnp.pad(TARGET, ((0, 1), (0, 2))))
    np.testing.assert_allclose(wider[:3, :5], together, atol=1e-5)
    np.testing.assert_array_equal(wider[3], 0)  # nor is it nan


@pytest.mark.parametrize("name", ["seq2seq", "additive"])
def test_padding_changes_no_gradient(name):
    model, config = MODELS[name]
    params = large(model, config)
    gradient = jax.jit(jax.grad(lambda params, source, target: model.apply(config, params, source, target).sum()))
    wider = gradient(params, jnp.pad(SOURCE, ((0, 1), (0, 3))), jnp.pad(TARGET, ((0, 1), (0, 2))))
    jax.tree.map(partial(np.testing.assert_allclose, atol=2e-4), gradient(params, SOURCE, TARGET), wider)


@every_model
def test_the_source_is_read(name):
    model, config = MODELS[name]
    params = large(model, config)
    other = compiled[model](config, params, SOURCE.at[0].set(SOURCE[0, ::-1]), TARGET)
    differ = jnp.abs(other - compiled[model](config, params, SOURCE, TARGET)).sum(-1)
    assert differ[0] > 1e-4 and differ[1:].max() < 1e-6


def test_reversing_is_reading_what_was_reversed():
    _, config = MODELS["seq2seq"]
    _, forward = MODELS["forward"]
    params = large(seq2seq, config)
    backwards = sequences.backwards(SOURCE)
    np.testing.assert_array_equal(backwards, [[5, 4, 3, 2], [2, 6, 0, 0], [3, 0, 0, 0]])
    np.testing.assert_array_equal(
        compiled[seq2seq](config, params, SOURCE, TARGET), compiled[seq2seq](forward, params, backwards, TARGET)
    )


def test_an_end_is_added_and_taken_away():
    target = sequences.ended(SOURCE)
    np.testing.assert_array_equal(target, [[2, 3, 4, 5, 1], [6, 2, 1, 0, 0], [3, 1, 0, 0, 0]])
    np.testing.assert_array_equal(sequences.unended(target)[:, :-1], SOURCE)
    np.testing.assert_array_equal(sequences.before(target), [[1, 2, 3, 4, 5], [1, 6, 2, 1, 0], [1, 3, 1, 0, 0]])


def test_the_papers_weights_are_384_million():
    config = seq2seq.Config(160_000, 80_000)
    shapes = jax.eval_shape(partial(seq2seq.init, config=config), jax.random.key(0))
    counts = {"kernel": 0, "words_VE": 0, "bias": 0}
    for path, leaf in jax.tree.leaves_with_path(shapes):
        counts[path[-1].key] += leaf.size
    assert counts == {"words_VE": 240_000_000, "kernel": 64_000_000 + 80_000_000, "bias": 2 * 4 * 4000 + 80_000}
    assert counts["words_VE"] + counts["kernel"] == 384_000_000


@pytest.mark.parametrize("name", ["seq2seq", "encoder_decoder", "additive"])
def test_parameters_start_uniform(name):
    """`large` has them ten times as large as they start."""
    for leaf in jax.tree.leaves(large(*MODELS[name])):
        assert jnp.abs(leaf).max() <= 0.8 and (leaf.size < 100 or leaf.std() == pytest.approx(0.8 / 3**0.5, rel=0.2))


def test_shares_of_attention_stand_at_the_words_they_are_of():
    """Over a memory that is told apart by one word, forward and reversed readers must look at the same place."""
    _, config = MODELS["dot"]
    params = large(attention, config)
    shares = attention.alignment(config, params, SOURCE, TARGET)
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-5)
    assert not shares[1, :, 2:].any() and not shares[2, :, 1:].any()
    forward = dataclasses.replace(config, reverse=False)
    reread = attention.alignment(forward, params, sequences.backwards(SOURCE), TARGET)
    np.testing.assert_allclose(shares[0], reread[0, :, ::-1], atol=1e-6)
    np.testing.assert_allclose(shares[1, :, :2], reread[1, :, 1::-1], atol=1e-6)


@pytest.mark.parametrize("name", ["seq2seq", "encoder_decoder", "additive"])
def test_dropout_is_of_the_key_and_changes_nothing_without_one(name):
    model, config = MODELS[name]
    params = large(model, config)
    dropping = dataclasses.replace(config, dropout=0.2)
    apply = jax.jit(lambda key: model.apply(dropping, params, SOURCE, TARGET, key=key))
    whole = apply(None)
    np.testing.assert_allclose(whole, compiled[model](config, params, SOURCE, TARGET), atol=1e-5)
    some = apply(jax.random.key(1))
    np.testing.assert_array_equal(some, apply(jax.random.key(1)))
    differ = jnp.abs(some - whole)[TARGET > 0]
    assert differ.min() > 0 and not jnp.allclose(some, apply(jax.random.key(2)))


def test_dropout_keeps_the_mean():
    kept = drop(jax.random.key(0), 0.2, jnp.full(10_000, 2.0))
    assert set(np.unique(kept)) == {0.0, 2.5} and kept.mean() == pytest.approx(2, rel=0.03)


def test_in_half_precision_log_p_stays_single():
    model, config = MODELS["additive"]
    params = jax.tree.map(lambda a: a / 10, large(model, config))
    half = jax.tree.map(lambda a: a.astype(jnp.bfloat16), params)
    log_p = compiled[model](config, half, SOURCE, TARGET)
    assert log_p.dtype == jnp.float32
    np.testing.assert_allclose(log_p, compiled[model](config, params, SOURCE, TARGET), atol=0.05)


def test_a_language_model_is_a_decoder_from_zeros():
    config = language_model.Config(6, 2, 5, 4)
    params = large(language_model, config)
    state, word, total = language_model.start(config, params, 3), jnp.full(3, sequences.END), 0
    for following in TARGET.T:
        log_p, state = language_model.decode_step(config, params, (), state, word)
        total += jnp.where(following, jnp.take_along_axis(log_p, following[:, None], 1)[:, 0], 0)
        word = following
    np.testing.assert_allclose(total, language_model.apply(config, params, TARGET).sum(-1), rtol=1e-5)


@pytest.mark.parametrize("name", ["seq2seq", "general"])
def test_it_learns_four_pairs_by_heart(name):
    model, config = MODELS[name]
    config = dataclasses.replace(config, cells=24, embedding=12)
    source = jnp.array([[2, 3, 4, 5], [6, 2, 0, 0], [3, 0, 0, 0], [3, 6, 5, 0]])
    target = jnp.array([[3, 1, 0, 0, 0], [2, 5, 4, 3, 1], [5, 4, 1, 0, 0], [4, 4, 2, 1, 0]])
    descend = optax.adam(0.03)
    params = jax.tree.map(lambda a: a / 10, large(model, config))

    def step(carry, _):
        loss, gradient = jax.value_and_grad(lambda p: -compiled[model](config, p, source, target).sum() / 4)(carry[0])
        updates, state = descend.update(gradient, carry[1])
        return (optax.apply_updates(carry[0], updates), state), loss

    train = jax.jit(lambda params: jax.lax.scan(step, (params, descend.init(params)), length=150))
    (params, _), losses = train(params)
    assert losses[-1] < 0.1
    context, state = model.encode(config, params, source)
    said = sampling.greedy(partial(model.decode_step, config, params, context), state, longest=5)
    np.testing.assert_array_equal(said.words, target)


@pytest.mark.parametrize("wrong", [{"layers": 0}, {"source_vocabulary": 0}, {"cells": -1}, {"target_vocabulary": 0}])
def test_sizes_below_one_are_refused(wrong):
    with pytest.raises(
        ValueError, match=f"{'vocabulary' if 'vocab' in next(iter(wrong)) else next(iter(wrong))} must be"
    ):
        seq2seq.Config(**{**SIZES, **wrong})


def test_unknown_scores_are_refused():
    with pytest.raises(ValueError, match="score must be one of dot, general, additive, not 'concat'"):
        attention.Config(**SIZES, score="concat")


def test_segments_change_memory_and_nothing_else():
    """Values and gradients of sentences that fill no whole number of segments; and less is kept."""
    model, config = MODELS["general"]
    params, source, target = large(model, config), jnp.tile(SOURCE, (2, 17)), jnp.tile(TARGET, (2, 13))
    target = jnp.where(target == 0, 2, target)

    def loss(segment, params):
        return -model.apply(dataclasses.replace(config, segment=segment), params, source, target).sum()

    both = jax.jit(jax.value_and_grad(loss, argnums=1), static_argnums=0)
    whole, in_tens = (both.lower(segment, params).compile() for segment in (None, 10))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3), in_tens(params), whole(params))
    needed = [program.memory_analysis().temp_size_in_bytes for program in (whole, in_tens)]
    assert needed[1] < 0.6 * needed[0]
