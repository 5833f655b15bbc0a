"""A few steps of a run on this machine, as training would take them."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path
from typing import NamedTuple

import jax

from deepx.engine.experiment import Experiment
from deepx.engine.program import Program
from deepx.engine.run import Run
from deepx.nn.cpu import kernels

LEAST = 5.0  # seconds of steps


class Measured(NamedTuple):
    """seconds: a step. memory: bytes that steps need beside state and data. kernels: whose served."""

    seconds: float
    memory: float
    kernels: str


def measure(experiment: Experiment, run: Run) -> Measured:
    """Takes steps for some seconds after a first call, with the kernels that are enabled.

    The fastest call counts, as others may use the machine.
    """
    program = Program(experiment, run, jax.devices("cpu")[:1])
    carry, feed, step = program.init(), program.feed(0), 0
    carry, outcome = jax.block_until_ready(program.dispatch(carry, step, next(feed)))  # which compiles
    ctypes.CDLL(None).malloc_trim(0)
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that from now on
    best, spent, step = float("inf"), 0.0, int(outcome.step)
    while spent < LEAST:
        batches, begun = next(feed), time.perf_counter()
        carry, outcome = jax.block_until_ready(program.dispatch(carry, step, batches))
        took, step = time.perf_counter() - begun, int(outcome.step)
        best, spent = min(best, took), spent + took
    return Measured(best / run.steps_per_call, _resident("VmHWM") - before, kernels.lowered())


def _resident(name: str) -> float:
    """Bytes, of /proc/self/status: VmRSS now, VmHWM at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
