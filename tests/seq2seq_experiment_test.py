"""Translation end to end: learning a few sentences by heart, what is measured and said of it, mistakes in words."""

import io
import sys
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from absl import flags
from absl.testing import flagsaver

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation import grammar_enfr
from deepx.engine.config import load
from deepx.engine.data import DeviceData
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from deepx.nn import sequences
from experiments import reproduce, seq2seq, seq2seq_data, seq2seq_texts

PAIRS = list(islice(grammar_enfr.pairs("train", seed=1), 8))
NOT_KNOWN = "spaceship"
STEPS = 200  # in which they are learnt by heart


def config(variant="smoke", **changes):
    made = load(reproduce.CONFIGS / "seq2seq" / "grammar_enfr.py", variant).unlock()
    for name, value in changes.items():
        made.update_from_flattened_dict({name.replace("__", "."): value})
    return made


def write(folder, pairs=PAIRS):
    """'SOURCE,TARGET', two files of these pairs."""
    paths = [folder / f"text.{language}" for language in ("en", "fr")]
    for path, side in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_text("".join(f"{text}\n" for text in side))
    return ",".join(map(str, paths))


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory):
    """A run that has seen eight sentences until it knew them; its test sentences are the same."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    both = write(tmp_path_factory.mktemp("texts"))
    made = config(
        data__name="files", data__train=both, data__valid=both, data__test=both, batch_size=8, lengths=(40,),
        model__cells=64, model__embedding=32, optimizer__learning_rate=0.03, optimizer__schedule_steps=STEPS,
        run__steps=STEPS, run__steps_per_call=STEPS, run__log_every=STEPS, run__eval_every=STEPS,
        run__checkpoint_every=STEPS,
    )  # fmt: skip
    experiment = seq2seq.build(made)
    program = Program(experiment, Run(**made.run), jax.devices()[:1])
    carry, _ = program.dispatch(program.init(), 0, next(program.feed(0)))
    return program, carry.state


def test_a_few_sentences_are_learnt_by_heart(by_heart):
    program, state = by_heart
    report = program.experiment.report(state, program.report_key)
    assert report.metrics["bleu/test"] == report.metrics["bleu_greedy/test"] == pytest.approx(100)
    shown = report.figures["examples"].numbers
    np.testing.assert_array_equal(shown["greedy"], [pair.target for pair in PAIRS])
    watch = program.experiment.watch
    look = jax.device_get(jax.jit(watch.look)(state, program.watch_key))
    assert watch.tell({"words": look["words"][None]}).metrics["valid_bleu"] == pytest.approx(100)
    losses = {name: values["loss"] for name, values in program.validate(state).items()}
    assert losses["valid"] < 0.2
    told = program.experiment.summary({"valid_loss": losses["valid"]}).metrics
    assert told["valid_perplexity"] == pytest.approx(np.exp(losses["valid"]))


def test_evaluation_is_a_mean_over_words_however_it_is_batched():
    """Twelve sentences in batches of eight, the last one padded, and all at once without lengths."""
    means = []
    for size, lengths in ((8, (6, 10, 14)), (12, (40,))):
        experiment = seq2seq.build(config(evaluation__batch_size=size, lengths=lengths))
        program = Program(experiment, Run(**config().run), jax.devices()[:1])
        means.append(program.validate(program.init().state)["valid"]["loss"])
    assert means[0] == pytest.approx(means[1], rel=1e-6)


def predicted(by_heart, capsys, **given):
    program, state = by_heart
    with flagsaver.flagsaver(**given):
        program.experiment.predict(state)
    return capsys.readouterr()


def test_it_translates_what_is_typed(by_heart, capsys, monkeypatch):
    told = predicted(by_heart, capsys, text=[PAIRS[2].source, PAIRS[0].source])
    assert told.out.splitlines() == [PAIRS[2].target, PAIRS[0].target] and not told.err
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PAIRS[1].source}\n\n{PAIRS[3].source}\n"))
    told = predicted(by_heart, capsys, text=[])
    assert told.out.splitlines() == [PAIRS[1].target, "", PAIRS[3].target]


def test_translations_are_drawn_at_a_temperature(by_heart, capsys):
    text = [PAIRS[2].source] * 4
    cold = predicted(by_heart, capsys, text=text, temperature=0.01).out.splitlines()
    assert cold == [PAIRS[2].target] * 4  # as by beam search: what was learnt by heart has no rival
    hot = predicted(by_heart, capsys, text=text, temperature=5.0).out.splitlines()
    assert len(set(hot)) > 1 and hot == predicted(by_heart, capsys, text=text, temperature=5.0).out.splitlines()
    with pytest.raises(UserError, match="--temperature is 0.0; it must be above 0"):
        predicted(by_heart, capsys, text=text, temperature=0.0)


def test_unknown_words_are_named_and_read_as_such(by_heart, capsys):
    told = predicted(by_heart, capsys, text=[f"The {NOT_KNOWN}'s {NOT_KNOWN}."])
    assert "Words it does not know, and reads as <unk>: " in told.err and told.err.count(NOT_KNOWN) == 1
    assert len(told.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ([], "Give a sentence: --text="),
        ([" ", ""], "Give a sentence"),
        (["a " * 201], "has 201 tokens, and the model was"),
    ],
)
def test_what_cannot_be_translated_is_told(by_heart, capsys, monkeypatch, text, words):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(UserError, match=words):
        predicted(by_heart, capsys, text=text)


def test_another_vocabulary_is_told_before_it_translates(by_heart):
    program, state = by_heart
    other = {**state.stats, "target": state.stats["target"] ^ 1}
    with pytest.raises(UserError, match="The vocabulary of the target, learnt from files, does not fit the checkpoint"):
        program.experiment.report(state._replace(stats=other), program.report_key)


@pytest.fixture(scope="module")
def batch():
    """Four sentences, and an experiment of two lengths."""
    random = np.random.default_rng(0)
    lengths = {"source": [3, 5, 2, 4], "target": [4, 6, 3, 5]}
    made = {side: random.integers(3, 12, (4, 24)) for side in lengths}
    return {
        side: jnp.asarray(np.where(np.arange(24) < np.array(lengths[side])[:, None], made[side], 0), jnp.int32)
        for side in lengths
    }


def gradients_of(batch, **changes):
    """Gradients and metrics of a model's first step, and what they are of."""
    made = config(batch_size=4, **changes)
    model = seq2seq.model_of(made, seq2seq_data.corpus(made))
    params = jax.jit(model.init)(jax.random.key(0))
    found, (_, metrics) = jax.jit(seq2seq.gradients_of(made, model))(params, (), batch, jax.random.key(1))
    return found, metrics, (made, model, params)


