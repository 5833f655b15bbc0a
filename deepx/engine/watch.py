"""Looks at a state while it trains, for what no average over batches shows: samples, coverage, a collapse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from deepx.engine.experiment import Figure, Key, Told, Watch
from deepx.engine.log import LOOK, Log, Silent
from deepx.engine.program import Program
from deepx.engine.progress import Progress
from deepx.engine.report import save_figures
from deepx.files import whole


def watcher_of(program: Program, workdir: Path) -> Watcher | None:
    """The watcher of a run, where its experiment has something to watch."""
    experiment = program.experiment
    if experiment.watch is None:
        return None
    return Watcher(experiment.watch, program.watch_key, experiment.replicas, workdir)


class Watcher:
    """Looks at every evaluation, keeps what it saw in `watch/STEP.npz`, logs what follows, and redraws the film.

    A look is a function of the state and of one key of the run, so a resumed run makes the same film.
    """

    def __init__(self, watch: Watch, key: Key, replicas: int | None, workdir: Path):
        self._watch, self._key, self._replicas, self._workdir = watch, key, replicas, workdir
        self._look = jax.jit(watch.look)
        self._directory = workdir / "watch"

    def look(self, state: Any, step: int, log: Log | Silent, progress: Progress) -> None:
        """One look at the state after `step`."""
        numbers = jax.device_get(self._look(state, self._key))
        self._directory.mkdir(exist_ok=True)
        with whole(self._directory / f"{step}.npz") as file:
            np.savez(file, **numbers)
        steps, seen = self._looks(step)
        told = self._told(seen)
        log.row(step, LOOK, told.metrics, alarms=told.alarms)
        for alarm in told.alarms:
            progress.say(f"Step {step}: {alarm}")
        if told.metrics:
            progress.metrics(step, told.metrics)
        save_figures(self._workdir, self._film(steps, seen))

    def film(self, step: int) -> Mapping[str, Figure]:
        """Figures of all looks up to a step; of several replicas, of the first's."""
        steps, seen = self._looks(step)
        return self._film(steps, seen) if steps else {}

    def _film(self, steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> Mapping[str, Figure]:
        return self._watch.film(steps, numbers if self._replicas is None else of_replica(numbers, 0))

    def _told(self, numbers: Mapping[str, np.ndarray]) -> Told:
        if self._replicas is None:
            return self._watch.tell(numbers)
        each = [self._watch.tell(of_replica(numbers, r)) for r in range(self._replicas)]
        metrics = {name: np.stack([told.metrics[name] for told in each]) for name in each[0].metrics}
        return Told(metrics, tuple(f"replica {r}: {alarm}" for r, told in enumerate(each) for alarm in told.alarms))

    def _looks(self, step: int) -> tuple[list[int], dict[str, np.ndarray]]:
        """The steps at which it looked, up to `step`, and what it saw, stacked."""
        steps = sorted(int(path.stem) for path in self._directory.glob("*.npz") if path.stem.isdigit())
        steps = [s for s in steps if s <= step]
        looks = [dict(np.load(self._directory / f"{s}.npz")) for s in steps]
        return steps, {name: np.stack([look[name] for look in looks]) for name in (looks[0] if looks else ())}


def of_replica(numbers: Mapping[str, np.ndarray], r: int) -> dict[str, np.ndarray]:
    """One replica's part of arrays [looks, replicas, ...]."""
    return {name: array[:, r] for name, array in numbers.items()}
