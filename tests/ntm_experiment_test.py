"""The experiments on algorithmic tasks: conditions that share one program, models by flag, mistakes in words."""

import json
import re

import jax
import numpy as np
import pytest

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from experiments import compare, ntm, ntm_tasks, reproduce

TASKS = [name for name in reproduce.benchmarks() if name.startswith("ntm/")]


def smoke(name="ntm/copy"):
    return load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()


def test_there_is_a_config_for_every_task():
    assert {load(reproduce.CONFIGS / f"{name}.py", "paper").task.name for name in TASKS} == set(ntm_tasks.TASKS)


def test_all_conditions_of_a_test_share_one_program():
    config = smoke()
    experiment = ntm.build(config)
    program = Program(experiment, Run(**config.run), jax.devices()[:1])
    carry = program.init()
    for split, source in experiment.test_data.items():
        program.evaluate(carry.state, split, source)
    assert len(experiment.test_data) == 2 and program._evaluate._cache_size() == 1


def test_padding_changes_no_score():
    config = smoke()
    model = ntm.model_of(config)
    params = model.init(jax.random.key(0))
    condition = {"only": {"min_length": 3, "max_length": 3}}
    longer = {**condition, "longer": {"min_length": 9, "max_length": 9}}
    padded, exact = (ntm_tasks.data(config, c, 5)["only"] for c in (longer, condition))
    batches = [source.sample(source.arrays, jax.random.key(1), 0) for source in (padded, exact)]
    assert batches[0].inputs_BTI.shape[1] == 19 and batches[1].inputs_BTI.shape[1] == 7
    shown = batches[0].inputs_BTI[:, :7], batches[0].targets_BTO[:, :7], batches[0].mask_BT[:, :7]
    cut = batches[0]._replace(inputs_BTI=shown[0], targets_BTO=shown[1], mask_BT=shown[2])
    scores = [ntm.scores(config, model.apply(params, b.inputs_BTI), b) for b in (batches[0], cut)]
    np.testing.assert_allclose(scores[0]["bits_per_sequence"].total, scores[1]["bits_per_sequence"].total, rtol=1e-5)


@pytest.mark.parametrize("controller", ["lstm", "feedforward", "none"])
@pytest.mark.parametrize("name", TASKS)
def test_every_task_takes_a_step_with_every_model(name, controller):
    config = smoke(name)
    config.model.controller = controller
    experiment = ntm.build(config)
    assert (ntm.model_of(config).traced is None) == (controller == "none")
    state = jax.eval_shape(experiment.init, jax.random.key(0))
    source = experiment.train_data
    batch = jax.eval_shape(source.sample, source.arrays, jax.random.key(0), 0)
    _, metrics = jax.eval_shape(experiment.train_step, state, batch, jax.random.key(0))
    assert "bits_per_sequence" in metrics


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"task.name": "copying"},
            "task.name is 'copying'; it must be one of associative_recall, copy, .* Did you mean 'copy'?",
        ),
        ({"model.controller": "gru"}, "model.controller is 'gru'; it must be one of lstm, feedforward, none"),
        ({"evaluation.watched": "len5"}, "evaluation.watched is 'len5'; it must be one of len4, len6"),
        ({"evaluation.conditions.len4.max_size": 3}, "sets 'max_size', which the task 'copy' does not have"),
        ({"task.min_length": 0}, "1 <= min_length <= max_length"),
        ({"task.max_length": 0}, "1 <= min_length <= max_length"),
        ({"model.memory_slots": 2}, "memory_slots = 2 is smaller than the window of 3 shifts"),
        ({"lstm.read_heads": 0}, "read_heads must be at least 1"),
        ({"optimizer.name": "sgd"}, "optimizer.name is 'sgd'"),
        ({"evaluation.batch_size": 0}, "evaluation.batch_size is 0"),
    ],
)
def test_mistakes_are_told(changes, message):
    config = smoke()
    for name, value in changes.items():
        *sections, key = name.split(".")
        section = config
        for part in sections:
            section = section[part]
        with section.unlocked():
            section[key] = value
    with pytest.raises((UserError, ValueError), match=re.sub(r"\?$", r"\\?", message)):
        ntm.build(config)


def test_runs_are_compared_by_what_sets_them_apart(tmp_path, capsys):
    for name, controller in (("a", "lstm"), ("b", "none")):
        (tmp_path / name).mkdir()
        config = smoke()
        config.model.controller = controller
        (tmp_path / name / "config.json").write_text(config.to_json_best_effort())
        rows = [
            json.dumps({"step": s, "split": "train", "values": {"bits_per_sequence": [s, 9]}}) + "\n" for s in (1, 2)
        ]
        (tmp_path / name / "metrics.jsonl").write_text("".join(rows))
    runs = [str(tmp_path / "a"), str(tmp_path / "b")]
    compare.main([*runs, f"--out={tmp_path / 'x.png'}"])
    numbers = np.load(tmp_path / "x.npz")
    np.testing.assert_array_equal(numbers["controller none.values"], [[1, 9], [2, 9]])
    np.testing.assert_array_equal(numbers["controller lstm.seen"], [8, 16])  # batches of 8
    with pytest.raises(SystemExit):
        compare.main([*runs, "--metric=bits_per_sequenc"])
    assert "Did you mean 'train bits_per_sequence'?" in capsys.readouterr().err