@pytest.fixture(scope="module")
def plain(batch):
    return gradients_of(batch)


def test_the_gradient_is_that_of_the_sum_over_words_divided_by_sentences(batch, plain):
    """Section 3.4 of the paper; as computed without lengths, branches and parts."""
    found, metrics, (made, model, params) = plain

    def loss(params):
        return -model.apply(params, batch["source"], batch["target"]).sum() / 4

    value, expected = jax.jit(jax.value_and_grad(loss))(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found, expected)
    assert float(metrics["loss"].total) == pytest.approx(4 * float(value), rel=1e-5)
    assert float(metrics["loss"].count) == 4 + 6 + 3 + 5
    in_parts, again, _ = gradients_of(batch, accumulate=2)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), in_parts, expected)
    assert float(again["loss"].total) == pytest.approx(float(metrics["loss"].total), rel=1e-5)


def test_gradients_are_clipped_by_their_norm(plain):
    found, _, (_, _, params) = plain
    assert optax.tree.norm(found) > 0.05
    made = config(optimizer__clip=0.05, optimizer__name="sgd")
    descent = seq2seq.optimizer(made, 64)
    taken, _ = descent.update(found, descent.init(params))
    assert float(optax.tree.norm(taken)) == pytest.approx(0.05 * made.optimizer.learning_rate, rel=1e-3)


def test_half_precision_is_near(batch, plain):
    full, half = plain[0], gradients_of(batch, precision="bfloat16")[0]
    scale = float(optax.tree.norm(full))
    assert all(a.dtype == jnp.float32 for a in jax.tree.leaves(half))
    assert 0 < float(optax.tree.norm(jax.tree.map(jnp.subtract, full, half))) < 0.05 * scale


def test_forward_and_reversed_differ_in_the_order_of_the_source_alone(batch):
    made, forward = config(), config("forward")
    assert made.model.reverse and not forward.model.reverse
    sets = seq2seq_data.corpus(made)
    backward, ahead = (seq2seq.model_of(config(model__reverse=reverse), sets) for reverse in (True, False))
    params = backward.init(jax.random.key(0))
    turned = sequences.backwards(batch["source"])
    np.testing.assert_allclose(
        backward.apply(params, batch["source"], batch["target"]), ahead.apply(params, turned, batch["target"])
    )


