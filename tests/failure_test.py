"""A step that is not finite: stopped within a dispatch, named, kept, and seen again."""

import dataclasses
import json

import jax
import numpy as np
import pytest
import toy
from commands import call

from deepx.engine import failure, log
from deepx.engine.checkpoint import Checkpoints
from deepx.engine.loop import NotFinite
from deepx.engine.program import Program
from deepx.engine.replicated import replicated


@pytest.mark.parametrize("host", [False, True])
@pytest.mark.parametrize("step", [0, 13, 15, 16])
def test_the_state_before_the_step_is_found(tmp_path, host, step):
    made = toy.experiment(host=host, blow_up_at=step)
    with pytest.raises(NotFinite) as bad:
        toy.run(made, tmp_path / "bad")
    carry = bad.value.carry
    assert int(carry.step) == int(carry.state.stats) == step
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(jax.device_get(carry)))
    kept = Checkpoints(tmp_path / "bad" / "checkpoints", toy.RUN).steps()
    assert kept == [s for s in (16, 12, 8, 4) if s <= step][:2]
    assert all(row["step"] <= step for row in log.read(tmp_path / "bad"))


def test_the_diagnosis_names_what_went_wrong_and_replays(tmp_path):
    made = toy.experiment(blow_up_at=13)
    with pytest.raises(NotFinite) as bad:
        toy.run(made, tmp_path)
    program = Program(made, toy.RUN, jax.devices()[:1])
    diagnosis = failure.diagnose(program, bad.value.carry, program.batch_at(13))
    assert diagnosis.step == 13 and diagnosis.leaf == "gradients['b'] = nan"
    assert set(diagnosis.gradient_norms) == {"['b']", "['w']"} and np.isnan(diagnosis.metrics["loss"])
    failure.save_bundle(tmp_path, bad.value.carry, program.batch_at(13), diagnosis)
    again = failure.replay(program, tmp_path)
    assert str(again) == str(diagnosis)
    several = failure.replay(Program(made, toy.RUN, jax.devices()[:4]), tmp_path)  # made on one device, seen on four
    assert several.leaf == diagnosis.leaf
    assert json.loads((tmp_path / "failure" / "diagnosis.json").read_text())["step"] == 13


def test_one_replica_of_several_is_named(tmp_path):
    made = toy.experiment(blow_up_at=5)
    good = made.train_step

    def only_the_second(state, batch, key):  # the seed whose first parameter is larger goes wrong
        new, metrics = good(state, batch, key)
        return jax.tree.map(
            lambda a, b: jax.numpy.where(state.params["w"][0] > 0, a, b), (new, metrics), (state, metrics)
        )

    run = dataclasses.replace(toy.RUN, replicas=4)
    several = replicated(made._replace(train_step=only_the_second), 4)
    with pytest.raises(NotFinite) as bad:
        toy.run(several, tmp_path, run)
    program = Program(several, run, jax.devices()[:1])
    diagnosis = failure.diagnose(program, bad.value.carry, program.batch_at(5))
    assert "[" in diagnosis.leaf and len(diagnosis.metrics["loss"]) == 4


def test_the_entry_point_exits_1_and_keeps_the_bundle(tmp_path):
    # Adam at a huge rate drives the weights of the NTM out of the range of float32 within a few steps.
    command = ["experiments.ntm", "--config=configs/ntm/copy.py:smoke", f"--workdir={tmp_path}"]
    ended = call(*command, "--config.lstm.learning_rate=1e38", "--config.run.steps=200")
    assert ended.returncode == 1, ended.stderr
    said = " ".join(ended.stderr.split())
    assert "is not finite. First leaf that is not finite" in said and "--mode=replay" in said
    assert "Traceback" not in said
    again = call("experiments.ntm", f"--workdir={tmp_path}", "--mode=replay")
    assert again.returncode == 0 and "First leaf that is not finite" in again.stdout, again.stderr
