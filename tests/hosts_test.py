"""Several processes on this machine train one run: the same numbers, stopping, dying, resuming, and what is said."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import commands
import grain
import hosts_toy
import jax
import numpy as np
import pytest
import toy
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from deepx.engine import joining, log
from deepx.engine.errors import UserError
from deepx.engine.placement import Rows
from deepx.engine.run import Run
from deepx.engine.workdir import saved_steps

ROOT = Path(__file__).resolve().parents[1]
HOST = socket.gethostname()
PATIENCE = 240  # seconds, on a machine that others use


class Session:
    """Processes that train one run; none outlives the `with`. last: what the environment of the last has more."""

    def __init__(self, workdir: Path, processes: int, devices: int, *flags: str, variant: str = "paper", last=None):
        self.workdir = workdir
        with socket.socket() as probe:
            probe.bind(("", 0))
            address = f"localhost:{probe.getsockname()[1]}"
        count = f"--xla_force_host_platform_device_count={devices}"
        quick = " ".join(f for f in os.environ.get("XLA_FLAGS", "").split() if "device_count" not in f)
        command = ["hosts_toy", f"--config={ROOT}/tests/hosts_toy.py:{variant}", f"--workdir={workdir}"]
        command += [f"--coordinator={address}", f"--processes={processes}", *flags]
        self.said = [workdir.with_name(f"{workdir.name}_said{i}") for i in range(processes)]
        more = [{}] * (processes - 1) + [last or {}]
        self.processes = [
            commands.start(said, *command, f"--process={i}", XLA_FLAGS=f"{quick} {count}", **more[i])
            for i, said in enumerate(self.said)
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.join()

    def saved(self, beyond: int) -> int:
        """Returns when a checkpoint after a step is there."""
        until = time.monotonic() + PATIENCE
        while max(saved_steps(self.workdir), default=0) <= beyond:
            ended = [said for process, said in zip(self.processes, self.said, strict=True) if not process.is_alive()]
            assert not ended and time.monotonic() < until, [(said / "stderr").read_text() for said in ended]
            time.sleep(0.02)
        return saved_steps(self.workdir)[0]

    def ended(self) -> tuple[list[int], list[str], list[str]]:
        """Statuses, and what was written to standard output and standard error."""
        for process in self.processes:
            process.join(timeout=PATIENCE)
        out, err = ([(said / name).read_text() for said in self.said] for name in ("stdout", "stderr"))
        return [p.exitcode for p in self.processes], out, err


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """One run: two processes until SIGTERM to one, two until kill -9 of the first, then four to its end."""
    workdir = tmp_path_factory.mktemp("chain")
    found = {"workdir": workdir}
    with Session(workdir, 2, 2) as first:
        first.saved(0)
        os.kill(first.processes[1].pid, signal.SIGTERM)
        found["stopped"] = first.ended()
    found["stopped_at"] = saved_steps(workdir)[0]
    with Session(workdir, 2, 2) as second:
        second.saved(found["stopped_at"])
        second.processes[0].kill()
        began = time.monotonic()
        found["killed"], found["seconds"] = second.ended(), time.monotonic() - began
    found["killed_at"] = saved_steps(workdir)[0]
    found["steps"] = found["killed_at"] + 80
    with Session(workdir, 4, 1, f"--config.run.steps={found['steps']}") as third:
        found["finished"] = third.ended()
    return found


@pytest.fixture(scope="module")
def whole(chain, tmp_path_factory):
    """The same run, never stopped, in one process with four devices, which adds as the others do."""
    workdir = tmp_path_factory.mktemp("whole")
    with Session(workdir, 1, 4, f"--config.run.steps={chain['steps']}") as session:
        statuses, _, said = session.ended()
    assert statuses == [0], said
    return workdir


def test_a_signal_to_one_saves_in_all_and_all_end_well(chain):
    statuses, out, err = chain["stopped"]
    assert statuses == [0, 0] and out == ["", ""]
    assert f"Saved at step {chain['stopped_at']}. Resume with the same command on every host" in err[0]
    assert "SIGTERM" not in err[0] and err[1].strip() == "SIGTERM: saving after this dispatch."


def test_when_one_is_killed_the_others_say_which_and_end(chain):
    statuses, _, err = chain["killed"]
    assert statuses == [-signal.SIGKILL, 3] and chain["seconds"] < 60
    assert f"Resuming at step {chain['stopped_at']}." in err[0]
    assert f"deepx, process 1: Process 0 ({HOST}) went away: its connection closed." in err[1]
    assert f"on every host: the run resumes at step {chain['killed_at']}." in err[1] and "Traceback" not in err[1]


def test_it_goes_on_with_other_processes_bit_for_bit(chain, whole):
    statuses, out, err = chain["finished"]
    assert statuses == [0, 0, 0, 0], err
    assert f"Resuming at step {chain['killed_at']}." in err[0] and [out[1:], err[1:]] == [["", "", ""]] * 2
    assert (chain["workdir"] / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    results = [json.loads((path / "result.json").read_text()) for path in (chain["workdir"], whole)]
    assert results[0]["metrics"] == results[1]["metrics"] and {"weights", "test_error"} <= set(results[0]["metrics"])
    assert "4 processes" in results[0]["device"] and (chain["workdir"] / "report.html").exists()


def test_the_numbers_are_those_of_one_process(whole, tmp_path):
    config = hosts_toy.get_config()
    last = log.read(whole)[-1]["step"]
    run = Run(**{**config.run.to_dict(), "steps": last})
    toy.run(hosts_toy.build(config), tmp_path, run, devices=4)
    theirs, ours = log.read(whole), log.read(tmp_path)
    assert [(row["step"], row["split"]) for row in theirs] == [(row["step"], row["split"]) for row in ours]
    for a, b in zip(theirs, ours, strict=True):
        for name, value in a["values"].items():
            np.testing.assert_allclose(value, b["values"][name], rtol=1e-4, atol=1e-6, err_msg=f"{a['step']} {name}")


def test_a_disk_that_is_full_on_one_host_is_told_on_all(tmp_path):
    """The state is shared out, so that each process writes a part of it; the last may write small files only."""
    with Session(tmp_path, 2, 1, variant="words", last={"FSIZE": "1000"}) as session:
        statuses, _, err = session.ended()
    assert statuses == [2, 2], err
    assert "deepx, process 1: No space left while writing" in err[1] and "Traceback" not in "".join(err)
    assert f"deepx: Process 1 ({HOST}): No space left while writing" in err[0]


def test_a_mesh_that_does_not_divide_is_told_on_all(tmp_path):
    with Session(tmp_path, 2, 1, "--config.run.mesh.model=3") as session:
        statuses, _, err = session.ended()
    assert statuses == [2, 2], err
    for said in err:
        assert "run.mesh.model is 3, which does not divide the number of devices, 2" in said and "Traceback" not in said


def test_a_collective_that_does_not_come_back_ends_with_a_message(tmp_path):
    with Session(tmp_path, 2, 1, "--stuck_after=0.1", last={"HANG": ""}) as session:
        statuses, _, err = session.ended()
    assert statuses == [3, 3], err
    for said in err:
        assert "has come back for 0.1 minutes" in said and "the run begins anew" in said and "Traceback" not in said


@pytest.mark.parametrize("follows", [False, True])
def test_a_process_reads_its_examples_only(follows):
    """Where nothing follows the making of batches; else it keeps its rows of them. Passes begin where batches do."""
    read = []

    def example(i):
        read.append(i)
        return {"x": np.int64(i)}

    examples = grain.MapDataset.range(22).seed(1).shuffle().map(example)
    batches = examples.batch(8, drop_remainder=True)
    batches = batches.map(lambda batch: batch) if follows else batches
    rows = Rows(NamedSharding(Mesh(np.array(jax.devices()[:4]), "data"), PartitionSpec("data")), 8)
    assert rows.of(batches) is batches  # all devices are this process's
    rows._rows = np.array([2, 3])
    for i in range(4):  # two passes, each in an order of its own
        whole = batches[i]["x"]
        read.clear()
        ours = rows.of(batches)[i]["x"]
        np.testing.assert_array_equal(ours, whole[2:4])
        assert read == list(whole if follows else whole[2:4])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((None, None, 2), "belong together: give all three"),
        (("localhost", 0, 2), "--coordinator=localhost must be HOST:PORT"),
        (("localhost:1", 2, 2), "--process=2: with --processes=2 they count from 0 to 1"),
    ],
)
def test_flags_that_do_not_fit_are_told(given, told):
    with pytest.raises(UserError, match=told):
        joining.checked(*given)


def test_slurm_says_which_process_this_is(monkeypatch):
    with pytest.raises(UserError, match="--hosts=auto finds no SLURM, Open MPI or Cloud TPU"):
        joining.detected()
    of_slurm = {"JOB_ID": "4096", "STEP_NODELIST": "node[07-08]", "NTASKS": "2", "PROCID": "1", "LOCALID": "0"}
    for name, value in of_slurm.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setattr(joining.jax.config, "update", lambda *_: None)
    assert joining.detected() == joining.Place("node07:61440", 1, 2)
