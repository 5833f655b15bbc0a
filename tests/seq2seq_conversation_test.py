"""Conversation end to end: learning two by heart, what is measured and said, chats with context, mistakes in words."""

import io
import sys
from collections import deque
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from absl import flags
from absl.testing import flagsaver

from deepx.analysis import kneser_ney
from deepx.data import dialogue
from deepx.data.dialogue import files
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation.encode import encode_turns
from deepx.data.translation.vocabulary import Words
from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from deepx.nn.decoding import steps
from deepx.nn.decoding.beam import Hypotheses
from experiments import reproduce, seq2seq, seq2seq_data, seq2seq_talk_report, seq2seq_talker, seq2seq_texts

TALKS = [
    ("Hello .", "Hi .", "Why ?", "Because I like you ."),
    ("Are you sad ?", "Yes .", "Why ?", "Because it rains ."),
]
STEPS = 300  # in which they are learnt by heart


def config(name="conversation_helpdesk", **changes):
    made = load(reproduce.CONFIGS / "seq2seq" / f"{name}.py", "smoke").unlock()
    for name, value in {"data__name": "conversations", **changes}.items():
        made.update_from_flattened_dict({name.replace("__", "."): value})
    return made


def write(path, talks=TALKS):
    path.write_text("".join(" __eou__ ".join(turns) + "\n" for turns in talks))
    return str(path)


@pytest.fixture(autouse=True, scope="module")
def quick_compilation():
    """These programs take a few steps: compiling them is what costs."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory, quick_compilation):
    """A run that has seen two conversations until it knew them, and is tested on the same."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    path = write(tmp_path_factory.mktemp("talk") / "talk.txt")
    made = config(
        data__train=path, data__valid=path, data__test=path, data__context=2, batch_size=6, lengths=(40,),
        model__cells=48, model__embedding=24, optimizer__learning_rate=0.01, optimizer__schedule_steps=STEPS,
        evaluation__batch_size=6, evaluation__beam=2, evaluation__longest=20, run__steps=STEPS,
        run__steps_per_call=STEPS, run__log_every=STEPS, run__eval_every=STEPS, run__checkpoint_every=STEPS,
    )  # fmt: skip
    program = Program(seq2seq.build(made), Run(**made.run), jax.devices()[:1])
    carry, _ = program.dispatch(program.init(), 0, next(program.feed(0)))
    return program, carry.state


def test_conversations_are_learnt_by_heart_and_measured(by_heart):
    program, state = by_heart
    experiment = program.experiment
    report = experiment.report(state, program.report_key)
    answers = [pair.target.lower() for pair in dialogue.pairs(TALKS)]
    shown = report.figures["examples"].numbers
    assert shown["said"][-1] == "Yes . / Why ?"  # whose answer depends on what was said before
    for way in ("greedy", "beam"):
        assert shown[way].tolist() == answers
        assert report.metrics[f"distinct_2/{way}"] == report.metrics["distinct_2/people"] == 10 / 11
        assert report.metrics[f"repeated/{way}"] == pytest.approx(100 * 2 / 6)  # why ?
    assert len(report.figures["commonest"].numbers["mmi"]) == 5
    losses = program.validate(state)["valid"]
    assert losses["loss"] < 0.1 < 0.3 < losses["loss/language"] < 0.8  # what is answered tells which answer
    told = experiment.summary({f"valid_{name}": value for name, value in losses.items()}).metrics
    assert told["valid_perplexity/language"] == pytest.approx(np.exp(losses["loss/language"]))
    look = jax.device_get(jax.jit(experiment.watch.look)(state, program.watch_key))
    metrics = experiment.watch.tell({"words": look["words"][None]}).metrics
    assert metrics == {"valid_distinct_2": 1, "valid_commonest": 25}  # of the first four


