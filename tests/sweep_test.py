"""Sweeps: what is tried, what a trial is called, processes that are carried through, what is made of the results."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fake_trials import STEPS, end_of, fake, fakes

from deepx.analysis.sweep_figures import Point, axis_figure, logarithmic
from deepx.engine.errors import UserError
from deepx.engine.failure import BUNDLE
from deepx.engine.workdir import Workdir
from experiments import sweep, sweep_engines
from experiments.sweep_engines import Local, Resources, supervise
from experiments.sweep_space import space
from experiments.sweep_summary import head_and_lines, pictures, settings, write_csv
from experiments.sweep_trials import (
    CRASHED,
    DIAGNOSIS,
    DONE,
    MISTAKE,
    NOT_FINITE,
    RUNNING,
    SAVED,
    WAITING,
    Outcome,
    claim,
    config_of,
    record,
    settled,
    short_names,
    trials_of,
)

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "configs" / "ntm" / "copy.py"


def carried(trials, pool, stopping=lambda: 0) -> list[tuple[str, str]]:
    return [(e.trial.name, e.outcome.state) for e in supervise(trials, pool, stopping) if e is not None]


# What is tried.


def test_grids_are_combined_the_last_varying_fastest():
    tried = space(["a=x,y", "b.c=1..3,7"])
    assert len(tried) == 8 and tried[0] == {"a": "x", "b.c": "1"} and tried[3] == {"a": "x", "b.c": "7"}
    assert space(["sizes=(1,2),(3,)"]) == [{"sizes": "(1,2)"}, {"sizes": "(3,)"}]


def test_a_list_from_a_file_is_combined_with_grids(tmp_path):
    (tmp_path / "l.jsonl").write_text('{"a.b": 0.5, "flag": true}\n\n{"a.b": 1, "sizes": [2, 3]}\n')
    (tmp_path / "l.csv").write_text("a.b,model\n0.5,\n1,big\n")
    assert space(listed=tmp_path / "l.jsonl") == [{"a.b": "0.5", "flag": "true"}, {"a.b": "1", "sizes": "(2, 3)"}]
    seeded = space(["run.seed=0,1"], tmp_path / "l.csv")
    assert seeded[2:] == [{"a.b": "1", "model": "big", "run.seed": s} for s in "01"] and "model" not in seeded[0]


def test_draws_do_not_depend_on_how_many_there_are_nor_on_one_another():
    ranges = ["rate=log:1e-4..1e-2", "size=3..5", "kind=a,b", "p=0.25..0.5"]
    many, few = space(randoms=ranges, draws=200, seed=1), space(randoms=ranges[::-1], draws=20, seed=1)
    assert [dict(sorted(row.items())) for row in few] == [dict(sorted(row.items())) for row in many[:20]]
    assert many[:20] != space(randoms=ranges, draws=20, seed=2)
    rates = np.array([float(row["rate"]) for row in many])
    assert rates.min() >= 1e-4 and rates.max() <= 1e-2 and 0.4 < np.mean(rates < 1e-3) < 0.6
    assert {row["size"] for row in many} == {"3", "4", "5"} and {row["kind"] for row in many} == {"a", "b"}
    assert all(0.25 <= float(row["p"]) <= 0.5 for row in many)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "Say what to vary"),
        ({"grids": ["run.seed"]}, "NAME=V,V"),
        ({"grids": ["a=1,,2"]}, "empty value"),
        ({"grids": ["a=3..1"]}, "3 is more than 1"),
        ({"grids": ["a=0.1..0.5"]}, "--random draws"),
        ({"grids": ["a=1", "a=2"]}, "a is given more than once"),
        ({"grids": ["a=1"], "randoms": ["a=1..2"], "draws": 2}, "a is given more than once"),
        ({"randoms": ["a=1..2"]}, "--trials=N"),
        ({"randoms": ["a=2..1"], "draws": 2}, "must be less than"),
        ({"randoms": ["a=log:0..1"], "draws": 2}, "above 0"),
        ({"randoms": ["a=1..b"], "draws": 2}, "must be numbers"),
        ({"listed": Path("nowhere.csv")}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_answered(asked, told):
    with pytest.raises(UserError, match=told):
        space(**asked)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("l.csv", "a,b\n1\n", "line 2"),
        ("l.jsonl", '{"a": 1}\n{"a"\n', "line 2 is no JSON"),
        ("l.jsonl", '{"a": {"b": 1}}\n', "dotted names"),
        ("l.txt", "a", ".csv or .jsonl"),
        ("l.csv", "a\n", "names no trial"),
    ],
)
def test_a_bad_list_is_answered_with_its_line(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=told):
        space(listed=tmp_path / name)


# Trials and their directory.


def made(folder: Path, *grids: str, common=None):
    return trials_of(COPY, "smoke", common or {}, space(grids), folder)


def test_trials_are_named_by_their_values_which_are_of_the_configs_types(tmp_path):
    trials = made(tmp_path, "run.seed=0..1,1", "lstm.learning_rate=1e-3,0.01", common={"run.steps": "20"})
    assert [trial.name for trial in trials][:2] == ["seed=0,learning_rate=0.001", "seed=0,learning_rate=0.01"]
    assert len(trials) == 4 and trials[0].values == {"run.seed": 0, "lstm.learning_rate": 0.001}
    assert trials[0].steps == 20 and "--config.run.steps=20" in trials[0].command
    assert trials[0].said.startswith("./scripts/reproduce ntm/copy:smoke --config.run.steps=20 --config.run.seed=0")
    assert short_names(["a.b.rate", "c.b.rate", "seed"]) == {
        "a.b.rate": "a.b.rate",
        "c.b.rate": "c.b.rate",
        "seed": "seed",
    }
    strange, other = made(tmp_path, "evaluation.watched=len4/../x,len4 .. x")
    assert "/" not in strange.name and strange.name != other.name


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ("model.controler=lstm", "Did you mean 'model.controller'"),
        ("run.seed=one", "run.seed"),
        ("run.steps=15", "multiple of run.steps_per_call"),
    ],
)
def test_wrong_names_and_values_are_refused_before_anything_starts(tmp_path, grid, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        sweep.main([f"--config={COPY}:smoke", f"--workdir={tmp_path / 's'}", "--grid=batch_size=8,4", "--grid", grid])
    assert told in capsys.readouterr().err and not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--engin=ray"], "Did you mean '--engine'"),
        (["--asha=min"], "add --engine=ray"),
        (["--max-parallel=0"], "at least 1"),
        (["--config.run.seed=1"], "both varied and given for all"),
        (["--config=nowhere.py"], "no config file nowhere.py"),
    ],
)
def test_flags_that_make_no_sense_are_answered(tmp_path, flags, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        sweep.main([f"--config={COPY}:smoke", f"--workdir={tmp_path / 's'}", "--grid=run.seed=0,1", *flags])
    assert told in capsys.readouterr().err


def test_another_sweep_in_the_directory_is_refused_by_what_differs(tmp_path):
    def take(*grids, variant="smoke", common=None):
        workdir = Workdir(tmp_path)
        trials = trials_of(COPY, variant, common or {}, space(grids), tmp_path)
        claim(workdir, COPY, variant, common or {}, trials)

    take("run.seed=0..1", "batch_size=8,4")
    take("run.seed=0..1", "batch_size=8,4")
    with pytest.raises(UserError, match="batch_size: 8, 4 there, 8, 2 now"):
        take("run.seed=0..1", "batch_size=8,2")
    with pytest.raises(UserError, match="run.steps: 40 there, 80 now"):
        take("run.seed=0..1", "batch_size=8,4", common={"run.steps": "80"})
    with pytest.raises(UserError, match="task.bits: not varied there"):
        take("run.seed=0..1", "batch_size=8,4", "task.bits=4")
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        take("run.seed=0..1")
    (tmp_path / "sweep.json").rename(tmp_path / "config.json")
    with pytest.raises(UserError, match="directory of one run"):
        take("run.seed=0..1")


def test_the_name_of_a_diagnosis_is_the_engines():
    assert DIAGNOSIS.parent.name == BUNDLE


# Processes.


def test_trials_that_fail_do_not_hold_up_the_others(tmp_path):
    fine, *_ = fakes(tmp_path, 1)
    kinds = {fail: fake(tmp_path, x, fail=fail) for x, fail in ((0.2, "mistake"), (0.3, "crash"), (0.4, "nan"))}
    events = list(supervise([*kinds.values(), fine], Local(2, Resources()), lambda: 0))
    ends = {e.trial.name: e.outcome for e in events if e is not None and e.outcome.state != RUNNING}
    assert ends[kinds["mistake"].name] == Outcome(MISTAKE, "a value makes no sense.")
    assert ends[kinds["crash"].name].state == CRASHED and "RuntimeError: broken" in ends[kinds["crash"].name].message
    assert ends[kinds["nan"].name] == Outcome(NOT_FINITE, "at step 3") == settled(kinds["nan"])
    assert ends[fine.name].state == DONE and record(fine)["metrics"]["x"]["mean"] == end_of(0.1)
    for trial in [*kinds.values(), fine]:
        assert len((trial.workdir / "sessions").read_text().splitlines()) == 1


def test_what_died_is_resumed_and_gives_the_same_numbers(tmp_path):
    (trial,) = fakes(tmp_path, 1, fail="die")
    states = [state for _, state in carried([trial], Local(1, Resources()))]
    assert states == [RUNNING, WAITING, RUNNING, DONE]
    assert record(trial)["metrics"]["x"]["mean"] == end_of(0.1)
    assert len((trial.workdir / "metrics.jsonl").read_text().splitlines()) == STEPS
    assert trial.log.read_text().count("=== ") == 2


def test_what_dies_again_and_again_is_given_up(tmp_path):
    (trial,) = fakes(tmp_path, 1)
    dying = trial._replace(command=["-c", "import os; os.kill(os.getpid(), 9)"])
    states = [state for _, state in carried([dying], Local(1, Resources()))]
    assert states.count(RUNNING) == sweep_engines.DEATHS + 1 and states[-1] == CRASHED


def test_when_asked_to_stop_the_running_trials_save_and_none_begins(tmp_path):
    trials = fakes(tmp_path, 3, steps=300, pause=0.02)

    def stopping() -> int:
        return int(all((trial.workdir / "metrics.jsonl").exists() for trial in trials[:2]))

    ends = dict(carried(trials, Local(2, Resources()), stopping))
    assert ends == {trials[0].name: SAVED, trials[1].name: SAVED}
    assert (trials[0].workdir / "state.json").exists() and not trials[2].workdir.exists()


def test_two_at_once_have_cores_of_their_own(tmp_path):
    usable = os.sched_getaffinity(0)
    if len(usable) < 2:
        pytest.skip("one core")
    trials = [
        trial._replace(command=["-c", f"import os; open({str(tmp_path / trial.name)!r}, 'w').write("
        "repr((os.sched_getaffinity(0), os.environ['NPROC'], os.environ['CUDA_VISIBLE_DEVICES'])))"])
        for trial in fakes(tmp_path, 2)
    ]  # fmt: skip
    pool = Local(2, Resources(cpus=1, gpus=2))
    for trial in trials:
        pool.submit(trial)
    while not pool.free() or pool._running:
        pool.poll()
    seen = [eval((tmp_path / trial.name).read_text()) for trial in trials]
    assert len(seen[0][0]) == len(seen[1][0]) == 1 and seen[0][0] != seen[1][0]
    assert [found[1:] for found in seen] == [("1", "0,1"), ("1", "2,3")]


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")
def test_a_killed_sweep_takes_its_trials_along_and_the_next_waits_for_them(tmp_path):
    (trial,) = fakes(tmp_path, 1, steps=40, pause=0.05)
    program = (
        "import sys, time; from experiments.sweep_engines import launch; from fake_trials import fakes; from pathlib "
        f"import Path; launch(*fakes(Path({str(tmp_path)!r}), 1, steps=40, pause=0.05)); time.sleep(60)"
    )
    paths = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    killed = subprocess.Popen([sys.executable, "-c", program], env=paths)
    deadline = time.monotonic() + 60
    while not (trial.workdir / "metrics.jsonl").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert [state for _, state in carried([trial], Local(1, Resources()))] == [RUNNING, DONE]
    first, second = (int(line.split()[0]) for line in (trial.workdir / "sessions").read_text().splitlines())
    assert record(trial)["metrics"]["x"]["mean"] == end_of(0.1, 40) and first != second
    assert len((trial.workdir / "metrics.jsonl").read_text().splitlines()) == 40


def test_the_command_is_interrupted_resumed_and_summarised(tmp_path, monkeypatch, capfd):
    """The whole command, with a family whose runs cost nothing."""
    folder = tmp_path / "s"
    trials = fakes(folder, 3, steps=30, pause=0.02)
    (folder / "sweep.json").unlink()
    monkeypatch.setattr(sweep, "trials_of", lambda *_: trials)
    command = [f"--config={COPY}:smoke", f"--workdir={folder}", "--grid=batch_size=1,2,3", "--metric=x"]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def interrupt(trial, *given):
        process = launch(trial, *given)
        while not (trial.workdir / "metrics.jsonl").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    launch = sweep_engines.launch
    try:
        monkeypatch.setattr(sweep_engines, "launch", interrupt)
        assert sweep.sweep(command) == 0
        said = capfd.readouterr().err
        assert "SIGTERM: the running trials save" in said and "1 saved, 2 waiting" in said and "same command" in said
        monkeypatch.setattr(sweep_engines, "launch", launch)
        assert sweep.sweep(command) == 0
        assert "3 done" in capfd.readouterr().err
        assert sweep.sweep(command) == 0
        assert "running" not in capfd.readouterr().err
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    with (folder / "sweep.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["trial"] for line in lines] == [trial.name for trial in trials]
    assert [float(line["x"]) for line in lines] == [end_of(trial.values["x"], 30) for trial in trials]
    assert {line["state"] for line in lines} == {DONE}
    assert (folder / "figures" / "x_against_x.png").exists() and "| 0.1 |" in (folder / "summary.md").read_text()


# What is made of the results.


@pytest.fixture
def finished(tmp_path) -> list:
    trials = made(tmp_path, "model.controller=lstm,none", "lstm.learning_rate=1e-4,1e-3,1e-2", "run.seed=0..2")
    for i, trial in enumerate(trials[:-1]):
        trial.workdir.mkdir(parents=True)
        values = [float(i), i + 0.5]
        metrics = {"bits/len4": {"mean": np.mean(values), "values": values, "unit": "bits"}}
        (trial.workdir / "result.json").write_text(json.dumps({"metrics": metrics, "wall_seconds": 1.0}))
    return trials


def test_settings_are_means_and_t_intervals_over_seeds_and_replicas(finished):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE) for trial in finished}
    found = settings(finished, outcomes, "bits/len4")
    assert len(found) == 6 and found[0].values == {"model.controller": "lstm", "lstm.learning_rate": 1e-4}
    assert found[0].entry["values"] == [0, 0.5, 1, 1.5, 2, 2.5] and found[0].entry["mean"] == 1.25
    # 2.5706 is Student's t at 5 degrees of freedom; the deviation of 0, 0.5, ... 2.5 is 0.9354
    assert found[0].entry["high"] - 1.25 == pytest.approx(2.5706 * 0.93541 / np.sqrt(6), rel=1e-4)
    assert len(found[5].entry["values"]) == 4 and found[5].note == "1 not finite"
    head, first, *_ = head_and_lines(found, "bits/len4")
    assert head[:3] == ("controller", "learning_rate", "bits/len4") and first[:3] == ("lstm", "0.0001", "1.25")
    with pytest.raises(UserError, match="Did you mean 'bits/len4'"):
        settings(finished, outcomes, "bits/len5")


def test_the_csv_has_a_line_a_trial(finished, tmp_path):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE, "at step 3") for trial in finished}
    write_csv(tmp_path / "sweep.csv", finished, outcomes)
    with (tmp_path / "sweep.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 18 and lines[1]["bits/len4"] == "1.25" and lines[1]["run.seed"] == "1"
    assert lines[17]["state"] == NOT_FINITE and lines[17]["bits/len4"] == "" and lines[17]["message"] == "at step 3"


def test_a_picture_an_axis_lines_over_numbers_groups_over_names(finished):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE) for trial in finished}
    drawn = pictures(settings(finished, outcomes, "bits/len4"), "bits/len4")
    assert list(drawn) == ["bits-len4_against_model.controller", "bits-len4_against_lstm.learning_rate"]
    rates = drawn["bits-len4_against_lstm.learning_rate"].picture
    axes = rates.axes[0]
    assert axes.get_xscale() == "log" and axes.get_ylabel() == "bits/len4 (bits)"
    lines = [container[0] for container in axes.containers]
    assert [line.get_xdata().tolist() for line in lines] == [[1e-4, 1e-3, 1e-2]] * 2
    assert lines[0].get_ydata().tolist() == [1.25, 4.25, 7.25] and lines[0].get_linestyle() == "-"
    assert [text.get_text() for text in rates.legends[0].get_texts()] == ["controller lstm", "controller none"]
    names = drawn["bits-len4_against_model.controller"].picture.axes[0]
    assert [text.get_text() for text in names.get_xticklabels()] == ["lstm", "none"]
    assert all(container[0].get_linestyle() == "None" for container in names.containers)
    assert drawn["bits-len4_against_lstm.learning_rate"].numbers["mean"].shape == (6,)


def test_points_of_a_random_search_are_not_joined():
    points = [Point(10.0**-i, f"size {i}", [float(i)], None, None) for i in range(9)]
    (axes,) = axis_figure("rate", "error", points).axes
    (container,) = axes.containers
    assert container[0].get_linestyle() == "None" and len(container[0].get_xdata()) == 9
    assert axes.get_xscale() == "log" and axes.get_legend() is None


def test_which_axes_are_logarithmic():
    for values in ([1, 2, 4, 8], [1e-4, 1e-2], [0.1, 0.2, 0.5], [3, 100, 200]):
        assert logarithmic(np.array(values, float)), values
    for values in ([1, 2, 3], [1, 2], [0, 10, 1000], [-1, 1, 50]):
        assert not logarithmic(np.array(values, float)), values


# One trial of a real experiment.


def test_a_real_trial_is_an_ordinary_run(tmp_path):
    small = ["--config.run.steps=10", "--config.run.log_every=10", "--config.run.eval_every=10"]
    command = [f"--config={COPY}:smoke", f"--workdir={tmp_path}", "--grid=run.seed=3", *small]
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "experiments.sweep", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": ""},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert ended.returncode == 0, ended.stderr
    kept = json.loads((tmp_path / "trials" / "seed=3" / "result.json").read_text())
    assert kept["seeds"] == [3] and kept["command"].startswith("./scripts/reproduce ntm/copy:smoke --config.run.steps")
    assert "bits_per_sequence/len4" in (tmp_path / "summary.md").read_text()
    assert config_of(COPY, "smoke", {"run.seed": "3"}).run.seed == 3
