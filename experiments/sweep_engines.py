"""Trials as processes: how one is started and judged, how many are carried through, and a pool of this machine."""

from __future__ import annotations

import collections
import datetime
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from experiments.reproduce import ROOT
from experiments.sweep_trials import CRASHED, MISTAKE, RUNNING, SAVED, WAITING, Outcome, Trial, last_words, settled

DEATHS = 3  # of a trial's process or machine, after each of which it is resumed
POLL = 0.05  # seconds between two looks at processes
LEASH = Path(__file__).with_name("sweep_leash.py")


class Resources(NamedTuple):
    """Of one trial. `cpus` 0: an even share of this machine's cores."""

    cpus: int = 0
    gpus: float = 0


class Event(NamedTuple):
    """Something that happened to a trial, in a supervised sweep."""

    trial: Trial
    outcome: Outcome


class Pool(Protocol):
    """Where trials run. `DIED` is the status of a trial whose machine or worker went away."""

    def free(self) -> bool:
        """Whether another trial may be submitted."""

    def submit(self, trial: Trial) -> None: ...

    def poll(self) -> tuple[list[Trial], list[tuple[Trial, int]]]:
        """Trials that have begun to run, and trials that have ended, with exit statuses, since the last call."""

    def stop(self, *, at_once: bool) -> None:
        """Asks every trial to save and end, or kills it."""


DIED = -signal.SIGKILL


class Process(Protocol):
    """What a pool knows of a trial's process, which is as `subprocess.Popen` has it."""

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Start = Callable[[Trial, Sequence[int], Mapping[str, str]], Process]


def supervise(trials: Sequence[Trial], pool: Pool, stopping: Callable[[], int]) -> Iterator[Event | None]:
    """Carries the trials through, yielding what happens, or None where nothing did for a moment.

    What died is submitted again, and resumes. `stopping` tells how often the user has asked to stop.
    """
    waiting, busy, deaths = collections.deque(trials), 0, collections.Counter()
    asked = 0
    while waiting or busy:
        if stopping() > asked:
            asked = stopping()
            waiting.clear()
            pool.stop(at_once=asked > 1)
        while waiting and pool.free():
            pool.submit(waiting.popleft())
            busy += 1
        begun, ended = pool.poll()
        for trial in begun:
            again = f"attempt {deaths[trial.name] + 1}" if deaths[trial.name] else ""
            yield Event(trial, Outcome(RUNNING, again))
        for trial, status in ended:
            busy -= 1
            outcome = judge(trial, status, stopped=bool(asked))
            if outcome.state == SAVED and not asked:
                deaths[trial.name] += 1
                if deaths[trial.name] <= DEATHS:
                    waiting.append(trial)
                    outcome = Outcome(WAITING, "its process died; it goes on from what it saved")
                else:
                    outcome = Outcome(CRASHED, f"died {deaths[trial.name]} times; {trial.log}")
            yield Event(trial, outcome)
        if not begun and not ended:
            yield None
            time.sleep(POLL)


def judge(trial: Trial, status: int, *, stopped: bool) -> Outcome:
    """What an exit status means (`deepx/engine/entry.py`): SAVED is what can go on, of itself."""
    if (result := settled(trial)) is not None:
        return result
    if status == 2:
        return Outcome(MISTAKE, last_words(trial))
    if status in (0, 130) or status < 0 or stopped:
        return Outcome(SAVED)
    return Outcome(CRASHED, f"{last_words(trial)} ({trial.log})")


def opened(trial: Trial) -> TextIO:
    """The trial's log, in which an attempt begins."""
    trial.log.parent.mkdir(parents=True, exist_ok=True)
    log = trial.log.open("a")
    log.write(f"=== {datetime.datetime.now().isoformat(' ', 'seconds')}, {platform.node()}: {trial.said}\n")
    log.flush()
    return log


def launch(trial: Trial, cores: Sequence[int] = (), environment: Mapping[str, str] | None = None) -> subprocess.Popen:
    """Starts a trial's process on its leash, in a session of its own, where a terminal's Ctrl-C does not reach it."""
    paths = {"PYTHONPATH": str(ROOT), "DEEPX_COMMAND": trial.said}
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(trial.workdir / ".lock")]
    with opened(trial) as log:
        return subprocess.Popen(
            [*leash, ",".join(map(str, cores)), sys.executable, *trial.command],
            env={**os.environ, **paths, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class Local:
    """Processes of this machine, each with cores (where the system can pin them) and GPUs of its own."""

    def __init__(self, parallel: int, resources: Resources, start: Start | None = None):
        self._start = start or launch
        usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        each = resources.cpus or max(1, len(usable) // parallel)
        self._slots = []
        for slot in range(parallel):
            cores = [usable[(slot * each + i) % len(usable)] for i in range(each)] if usable else []
            gpus = range(slot * int(resources.gpus), (slot + 1) * int(resources.gpus))
            environment = {"NPROC": str(len(set(cores)))} if cores else {}
            if gpus:
                environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
            self._slots.append((sorted(set(cores)), environment))
        self._running: dict[int, tuple[Trial, Process]] = {}
        self._begun: list[Trial] = []

    def free(self) -> bool:
        return len(self._running) < len(self._slots)

    def submit(self, trial: Trial) -> None:
        slot = next(slot for slot in range(len(self._slots)) if slot not in self._running)
        self._running[slot] = (trial, self._start(trial, *self._slots[slot]))
        self._begun.append(trial)

    def poll(self) -> tuple[list[Trial], list[tuple[Trial, int]]]:
        ended = {
            slot: (trial, status)
            for slot, (trial, process) in self._running.items()
            if (status := process.poll()) is not None
        }
        for slot in ended:
            del self._running[slot]
        begun, self._begun = self._begun, []
        return begun, list(ended.values())

    def stop(self, *, at_once: bool) -> None:
        for _, process in self._running.values():
            process.kill() if at_once else process.terminate()
