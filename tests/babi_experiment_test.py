"""Reading stories as an experiment: linear start, rules of selection, where questions come from."""

import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from deepx.data.babi import builder, files, simulator
from deepx.data.babi.story import examples
from deepx.data.errors import DataNotPrepared
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import babi, babi_linear_start, babi_report, babi_stories, reproduce


def config(**changes) -> ConfigDict:
    made = load(reproduce.CONFIGS / "babi" / "memn2n_joint_3hop_rn.py", "smoke").unlock()
    made.joint = False
    for name, value in changes.items():
        made.update_from_flattened_dict({name.replace("__", "."): value})
    return made


@pytest.mark.parametrize(
    ("patience", "losses", "linear"),
    [
        (1, [5, 5, 4, 4, 3, 3, 2, 2], [1, 1, 1, 1, 1, 1, 1, 0]),  # falls on; four epochs of two steps are the most
        (1, [5, 5, 4, 4, 4, 5, 1, 1], [1, 1, 1, 1, 1, 0, 0, 0]),  # stalls in the third epoch, and is not taken up again
        (2, [5, 5, 6, 6, 1, 1, 2, 2], [1, 1, 1, 1, 1, 1, 1, 0]),  # stalls for one epoch only
        (2, [5, 5, 6, 6, 5, 6, 1, 1], [1, 1, 1, 1, 1, 0, 0, 0]),
    ],
)
def test_the_softmax_enters_where_the_validation_loss_stalls(patience, losses, linear):
    settings = config(linear_start__epochs=4, linear_start__patience=patience).linear_start
    stats, seen = babi_linear_start.begin(settings), []
    assert stats.linear
    for loss in losses:
        stats = babi_linear_start.after(settings, stats, jnp.float32(loss), steps=2)
        seen.append(int(stats.linear))
    assert seen == linear
    assert not babi_linear_start.begin(config(linear_start__epochs=0).linear_start).linear


def test_rules_of_selection_on_a_hand_worked_table():
    """Two tasks, three restarts. Train-best: restart 1 of task 1, restart 0 of task 15."""
    values = {
        "train_loss/qa1": np.array([0.3, 0.1, 0.2]), "train_loss/qa15": np.array([0.1, 0.2, 0.3]),
        "valid_loss/qa1": np.array([0.3, 0.2, 0.1]), "valid_loss/qa15": np.array([0.2, 0.1, 0.3]),
        "test_error/qa1": np.array([9.0, 6.0, 5.0]), "test_error/qa15": np.array([4.0, 8.0, 2.0]),
    }  # fmt: skip
    metrics = babi_report.summary(config(), values).metrics
    assert (metrics["error/qa1"], metrics["error/qa15"], metrics["error/mean"], metrics["failed_tasks"]) == (6, 4, 5, 1)
    assert metrics["error_valid_best/mean"] == (5 + 8) / 2 and metrics["failed_tasks_valid_best"] == 1
    assert metrics["error_oracle/mean"] == (5 + 2) / 2 and metrics["failed_tasks_oracle"] == 0
    np.testing.assert_array_equal(metrics["test_error/mean"], [6.5, 7.0, 3.5])
    np.testing.assert_array_equal(metrics["test_failed_tasks"], [1, 2, 0])


def test_of_joint_training_one_restart_is_chosen_for_all_tasks():
    values = {
        "train_loss": np.array([0.2, 0.1]),
        "valid_loss/qa1": np.array([0.3, 0.2]), "valid_loss/qa15": np.array([0.1, 0.3]),
        "test_error/qa1": np.array([9.0, 6.0]), "test_error/qa15": np.array([4.0, 8.0]),
    }  # fmt: skip
    metrics = babi_report.summary(config(joint=True), values).metrics
    assert (metrics["error/qa1"], metrics["error/qa15"]) == (6, 8)
    assert (metrics["error_valid_best/qa1"], metrics["error_valid_best/qa15"]) == (9, 4)


def test_halving_begins_after_the_linear_start():
    rate = babi.schedule(config(linear_start__epochs=20, optimizer__halve_every=25), steps=10)
    at = [float(rate(jnp.int32(step))) for step in (0, 10 * 45 - 1, 10 * 45, 10 * 70)]
    np.testing.assert_allclose(at, np.array([1, 1, 0.5, 0.25]) * config().optimizer.learning_rate)


def test_held_out_questions_are_not_trained_on():
    splits, provenance = babi_stories.splits(config().data)
    assert set(splits) == {"qa1", "qa15"} and provenance == "80 questions a task on simulated stories"
    task = splits["qa1"]
    assert (len(task.train), len(task.valid), len(task.test)) == (72, 8, 40)
    drawn = list(examples(simulator.simulate(1, 80, seed=0)))
    assert sorted(map(repr, [*task.train, *task.valid])) == sorted(map(repr, drawn))
    assert set(map(repr, task.test)).isdisjoint(map(repr, drawn))


@pytest.fixture
def official(tmp_path, monkeypatch):
    """A prepared data set: task 1 whole, of task 15 the test file only."""
    source = tmp_path / "en"
    source.mkdir()
    for name, task, questions in (("qa1_x_train", 1, 100), ("qa1_x_test", 1, 40), ("qa15_x_test", 15, 40)):
        (source / f"{name}.txt").write_text(files.format(simulator.simulate(task, questions, seed=questions)))
    builder.prepare("en", source, tmp_path / "data")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))


def test_official_stories_and_simulated_ones_where_there_is_no_file(official):
    wanted = config(data__train="official", data__test="official").data
    with pytest.raises(DataNotPrepared, match="qa15_..._train"):
        babi_stories.splits(wanted)
    wanted.fill_gaps = True
    splits, provenance = babi_stories.splits(wanted)
    first = list(examples(simulator.simulate(1, 100, seed=100)))[:80]
    assert sorted(map(repr, [*splits["qa1"].train, *splits["qa1"].valid])) == sorted(map(repr, first))
    assert provenance.startswith("first 80 of TFDS babi/en/1.2.0: bAbI tasks v1.2")
    assert provenance.endswith("(no training file of task 15: simulated)")
    wanted.questions = 101
    with pytest.raises(UserError, match="data.questions is 101, but task 1 has 100"):
        babi_stories.splits(wanted)


def test_transfer_is_told_in_the_provenance(official):
    _, provenance = babi_stories.splits(config(data__test="official").data)
    assert provenance.startswith("train: 80 questions a task on simulated stories; test: TFDS babi/en/1.2.0")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data__tasks": (1, 21)}, "they must be some of 1 to 20"),
        ({"data__train": "real"}, "data.train is 'real'; it must be one of simulated, official"),
        ({"data__held_out": 0.0}, "data.held_out is 0.0"),
        ({"model__name": "memn2m"}, "model.name is 'memn2m'.*Did you mean 'memn2n'"),
        ({"optimizer__name": "lbfgs"}, "it must be 'sgd' or 'adamw'"),
        ({"batch_size": 1000}, "batch_size is 1000, more than the questions"),
    ],
)
def test_settings_that_make_no_sense(changes, words):
    with pytest.raises(UserError, match=words):
        babi.build(config(**changes))
