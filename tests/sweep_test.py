"""Sweeps as processes that are carried through, whatever happens to them; the whole command."""

import csv
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import call
from fake_trials import STEPS, end_of, fake, fakes

from deepx.engine import log
from experiments import sweep, sweep_engines
from experiments.sweep_engines import Event, Local, Resources, supervise
from experiments.sweep_table import Board
from experiments.sweep_trials import (
    CRASHED,
    DONE,
    MISTAKE,
    NOT_FINITE,
    RUNNING,
    SAVED,
    WAITING,
    Outcome,
    config_of,
    record,
    settled,
)

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "configs" / "ntm" / "copy.py"


def carried(trials, pool, stopping=lambda: 0) -> list[tuple[str, str]]:
    return [(e.trial.name, e.outcome.state) for e in supervise(trials, pool, stopping) if e is not None]


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


def test_the_table_reads_a_log_only_where_it_has_grown(tmp_path, monkeypatch, capsys):
    (trial,) = fakes(tmp_path, 1)
    trial.workdir.mkdir(parents=True)
    board, reads, read = Board([trial], {trial.name: Outcome(RUNNING)}, "valid_x"), [], log.read
    monkeypatch.setattr(log, "read", lambda workdir: reads.append(workdir) or read(workdir))
    for x in (0.25, 0.75):
        with (trial.workdir / "metrics.jsonl").open("a") as rows:
            rows.write(json.dumps({"step": 1, "split": "valid", "values": {"x": x}}) + "\n")
        for _ in range(2):
            board.tell(Event(trial, Outcome(SAVED)))
            assert f"valid_x {x}" in capsys.readouterr().err
    assert reads == [trial.workdir] * 2


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


def test_what_a_former_process_of_a_trial_still_saves_is_waited_for(tmp_path):
    (trial,) = fakes(tmp_path, 1)
    trial.workdir.mkdir(parents=True)
    with (trial.workdir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = trial._replace(command=["-c", f"open({str(tmp_path / 'begun')!r}, 'w')"])
        process = sweep_engines.launch(waiting)
        time.sleep(0.5)
        assert not (tmp_path / "begun").exists()
    assert process.wait() == 0 and (tmp_path / "begun").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")
def test_a_killed_sweep_takes_its_trials_along_and_the_next_resumes_them(tmp_path):
    (trial,) = fakes(tmp_path, 1, steps=40)
    program = (
        "import sys, time; from experiments.sweep_engines import launch; from fake_trials import fakes; from pathlib "
        f"import Path; launch(*fakes(Path({str(tmp_path)!r}), 1, steps=40, pause=0.1)); time.sleep(60)"
    )
    paths = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    killed = subprocess.Popen([sys.executable, "-c", program], env=paths)
    deadline = time.monotonic() + 60
    while not (trial.workdir / "metrics.jsonl").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    with (trial.workdir / ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it has saved
    assert json.loads((trial.workdir / "state.json").read_text())[0] < 40
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


def test_a_real_trial_is_an_ordinary_run(tmp_path):
    small = ["--config.run.steps=10", "--config.run.log_every=10", "--config.run.eval_every=10"]
    command = [f"--config={COPY}:smoke", f"--workdir={tmp_path}", "--grid=run.seed=3", *small]
    ended = call("experiments.sweep", *command)
    assert ended.returncode == 0, ended.stderr
    kept = json.loads((tmp_path / "trials" / "seed=3" / "result.json").read_text())
    assert kept["seeds"] == [3] and kept["command"].startswith("./scripts/reproduce ntm/copy:smoke --config.run.steps")
    assert "bits_per_sequence/len4" in (tmp_path / "summary.md").read_text()
    assert config_of(COPY, "smoke", {"run.seed": "3"}).run.seed == 3
