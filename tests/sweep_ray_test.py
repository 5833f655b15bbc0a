"""Sweeps on a real Ray cluster of two machines that are processes of this one. Skipped where Ray is not installed:

.venv-ray/bin/python -m pytest tests/sweep_ray_test.py        # from the project's folder
"""

import json
import os
import time

import pytest
from fake_trials import end_of, fake, fakes

from deepx.engine.errors import UserError
from experiments.sweep_engines import Resources, supervise
from experiments.sweep_trials import (
    DONE,
    MISTAKE,
    NOT_FINITE,
    RUNNING,
    SAVED,
    STOPPED,
    WAITING,
    Outcome,
    record,
    settled,
)

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
sweep_ray = pytest.importorskip("experiments.sweep_ray")
ONE = Resources(cpus=1)
STEPS = 60


@pytest.fixture(scope="module")
def machines():
    """Two of one core each; the driver joins the first."""
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.add_node(num_cpus=1)
    sweep_ray.connect(made.address)
    yield made
    ray.shutdown()
    made.shutdown()


def sessions(trial) -> int:
    return len((trial.workdir / "sessions").read_text().splitlines())


def test_trials_on_a_machine_that_dies_are_resumed_elsewhere_with_the_same_numbers(machines, tmp_path):
    trials = fakes(tmp_path, 4, steps=STEPS, pause=0.1)
    second = next(node for node in machines.worker_nodes)
    killed, states = False, {trial.name: [] for trial in trials}
    for event in supervise(trials, sweep_ray.Cluster(None, ONE), lambda: 0):
        if event is not None:
            states[event.trial.name].append(event.outcome.state)
        running = [name for name, seen in states.items() if seen and seen[-1] == RUNNING]
        if not killed and len(running) == 2 and all((tmp_path / "trials" / n / "state.json").exists() for n in running):
            machines.remove_node(second, allow_graceful=False)
            killed = True
    assert killed and all(seen[-1] == DONE for seen in states.values())
    assert sum(seen == [RUNNING, WAITING, RUNNING, DONE] for seen in states.values()) == 1
    assert sorted(map(sessions, trials)) == [1, 1, 1, 2]
    for trial in trials:
        assert record(trial)["metrics"]["x"]["mean"] == end_of(trial.values["x"], STEPS)
        rows = (trial.workdir / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(row)["step"] for row in rows] == list(range(1, STEPS + 1))
    machines.add_node(num_cpus=1)


def test_what_fails_is_told_and_what_is_asked_to_stop_saves(machines, tmp_path):
    long, *_ = fakes(tmp_path, 1, steps=600, pause=0.1)
    kinds = {fail: fake(tmp_path, x, fail=fail) for x, fail in ((0.2, "mistake"), (0.4, "nan"))}
    trials, ends = [*kinds.values(), long], {}
    for event in supervise(trials, sweep_ray.Cluster(2, ONE), lambda: int((long.workdir / "state.json").exists())):
        if event is not None:
            ends[event.trial.name] = event.outcome
    assert ends[kinds["mistake"].name] == Outcome(MISTAKE, "a value makes no sense.")
    assert ends[kinds["nan"].name] == Outcome(NOT_FINITE, "at step 3")
    assert ends[long.name].state == SAVED
    deadline = time.monotonic() + 60
    while (pid := int((long.workdir / "sessions").read_text().split()[0])) and alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_no_machine_could_run_is_refused(machines):
    sweep_ray.refuse_impossible(ONE)
    with pytest.raises(UserError, match="--cpus=64 --gpus=0, which no machine of the cluster has: 1 CPUs"):
        sweep_ray.refuse_impossible(Resources(cpus=64))
    with pytest.raises(UserError, match="--gpus=1"):
        sweep_ray.refuse_impossible(Resources(gpus=1))


def test_a_machine_that_does_not_see_the_directory_says_so(machines, tmp_path):
    trials = fakes(tmp_path, 1)
    (tmp_path / "sweep.json").unlink()
    with pytest.raises(UserError, match="does not see"):
        list(supervise(trials, sweep_ray.Cluster(None, ONE), lambda: 0))


def test_halving_stops_the_worse_early_which_stays_stopped(machines, tmp_path):
    """At step 1 the map's values are ordered as its beginnings: 3.9 x (1 - x) grows up to x = 1/2."""
    from experiments.sweep_asha import Rule, halve

    trials = fakes(tmp_path, 4, steps=9, pause=0.3)
    rule, events = Rule("valid_x", "min", grace=1, factor=2), []
    halve(trials, rule, ONE, 1, lambda: 0, lambda event: event and events.append(event))
    stands = [settled(trial).state for trial in trials]
    assert stands[0] == DONE and stands[-1] == STOPPED
    assert record(trials[0])["metrics"]["x"]["mean"] == end_of(0.1, 9)
    assert json.loads(trials[-1].stop_file.read_text()) == {"step": 1, "valid_x": end_of(0.13, 1)}
    before = [sessions(trial) for trial in trials]
    again = []
    halve(trials, rule, ONE, None, lambda: 0, lambda event: event and again.append(event))
    assert [settled(trial).state for trial in trials] == stands and [sessions(trial) for trial in trials] == before
    assert all(event.outcome.state != RUNNING for event in again)


def test_a_metric_that_no_evaluation_has_is_named(tmp_path):
    from experiments.sweep_asha import Rule, evaluations

    (trial,) = fakes(tmp_path, 1, steps=2)
    here = Rule("valid_x", "min", grace=1, factor=2)
    assert list(evaluations(trial, here)) == []
    trial.workdir.mkdir(parents=True)
    rows = [{"step": s, "split": "valid", "values": {"x": [0.5, 1.5]}} for s in (1, 2)]
    (trial.workdir / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 3')
    assert list(evaluations(trial, here)) == [(1, 1.0), (2, 1.0)]
    with pytest.raises(UserError, match="Did you mean 'valid_x'"):
        list(evaluations(trial, here._replace(metric="valid_y")))
    assert list(evaluations(trial, here._replace(metric="valid_y", grace=2))) == []