def said(by_heart, capsys, *texts, **given):
    program, state = by_heart
    with flagsaver.flagsaver(text=list(texts), **given):
        program.experiment.predict(state)
    told = capsys.readouterr()
    return told.out.splitlines(), told.err


def test_it_remembers_what_was_said(by_heart, capsys, monkeypatch):
    assert said(by_heart, capsys, "Hello .")[0] == ["hi ."]
    monkeypatch.setattr(sys, "stdin", io.StringIO("Are you sad ?\nWhy ?\n\nHello .\nWhy ?\n"))
    lines, _ = said(by_heart, capsys)
    assert lines == ["yes .", "because it rains .", "", "hi .", "because i like you ."]


def test_every_way_of_answering_can_be_asked_for(by_heart, capsys):
    for way in ("beam", "mmi", "mmi_search"):
        assert len(said(by_heart, capsys, "Hello .", answer=way)[0]) == 1
    assert said(by_heart, capsys, "Hello .", answer="sampled", temperature=0.01)[0] == ["hi ."]
    with pytest.raises(UserError, match="--temperature is 0"):
        said(by_heart, capsys, "Hello .", temperature=0.0)


def test_what_is_exported_answers_the_same(by_heart):
    program, state = by_heart
    served = program.experiment.serve(state)
    vocabulary = Words(tuple(served.extras["vocabulary"]["words"]), served.extras["vocabulary"]["lowercase"])
    numbers = encode_turns(["Yes .\nWhy ?", "Hello ."], vocabulary)
    turns = np.array([row + [0] * (served.inputs["turns"][0][1] - len(row)) for row in numbers], np.int32)
    answers = served.function({"turns": turns})["answer"]
    assert [vocabulary.decode(answer) for answer in answers] == ["because it rains .", "hi ."]


def test_unknown_words_are_named_once(by_heart, capsys):
    lines, told = said(by_heart, capsys, "Zounds , hello .", "Zounds !", "Oh .")
    assert len(lines) == 3 and told.count("zounds") + told.count("Zounds") == 1
    assert told.splitlines()[-1] == "Words it does not know, and reads as <unk>: Oh."


