"""Sequences as lines of text, and what `--mode=predict` of the memory machines shows."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.data.algorithmic import ngrams
from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.supervised import TrainState
from experiments import ntm, ntm_predict, ntm_tasks, reproduce

TASKS = ["copy", "repeat_copy", "associative_recall", "ngrams", "priority_sort", "execution"]


def smoke(name):
    return load(reproduce.CONFIGS / "ntm" / f"{name}.py", "smoke").unlock()


@pytest.mark.parametrize("name", TASKS)
def test_the_line_of_a_drawn_sequence_is_laid_out_as_the_sampler_does(name):
    """The sampler is what is tested elsewhere, in NumPy: the line of its sequence must give the same arrays."""
    config = smoke(name)
    task, settings = ntm_tasks.task_of(config)
    typed, written = (ntm_tasks.told(f, settings) for f in (task.FORM.typed, task.FORM.written))
    drawn = ntm_tasks.example(config, {}, jax.random.key(1))
    again = jax.tree.map(lambda a: np.asarray(a[0]), typed(written(drawn)))
    if name == "ngrams":  # nobody knows the bit after the last that is typed
        assert again.mask_BT[-1] == 0 and drawn.mask_BT[-1] == 1
        drawn, again = (
            one._replace(targets_BTO=one.targets_BTO[:-1], mask_BT=one.mask_BT[:-1]) for one in (drawn, again)
        )
    for a, b in zip(drawn, again, strict=True):
        np.testing.assert_allclose(a, b, atol=0.006)  # priorities have two decimals


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("copy", "10110100 1011", "1011 has 4 bits; a vector has 8 here."),
        ("copy", "1011010x", "'1011010x' has a 'x' in it; it may have 0 and 1 only."),
        (
            "repeat_copy",
            "10110100 01010011",
            "The line must end with how often to say it, such as x3, not with '01010011'",
        ),
        ("repeat_copy", "10110100 x0", "such as x3, not with 'x0'"),
        ("repeat_copy", "x3", "There are no vectors: each is a word of 8 bits"),
        ("associative_recall", "101010 010101, 111111", "'101010 010101' is no item: these have 3 vectors here"),
        (
            "associative_recall",
            "000000 000000 000000, 111111 111111 111111 ? 111111 111111 111111",
            "no item comes after",
        ),
        ("priority_sort", "10110100", "10110100 needs a priority from -1 to 1 behind it, 10110100:0.5, not ''"),
        ("priority_sort", "10110100:2", "not '2'"),
        ("ngrams", "0120", "'0120' has a '2' in it"),
        ("execution", "10_1", "'10_1' has a '_' in it; it may have 0 and 1 only."),
    ],
)
def test_what_is_no_sequence_is_told(name, line, message):
    task, settings = ntm_tasks.task_of(smoke(name))
    with pytest.raises(ValueError) as told:
        ntm_tasks.told(task.FORM.typed, settings)(line)
    assert message in str(told.value)


def test_answers_are_said_in_the_tasks_own_symbols():
    repeat, execution = (ntm_tasks.TASKS[name].FORM for name in ("repeat_copy", "execution"))
    assert repeat.said(np.array([[0.9, 0.2, 0.1], [0.0, 0.0, 1.0]])) == ["10 ", "00."]
    assert execution.said(np.array([[0.9, 0, 0], [0, 0, 1], [0, 1, 1], [0, 0, 0]])) == ["_", "1", "?", "?"]


def predicted(name, apply, lines, monkeypatch, capsys):
    """What is said of lines that are piped to a network whose logits are `apply(inputs)`."""
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    monkeypatch.setenv("COLUMNS", "40")
    ntm_predict.predict(smoke(name), lambda params, x_BTI: apply(x_BTI), TrainState(None, None, None))
    return capsys.readouterr()


def test_wrong_bits_are_marked_and_counted_and_a_mistake_ends_nothing(monkeypatch, capsys):
    """A 'network' that copies four vectors rightly, but for the second bit of all."""

    def apply(x_BTI):
        return 9.0 * (2.0 * jnp.roll(x_BTI, 5, axis=1)[..., :8] - 1).at[..., 1].multiply(-1)

    told = predicted("copy", apply, "11111111 00000000 10101010 11110000\n111\n", monkeypatch, capsys)
    assert told.out.splitlines() == [
        "answered  10111111 01000000 11101010",
        "right     11111111 00000000 10101010",
        "           ^        ^        ^",
        "",
        "answered  10110000",
        "right     11110000",
        "           ^",
        "4 of 32 bits wrong.",
    ]
    assert told.err == "111 has 3 bits; a vector has 8 here.\n"


def test_an_empty_line_asks_what_it_shows_and_too_long_a_line_is_refused(monkeypatch, capsys):
    told = predicted(
        "copy", lambda x_BTI: -jnp.ones((*x_BTI.shape[:2], 8)), "\n" + "11111111 " * 500, monkeypatch, capsys
    )
    asked, *shown = told.out.splitlines()
    assert " ".join(line[10:] for line in shown if line.startswith("right")) == asked
    assert shown[-1] == f"{asked.count('1')} of {8 * len(asked.split())} bits wrong."
    assert told.err == "That takes 1,001 steps; 1,000 are the most.\n"
    with pytest.raises(UserError, match="There are no lines on standard input. Type vectors of 8 bits"):
        predicted("copy", None, "", monkeypatch, capsys)


def test_what_is_expected_of_the_next_bit_stands_beside_the_optimal_estimate(monkeypatch, capsys):
    bits = "0110110"
    told = predicted("ngrams", lambda x_BTI: jnp.log(3.0) * (1 - 2 * x_BTI), bits, monkeypatch, capsys)
    optimal = np.asarray(ngrams.optimal_estimate(jnp.array([[float(bit) for bit in bits]]), context=2)[0])
    assert (
        [line.split() for line in told.out.splitlines()[:3]]
        == [
            ["bits", bits],
            ["network", "..22722"],  # a quarter after a 1, three quarters after a 0
            ["optimal", ".." + "".join(str(int(10 * p)) for p in optimal[1:-1])],
        ]
    )
    assert f"The next bit is a 1 with probability 0.75; {optimal[-1]:.2f} is the optimal estimate." in told.out


@pytest.mark.parametrize("controller", ["lstm", "none"])
def test_a_machine_and_an_lstm_alone_answer_as_they_compute(controller, monkeypatch, capsys):
    config, line = smoke("repeat_copy"), "11001100 00110011 x2"
    config.model.controller, config.run.replicas = controller, 2
    model, experiment = ntm.model_of(config), ntm.build(config)
    states = jax.vmap(lambda key: TrainState(model.init(key), (), ()))(jax.random.split(jax.random.key(0), 2))
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    experiment.predict(states)
    task = ntm_tasks.TASKS["repeat_copy"]
    batch = task.typed(line)
    first = jax.tree.map(lambda a: a[0], states.params)
    logits = np.asarray(model.apply(first, batch.inputs_BTI))[0][np.asarray(batch.mask_BT[0]) > 0]
    answered = [row for row in capsys.readouterr().out.splitlines() if row.startswith("answered")]
    assert "".join(answered).replace("answered", "").split() == " ".join(task.said(logits + 0.5)).split()
