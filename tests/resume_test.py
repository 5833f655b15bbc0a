"""A run that was stopped and resumed equals one that was not, bit for bit; damaged checkpoints are survived."""

import dataclasses
import importlib.util
import json
import os
import random
import signal
import time
from multiprocessing.context import ForkServerProcess as Process
from pathlib import Path

import chex
import commands
import jax
import numpy as np
import pytest
import toy

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.errors import UserError
from deepx.engine.interrupt import Interrupt
from deepx.engine.loop import Interrupted
from deepx.engine.program import Program
from deepx.engine.replicated import replicated
from deepx.engine.workdir import saved_steps


class After(Interrupt):
    """Asks to stop when it has been looked at `looks` times, that is, after so many dispatches."""

    def __init__(self, looks: int):
        self._looks = looks  # the loop looks once a dispatch

    @property
    def requested(self) -> bool:
        self._looks -= 1
        return self._looks <= 0


def states(trained):
    return jax.device_get(trained.carry)


@pytest.mark.parametrize("host", [False, True])
@pytest.mark.parametrize("replicas", [1, 2])
def test_interrupted_anywhere(tmp_path, host, replicas):
    run = dataclasses.replace(toy.RUN, replicas=replicas, checkpoint_every=24)
    made = toy.experiment(host=host)
    made = replicated(made, replicas) if replicas > 1 else made
    whole, program = toy.run(made, tmp_path / "whole", run)
    for dispatches in (1, 2, 3, 5):
        parts = tmp_path / f"after{dispatches}"
        with pytest.raises(Interrupted) as stop:
            toy.run(made, parts, run, interrupt=After(dispatches), program=program)
        assert stop.value.step == 4 * dispatches
        resumed, _ = toy.run(made, parts, run, program=program)
        chex.assert_trees_all_equal(states(whole), states(resumed))
        assert (parts / "metrics.jsonl").read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()


def test_rows_written_after_the_last_checkpoint_are_written_again(tmp_path):
    made, run = toy.experiment(), dataclasses.replace(toy.RUN, checkpoint_every=24)
    whole, program = toy.run(made, tmp_path / "whole", run)
    with pytest.raises(Interrupted):
        toy.run(made, tmp_path / "parts", run, interrupt=After(3), program=program)  # a checkpoint at 12
    metrics = tmp_path / "parts" / "metrics.jsonl"
    with metrics.open("a") as file:  # as after kill -9: rows beyond the checkpoint, the last cut short
        file.write('{"step": 16, "split": "train", "values": {"loss": 9.0}}\n{"step": 24, "spl')
    resumed, _ = toy.run(made, tmp_path / "parts", run, program=program)
    chex.assert_trees_all_equal(states(whole), states(resumed))
    assert metrics.read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()


def test_a_finished_run_goes_on_when_more_steps_are_asked_for(tmp_path):
    made = toy.experiment()
    toy.run(made, tmp_path / "parts", dataclasses.replace(toy.RUN, steps=12))
    more, program = toy.run(made, tmp_path / "parts")
    whole, _ = toy.run(made, tmp_path / "whole", program=program)
    chex.assert_trees_all_equal(states(whole), states(more))
    with pytest.raises(UserError, match="already taken 24 steps"):
        toy.run(made, tmp_path / "parts", dataclasses.replace(toy.RUN, steps=12))


@pytest.mark.parametrize("what", ["truncated", "emptied", "books"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, what, capsys):
    made = toy.experiment()
    whole, program = toy.run(made, tmp_path)
    rows = (tmp_path / "metrics.jsonl").read_bytes()
    newest = tmp_path / "checkpoints" / "24"
    if what == "books":
        (newest / "books" / "metadata").write_text('{"sums"')
    else:
        for file in newest.glob("carry/**/d/*"):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2 if what == "truncated" else 0])
    resumed, _ = toy.run(made, tmp_path, program=program)
    chex.assert_trees_all_equal(states(whole), states(resumed))
    assert (tmp_path / "metrics.jsonl").read_bytes() == rows
    said = capsys.readouterr().err.replace("\n", " ")
    assert "step 24 is damaged" in said and "Resuming at step 20" in said
    assert (tmp_path / "damaged_checkpoints" / "24").is_dir()


def opened(tmp_path, run):
    return Checkpoints(tmp_path / "checkpoints", run), Program(toy.experiment(), run, jax.devices()[:1]).abstract()


def test_the_best_checkpoint_is_kept_and_found(tmp_path, capsys):
    run = dataclasses.replace(toy.RUN, steps=48, eval_every=4, keep=1, select="max valid_error")
    toy.run(toy.experiment(), tmp_path, run)  # the error falls: the worst is the first
    checkpoints, abstract = opened(tmp_path, run)
    assert checkpoints.steps() == [48, 4] and int(checkpoints.selected(abstract, print).carry.step) == 4
    (tmp_path / "checkpoints" / "4" / "books" / "metadata").write_text("")
    assert int(checkpoints.selected(abstract, print).carry.step) == 48  # the next best, and it is said
    assert "step 4 is damaged" in capsys.readouterr().out