def test_a_conversation_ends_politely(by_heart, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def interrupted(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Terminal("Hello .\n"))
    assert said(by_heart, capsys)[0] == ["> hi .", "> "]
    monkeypatch.setattr("builtins.input", interrupted)
    assert said(by_heart, capsys)[0] == [""]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(UserError, match="Say something: --text="):
        said(by_heart, capsys)


def test_early_turns_are_forgotten_before_early_words(capsys):
    words = Words(tuple("abcdef"))
    for longest, expected in ((7, [3, 4, 1, 5, 1, 6, 7]), (5, [5, 1, 6, 7]), (2, [6, 7])):
        found = seq2seq_talker.within(deque(["a b", "c", "d e"]), words, longest)
        assert found.numbers.tolist() == expected and found.ends.tolist() == [len(expected)]
    assert not capsys.readouterr().err
    assert seq2seq_talker.within(deque(["a", "b c d"]), words, 2).numbers.tolist() == [5, 6]
    assert "Of 3 tokens it reads the last 2" in capsys.readouterr().err


class Even(NamedTuple):
    """A language model that gives every word 1/4."""

    def apply(self, params, source_NS, words_NT):
        return jnp.where(words_NT > 0, -np.log(4), 0.0)


def test_an_answer_does_not_end_where_it_begins():
    log_p = jnp.log(jnp.array([[0.0, 0.6, 0.1, 0.3], [0.0, 0.6, 0.1, 0.3]]))
    found, _ = seq2seq_talker.saying_something(lambda state, word_N: (log_p, state))(None, jnp.array([1, 3]))
    np.testing.assert_allclose(jnp.exp(found), [[0, 0, 0.1, 0.3], [0, 0.6, 0.1, 0.3]], rtol=1e-6)


def test_the_search_may_be_led_away_from_what_is_said_anyway():
    """Of p (.6 .4) and u (.9 .1), weight 1/2: in proportion to .6 / .9^.5 and .4 / .1^.5, once; then p."""
    p, u = (jnp.log(jnp.array([row] * 2)) for row in ([0.6, 0.4], [0.9, 0.1]))
    step = steps.against(lambda s, word_N: (p, s + 1), lambda s, word_N: (u, s), 0.5, 2)
    found, states = step((jnp.zeros(2), jnp.zeros(2), jnp.array([1, 2])), jnp.array([1, 1]))
    over = 0.6 / 0.9**0.5 + 0.4 / 0.1**0.5
    np.testing.assert_allclose(np.exp(found), [[0.6 / 0.9**0.5 / over, 0.4 / 0.1**0.5 / over], [0.6, 0.4]], rtol=1e-5)
    assert [state.tolist() for state in states] == [[1, 1], [0, 0], [2, 3]]


def test_mmi_prefers_what_the_language_model_does_not_expect():
    """Of an even language model it counts only how many of the first two words there are."""
    words = jnp.array([[[1, 0, 0, 0], [2, 1, 0, 0], [3, 2, 2, 1], [0, 0, 0, 0]]])
    log_p = jnp.array([[-1.0, -1.5, -3.0, -jnp.inf]])
    found = Hypotheses(words, log_p, log_p)

    def order(**given):
        manner = seq2seq_talker.Manner(4, 4, 0.0, 1.0, **({"weight": 0.0, "first": 2, "length": 0.0} | given))
        made = seq2seq_talker.in_mmi_order(Even(), manner, None, jnp.zeros((1, 1), jnp.int32), found)
        return made.score[0].tolist(), made.words[0, 0].tolist()

    nats = float(np.log(4))
    scores, best = order(weight=0.5)
    assert scores == pytest.approx([-1.5 + nats, -1 + nats / 2, -3 + nats, -np.inf]) and best == [2, 1, 0, 0]
    scores, best = order(length=1.5)
    assert scores == pytest.approx([3, 1.5, 0.5, -np.inf]) and best == [3, 2, 2, 1]


def test_each_of_the_two_learns_as_if_it_were_alone(tmp_path):
    made = config(
        data__train=write(tmp_path / "a"), data__valid=str(tmp_path / "a"), data__test=str(tmp_path / "a"),
        batch_size=6, lengths=(40,), optimizer__name="sgd", optimizer__clip=0.05,
    )  # fmt: skip
    experiment, sets = seq2seq.build(made), seq2seq_data.corpus(made)
    state = jax.jit(experiment.init)(jax.random.key(0))
    batch = {name: jnp.asarray(array) for name, array in sets.encoded["train"].arrays().items()}
    new, _ = jax.jit(experiment.train_step)(state, batch, jax.random.key(1))
    for name in ("answer", "language"):
        taken = optax.tree.norm(jax.tree.map(jnp.subtract, new.params[name], state.params[name]))
        assert float(taken) == pytest.approx(0.05 * made.optimizer.learning_rate, rel=1e-3)


def test_the_n_grams_say_the_same_words_after_what_was_said(tmp_path):
    path = write(tmp_path / "talk", [("A b c", "d e", "A")])
    sets = seq2seq_data.corpus(config(data__train=path, data__valid=path, data__test=path))
    number = dict(zip(sets.target.known, range(3, 8), strict=True))
    a, b, c, d, e = (number[word] for word in "abcde")
    assert sets.source is sets.target
    texts, given = seq2seq_talk_report.before_and_said(sets.encoded["train"], 3)
    assert [text.tolist() for text in texts] == [[c, 1, d, e, 1], [e, 1, a, 1]] and given == [2, 2]
    texts, given = seq2seq_talk_report.before_and_said(sets.encoded["train"], 1)
    assert [text.tolist() for text in texts] == [[d, e, 1], [a, 1]] and given == [0, 0]
    model = kneser_ney.learn(texts, given, 8, 1)
    assert seq2seq_talk_report.of_ngrams(sets, 1) == pytest.approx(kneser_ney.perplexity(model, texts, given))
    assert b not in model.orders[0].events


def test_files_lend_a_tenth_where_no_others_are_given(tmp_path, capsys):
    talks = [(f"question {n}", f"answer {n}") for n in range(200)]
    train, test = write(tmp_path / "a", [*talks[:100], ("alone",)]), write(tmp_path / "b", talks[100:120])
    both = f"{train},{write(tmp_path / 'c', talks[120:])}"

    def read(**changes):
        texts = seq2seq_texts.texts(config(**{"data__pairs": None, "data__held_out": 100} | changes).data)
        return texts, {part: [*texts.parts[part]()] for part in seq2seq_texts.PARTS}

    texts, parts = read(data__train=both)
    assert sorted(sum(parts.values(), [])) == sorted([*talks[:100], *talks[120:]])
    assert all(dialogue.split_of(pair) == part for part, pairs in parts.items() for pair in pairs)
    assert texts.provenance == "files a, c: 180 of 181 conversations (left out: 1 of one turn, which has no answer)"
    assert "1 conversations of one turn are left out" in capsys.readouterr().err
    _, few = read(data__train=both, data__held_out=3)
    assert few["test"] == parts["test"][:3] and few["train"] == parts["train"]
    _, given = read(data__train=both, data__test=test, data__held_out=19)
    assert given["test"] == talks[100:120] and given["valid"] == parts["valid"][:19]
    assert sorted(given["train"]) == sorted(parts["train"] + parts["test"])


def test_subtitles_may_have_separators(tmp_path):
    lines = tmp_path / "film"
    lines.write_text("".join(f"line {n}\n" for n in range(3000)))
    for path, first in ((str(lines), ("line 0", "line 1")), (write(tmp_path / "talk"), TALKS[0][:2])):
        made = config(data__name="subtitles", data__train=path, data__valid=path, data__test=path, data__context=1)
        assert next(seq2seq_texts.texts(made.data).parts["train"]()) == first
    assert not files.separated(lines)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (None, DataNotPrepared, "There is no file"),
        (b"", DataCorrupt, "has no line with words"),
        (b"A __eou__ \xff\n", DataCorrupt, "line 1: byte 11 is not UTF-8"),
        (b"A __eou__\nB __eou__\n", UserError, "2 conversations are there to learn from, and none has a second turn"),
        (b"A __eou__ B\n", UserError, "0 conversations are there to"),
    ],
)
def test_files_that_are_no_conversations_are_told(tmp_path, content, error, words):
    path = tmp_path / "talk"
    if content is not None:
        path.write_bytes(content)
    others = {f"data__{part}": str(path) for part in ("valid", "test")} if b"B __eou__" in (content or b"") else {}
    for name in ("conversations", "subtitles"):
        with pytest.raises(error, match=words):
            seq2seq.build(config(data__name=name, data__train=str(path), **others))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "Name the conversations to learn from, --config.data.train=FILE,FILE,...: text, a conversation",
        ),
        ({"data__name": "subtitles"}, "--config.data.train=FILE,FILE,...: text, one utterance a line"),
        ({"data__name": "chatterbot", "data__context": 0}, "data.context is 0"),
        ({"data__name": "chatterbot", "evaluation__answer": "beem"}, "evaluation.answer is 'beem'; .* mean 'beam'"),
        ({"data__name": "chatterbot", "evaluation__temperature": 0.0}, "evaluation.temperature is 0.0"),
        ({"data__name": "chatterbot", "evaluation__most_words": 1}, "evaluation.most_words is 1"),
        ({"data__name": "chatterbot", "evaluation__ngram": -1}, "evaluation.ngram is -1"),
    ],
)
def test_settings_that_make_no_sense(changes, words):
    with pytest.raises(UserError, match=words):
        seq2seq.build(config(**changes))