def test_the_papers_schedule():
    """0.7 for five epochs, then half of it every half epoch."""
    rate = seq2seq.schedule(config("paper"), steps=100)
    at = [float(rate(jnp.int32(step))) / 0.7 for step in (0, 499, 500, 549, 550, 600, 749)]
    np.testing.assert_allclose(at, [1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 8, 1 / 32])


def test_files_without_validation_lend_their_first_lines(tmp_path):
    made = config(data__name="files", data__train=write(tmp_path), data__held_out=2)
    texts = seq2seq_texts.texts(made.data)
    assert [list(texts.parts[part]()) for part in ("valid", "test", "train")] == [PAIRS[:2], PAIRS[2:4], PAIRS[4:]]
    made.data.pairs = 3
    assert list(seq2seq_texts.texts(made.data).parts["train"]()) == PAIRS[4:7]


def test_pairs_that_are_too_long_are_told_and_in_the_record(tmp_path, capsys):
    both = write(tmp_path, [*PAIRS, ("a " * 30, "b")])
    sets = seq2seq_data.corpus(config(data__name="files", **{f"data__{p}": both for p in seq2seq_texts.PARTS}))
    words = "train: 8 of 9 pairs (left out: 1 longer than 24 and 24 tokens, first"
    assert words in capsys.readouterr().err and words in sets.provenance
    assert sets.count == 8 and sets.encoded["test"].count == 9  # no test sentence is left out


def test_vocabularies_are_kept_and_read(tmp_path):
    made = config(data__name="files", data__train=write(tmp_path), data__held_out=2)
    made.data.vocabulary.folder = str(tmp_path / "vocabularies")
    first = seq2seq_data.corpus(made)
    (tmp_path / "text.en").write_text((tmp_path / "text.en").read_text().replace("the", "thy"))
    assert seq2seq_data.corpus(made).source == first.source


def test_host_batches_are_those_that_are_asked_for():
    sets = seq2seq_data.corpus(config(data__memory="host"))
    assert not isinstance(sets.train, DeviceData)
    assert sets.train.dataset(0)[0]["source"].shape == (16, 24)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data__name": "multi3k"}, "data.name is 'multi3k'; .* Did you mean 'multi30k'"),
        ({"data__target": "de"}, "translates en to fr and back, not 'en' to 'de'"),
        ({"data__pairs": None}, "no last sentence"),
        ({"data__memory": "disk"}, "must be 'device' or 'host'"),
        ({"data__name": "files"}, "data.train is ''; it must be two files"),
        ({"data__name": "files", "data__train": "a,b", "data__test": "c"}, "data.test is 'c'; it must be two files"),
        ({"data__longest": (2, 2)}, "No pairs are left. train: 0 of 64 pairs"),
        ({"data__vocabulary__kind": "letters"}, "must be one of words, subwords"),
        ({"data__vocabulary__kind": "subwords"}, "Sub-words need sizes"),
        ({"model__name": "transformer"}, "must be one of seq2seq, encoder_decoder, attention"),
        ({"optimizer__name": "rmsprop"}, "must be one of sgd, adagrad, adam"),
        ({"optimizer__schedule": "linear"}, "must be 'halving', 'cosine' or 'constant'"),
        ({"lengths": (12, 8)}, "they must rise"),
        ({"accumulate": 3}, "must be a multiple of it"),
        ({"precision": "float8"}, "must be one of float32, bfloat16"),
        ({"evaluation__beam": 0}, "evaluation.beam is 0"),
        ({"batch_size": 0}, "must be at least 1"),
    ],
)
def test_settings_that_make_no_sense(changes, words):
    with pytest.raises(UserError, match=words):
        seq2seq.build(config(**changes))


def test_files_that_are_not_there_or_do_not_match(tmp_path):
    both = write(tmp_path)
    with pytest.raises(DataNotPrepared, match="There is no file .*none.en"):
        seq2seq.build(config(data__name="files", data__train=f"{tmp_path}/none.en,{tmp_path}/text.fr"))
    with pytest.raises(DataNotPrepared, match="There is no train.en"):
        seq2seq.build(config(data__name="multi30k", data__folder=str(tmp_path)))
    (tmp_path / "text.fr").write_text("une ligne\n")
    with pytest.raises(DataCorrupt, match="has 1 lines and .*text.en has more"):
        seq2seq.build(config(data__name="files", data__train=both))