def test_a_metric_that_is_not_a_number_is_never_the_best(tmp_path):
    run = dataclasses.replace(toy.RUN, keep=1, select="min valid_error")
    program = Program(toy.experiment(), run, jax.devices()[:1])
    checkpoints, carry = Checkpoints(tmp_path / "checkpoints", run), program.init()
    for step, error in enumerate([3.0, 2.0, float("nan"), 4.0, 5.0], 1):
        checkpoints.save(carry._replace(step=jax.numpy.int32(step)), {}, {"valid_error": error})
        checkpoints.wait()
    assert checkpoints.steps() == [5, 2]
    assert int(checkpoints.selected(program.abstract(), print).carry.step) == 2


def test_selecting_before_any_evaluation_is_told(tmp_path):
    run = dataclasses.replace(toy.RUN, select="min valid_error")
    checkpoints, abstract = opened(tmp_path, run)
    with pytest.raises(UserError, match="no evaluation has been made there yet"):
        checkpoints.selected(abstract, print)


def test_checkpoints_of_other_code_are_left_as_they_are(tmp_path):
    toy.run(toy.experiment(), tmp_path)
    before = (tmp_path / "metrics.jsonl").read_bytes()
    other = toy.experiment()
    other = other._replace(init=lambda key: other_state(toy.experiment().init(key)))
    with pytest.raises(UserError, match="No checkpoint in .* can be read"):
        toy.run(other, tmp_path)
    assert (tmp_path / "checkpoints" / "24").is_dir() and (tmp_path / "checkpoints" / "20").is_dir()
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def other_state(state):
    return state._replace(params={**state.params, "more": jax.numpy.zeros(3)})


def test_selecting_by_a_metric_that_does_not_exist_is_told_before_training(tmp_path):
    with pytest.raises(UserError, match="'valid_erorr', but an evaluation gives valid_error"):
        toy.run(toy.experiment(), tmp_path, dataclasses.replace(toy.RUN, select="min valid_erorr"))
    assert not (tmp_path / "metrics.jsonl").exists()


BENCHMARKS = {
    "ntm": ("ntm", "configs/ntm/copy.py:smoke", ["--config.run.steps=120", "--config.run.replicas=2"]),
    "resnet": (
        "resnet",
        "configs/resnet/cifar10_resnet20.py:smoke",
        ["--config.run.steps=36", "--config.data.memory=host"],
    ),
}


def start(name: str, workdir: Path) -> Process:
    family, config, overrides = BENCHMARKS[name]
    said = workdir.with_name(f"{workdir.name}_said")
    return commands.start(said, f"experiments.{family}", f"--config={config}", f"--workdir={workdir}", *overrides)


def said_by(workdir: Path) -> str:
    said = workdir.with_name(f"{workdir.name}_said")
    return (said / "stdout").read_text() + (said / "stderr").read_text()


def finish(process: Process, workdir: Path) -> str:
    process.join(timeout=240)
    output = said_by(workdir)
    assert process.exitcode == 0, output
    return output


def wait_for_checkpoint(process: Process, workdir: Path, beyond: int) -> None:
    while process.exitcode is None:
        if newest(workdir) > beyond:
            return
        time.sleep(0.01)


def newest(workdir: Path) -> int:
    return max(saved_steps(workdir), default=0)


@pytest.fixture(scope="module", params=list(BENCHMARKS))
def uninterrupted(request, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("whole")
    finish(start(request.param, workdir), workdir)
    return request.param, workdir


def same_outcome(a: Path, b: Path) -> None:
    assert (a / "metrics.jsonl").read_bytes() == (b / "metrics.jsonl").read_bytes()
    results = [json.loads((path / "result.json").read_text())["metrics"] for path in (a, b)]
    assert results[0] == results[1]
    import orbax.checkpoint as ocp

    step = newest(a)
    assert step == newest(b)
    restored = [ocp.StandardCheckpointer().restore(path / "checkpoints" / str(step) / "carry") for path in (a, b)]
    jax.tree.map(np.testing.assert_array_equal, *restored)


def test_what_is_stopped_by_a_signal_then_killed_at_any_moment_resumes(uninterrupted, tmp_path):
    """One run in three sessions, each the same command: each end of a session leaves what the next goes on from."""
    name, whole = uninterrupted
    process = start(name, tmp_path)
    wait_for_checkpoint(process, tmp_path, 0)
    os.kill(process.pid, signal.SIGINT if name == "resnet" else signal.SIGTERM)
    output, stopped = finish(process, tmp_path), newest(tmp_path)
    assert "Resume with the same command" in output and 0 < stopped < newest(whole)
    process = start(name, tmp_path)
    wait_for_checkpoint(process, tmp_path, stopped)
    time.sleep(random.uniform(0, 0.1))
    process.kill()
    process.join()
    assert "Resuming at step" in said_by(tmp_path)
    assert "Resuming at step" in finish(start(name, tmp_path), tmp_path)
    same_outcome(whole, tmp_path)


def test_training_never_imports_tensorflow(uninterrupted):
    _, whole = uninterrupted
    modules = whole.with_name(f"{whole.name}_said").joinpath("modules").read_text().splitlines()
    assert "jax" in modules and "tensorflow" not in modules
    assert importlib.util.find_spec("tensorflow_datasets") is not None
