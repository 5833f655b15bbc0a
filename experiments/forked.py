"""Runs as forks of a process that has imported what they all need: half the time of a run of seconds is imports."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkProcess

from experiments.sweep_engines import opened
from experiments.sweep_leash import follow, wait_for
from experiments.sweep_trials import Trial

# None of these starts JAX's backend, which does not survive a fork.
SHARED = ("deepx.engine.entry", "matplotlib.backends.backend_agg", "tensorboardX", "flax.linen", "optax")


def prepare() -> None:
    """Imports what is shared; to be called before the first fork."""
    for module in SHARED:
        importlib.import_module(module)


class Fork(ForkProcess):
    """A process as `sweep_engines.Local` asks it."""

    @property
    def returncode(self) -> int | None:
        return self.exitcode

    def poll(self) -> int | None:
        return self.exitcode


def fork(trial: Trial, cores: Sequence[int] = (), environment: Mapping[str, str] | None = None) -> Fork:
    """Starts a trial, whose command is `-P -m MODULE FLAGS...`, as `sweep_engines.launch` would."""
    process = Fork(target=_become, args=(trial, cores, environment or {}, os.getpid()))
    process.start()
    return process


def _become(trial: Trial, cores: Sequence[int], environment: Mapping[str, str], parent: int) -> None:
    """In the child: no signals, output or cores of the parent's, then the experiment's own command."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    follow(parent)
    with opened(trial) as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    os.environ.update(environment, DEEPX_COMMAND=trial.said)
    wait_for(str(trial.workdir / ".lock"))
    _, _, module, *flags = trial.command
    sys.argv = [module, *flags]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def usable() -> bool:
    """Whether this system forks. macOS does, at the risk of its own libraries, so Linux only."""
    return sys.platform == "linux" and "fork" in multiprocessing.get_all_start_methods()
