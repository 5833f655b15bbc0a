"""The one training loop: dispatch, log, evaluate, save; it resumes where the newest checkpoint stands."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.errors import UserError
from deepx.engine.experiment import Metrics
from deepx.engine.hosts import primary
from deepx.engine.interrupt import Interrupt
from deepx.engine.log import Log, Silent, by_name, log_of
from deepx.engine.program import Carry, Outcome, Program
from deepx.engine.progress import Progress
from deepx.engine.record import commit
from deepx.engine.watch import Watcher, watcher_of


class Interrupted(Exception):
    """Training was asked to stop and has saved; `step` is where it resumes."""

    def __init__(self, step: int):
        super().__init__(f"Saved at step {step}.")
        self.step = step


class NotFinite(Exception):
    """A step was not finite and was not taken; `carry` is the state before it, at that step."""

    def __init__(self, carry: Carry):
        super().__init__(f"Step {int(carry.step)} is not finite.")
        self.carry = carry


class Trained(NamedTuple):
    """The last state, and over all sessions: seconds of training, and the commits of this code that trained."""

    carry: Carry
    wall_seconds: float
    commits: list[str]
    steps_taken: int  # in this session


class Sums:
    """Metrics since the last row, summed in float64 on the host; kept in checkpoints, so that rows have no seams."""

    def __init__(self, saved: dict[str, Any] | None = None):
        self._sums = {name: [np.asarray(part) for part in parts] for name, parts in (saved or {}).items()}

    def add(self, metrics: Metrics) -> None:
        for name, mean in metrics.items():
            before = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = [a + np.asarray(b, np.float64) for a, b in zip(before, mean, strict=True)]

    def take(self) -> dict[str, np.ndarray]:
        """The averages; begins anew."""
        values = {name: total / count for name, (total, count) in sorted(self._sums.items())}
        self._sums = {}
        return values

    def saved(self) -> dict[str, Any]:
        return {name: [part.tolist() for part in parts] for name, parts in self._sums.items()}


def train(
    program: Program, checkpoints: Checkpoints, workdir: Path, progress: Progress, interrupt: Interrupt
) -> Trained:
    """Trains to `run.steps`, from the newest checkpoint if there is one.

    Order at a step: training row, evaluation rows, look, checkpoint. A crash between two of them loses only rows that
    the resumed run writes again, the same to the byte.

    Raises Interrupted after saving when `interrupt` was requested; NotFinite within one dispatch of a step that is not
    finite; UserError when the checkpoints are already past `run.steps`.
    """
    run = program.run
    refuse_fewer_steps(checkpoints, run.steps)
    restored = checkpoints.newest(program.abstract(), progress.say)
    if not restored:
        program.compile()  # while the first state is made
    books: Mapping[str, Any] = {"sums": {}, "wall_seconds": 0.0, "commits": []}
    carry, books = restored or (program.init(), books)
    step = saved = first = int(carry.step) if restored else 0
    if restored:
        progress.say(f"Resuming at step {step}.")
    if step > 0 and not (workdir / "metrics.jsonl").exists():
        progress.say(f"{workdir}/metrics.jsonl is gone: rows and curves begin at step {step}.")
    commits = list(dict.fromkeys([*books["commits"], commit()])) if step < run.steps else books["commits"]
    log, sums, began = log_of(workdir, step), Sums(books["sums"]), time.monotonic()
    watcher = watcher_of(program, workdir)

    def wall_seconds() -> float:
        return books["wall_seconds"] + time.monotonic() - began

    def save(metrics: dict[str, float] | None = None) -> None:
        checkpoints.save(carry, {"sums": sums.saved(), "wall_seconds": wall_seconds(), "commits": commits}, metrics)

    def settle(outcome: Outcome, end: int) -> None:
        outcome = jax.device_get(outcome)
        if outcome.step != end:
            raise NotFinite(carry)
        sums.add(outcome.metrics)

    feed, pending, row_began = program.feed(step), None, (time.monotonic(), step)
    try:
        while step < run.steps:
            carry, outcome = program.dispatch(carry, step, next(feed))
            if pending:  # fetched one dispatch late, so that the device never waits for the host
                settle(*pending)
            step += run.steps_per_call
            pending = (outcome, step)
            due = {name: step % getattr(run, name) == 0 for name in ("log_every", "eval_every", "checkpoint_every")}
            last, stop = step == run.steps, interrupt.requested
            if stop or last or any(due.values()):
                settle(*pending)
                pending = None
            progress.at(step)
            if due["log_every"] or last:
                values, now = sums.take(), time.monotonic()
                log.row(step, "train", values, rate=(step - row_began[1]) / (now - row_began[0]))
                progress.metrics(step, values)
                row_began = (now, step)
            if due["eval_every"] or last:
                save(evaluate(program, carry, log, progress, watcher))
                saved = step
            elif due["checkpoint_every"]:
                save()
                saved = step
            if stop:
                if saved != step:
                    save()
                checkpoints.wait()
                raise Interrupted(step)
        checkpoints.wait()
        return Trained(carry, wall_seconds() if step > first else books["wall_seconds"], commits, step - first)
    finally:
        log.close()


def refuse_fewer_steps(checkpoints: Checkpoints, steps: int) -> None:
    """Raises UserError when the checkpoints are already past `steps`."""
    taken = max(checkpoints.steps(), default=0)
    if taken > steps:
        raise UserError(
            f"run.steps is {steps}, but {checkpoints.directory.parent} has already taken {taken} steps. Give a larger "
            "run.steps to go on, or another --workdir to begin anew."
        )


def evaluate(
    program: Program, carry: Carry, log: Log | Silent, progress: Progress, watcher: Watcher | None
) -> dict[str, float]:
    """One pass over every evaluation split, and a look; the splits' metrics by name, averaged over replicas."""
    step, metrics = int(carry.step), program.validate(carry.state)
    for split, values in metrics.items():
        log.row(step, split, values)
    progress.metrics(step, by_name(metrics))
    if watcher is not None:
        state = program.gathered(carry.state)
        if primary():
            watcher.look(state, step, log, progress)
    return {name: float(np.mean(value)) for name, value in by_name(metrics).items()}
