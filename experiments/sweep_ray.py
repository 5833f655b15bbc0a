"""Trials as tasks of a Ray cluster, whose machines see the project and the sweep's directory under the same paths."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import ray

from deepx.engine.errors import UserError
from experiments.reproduce import ROOT
from experiments.sweep_engines import DIED, POLL, Resources, launch
from experiments.sweep_trials import Trial


def connect(address: str | None) -> None:
    """Joins the cluster at `address`, or starts one of this machine alone.

    Raises UserError where there is none.
    """
    # What the driver imports, its workers must find.
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    try:
        ray.init(address=address or "local", runtime_env=environment, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise UserError(
            f"There is no Ray cluster at {address}: {str(error).strip().splitlines()[0]} Start one with "
            "`.venv-ray/bin/ray start --head`, and name it by --ray-address=HOST:PORT or auto."
        ) from error


def refuse_impossible(resources: Resources) -> None:
    """Raises UserError where no machine of the cluster could ever run a trial: it would wait for ever."""
    wanted = {"CPU": resources.cpus or 1, "GPU": resources.gpus}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(all(node.get(kind, 0) >= much for kind, much in wanted.items()) for node in nodes):
        have = "; ".join(f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes)
        raise UserError(
            f"A trial asks for --cpus={wanted['CPU']:g} --gpus={wanted['GPU']:g}, which no machine of the cluster has: "
            f"{have}."
        )


def begin(trial: Trial, resources: Resources, where: str) -> subprocess.Popen:
    """Starts a trial's process on a machine of the cluster. `where`: the working directory of the sweep's command.

    Raises FileNotFoundError, in words, where the machine does not see it.
    """
    if not Path(where, trial.folder, "sweep.json").exists():
        folder = Path(where, trial.folder)
        raise FileNotFoundError(f"{platform.node()} does not see {folder}; the machines of a sweep share their files.")
    os.chdir(where)
    return launch(trial, environment={"NPROC": str(max(1, int(resources.cpus)))})


@ray.remote(max_retries=0)  # what dies is submitted again, and counted, by `supervise`
def run(trial: Trial, resources: Resources, where: str) -> int:
    """A trial's exit status. Cancelled, it asks the trial to save, and waits."""
    process = begin(trial, resources, where)
    try:
        while True:
            try:
                return process.wait(timeout=POLL)
            except subprocess.TimeoutExpired:
                continue
    except KeyboardInterrupt:
        process.terminate()
        return process.wait()


class Cluster:
    """A task a trial. All are submitted at once, unless `parallel` is less, and wait for `resources` of their own."""

    def __init__(self, parallel: int | None, resources: Resources):
        self._parallel = parallel or 10_000
        self._resources = resources._replace(cpus=resources.cpus or 1)
        self._task = run.options(num_cpus=self._resources.cpus, num_gpus=resources.gpus)
        self._tasks: dict[ray.ObjectRef, Trial] = {}
        self._unbegun: dict[str, tuple[Trial, int]] = {}

    def free(self) -> bool:
        return len(self._tasks) < self._parallel

    def submit(self, trial: Trial) -> None:
        self._tasks[self._task.remote(trial, self._resources, os.getcwd())] = trial
        self._unbegun[trial.name] = (trial, length(trial.log))

    def poll(self) -> tuple[list[Trial], list[tuple[Trial, int]]]:
        begun = [trial for trial, before in self._unbegun.values() if length(trial.log) > before]
        for trial in begun:
            del self._unbegun[trial.name]
        ready, _ = ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=0) if self._tasks else ([], [])
        return begun, [(self._tasks.pop(task), status_of(task)) for task in ready]

    def stop(self, *, at_once: bool) -> None:
        for task in self._tasks:
            ray.cancel(task, force=at_once)


def status_of(task: Any) -> int:
    """The exit status of a task's trial; that of a killed process where its worker or machine is gone."""
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, FileNotFoundError):
            raise UserError(str(error.cause)) from error
        raise
    except ray.exceptions.RayError:
        return DIED


def length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
