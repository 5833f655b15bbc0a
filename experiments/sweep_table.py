"""How a sweep stands, while it works: a live table on a terminal, a line an event elsewhere."""

from __future__ import annotations

import collections
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from deepx.engine import log
from experiments.sweep_engines import Event
from experiments.sweep_trials import DONE, RUNNING, WAITING, Outcome, Trial, record

REFRESH = 1.0  # seconds between two looks at the running trials' files
ROOM = 8  # lines of the terminal that the table leaves
FIRST = (RUNNING,)  # shown even where not every trial fits
COLOURS = collections.defaultdict(lambda: "red", {WAITING: "bright_black", RUNNING: "cyan", DONE: "green"})


class Standing(NamedTuple):
    """How far a trial is: its newest row's step, and the metric's newest value."""

    step: int
    value: float | None


class Board:
    """A context manager that is told every event of a sweep.

    outcomes: how each trial stands; took: the seconds of those that have ended; both by name.
    """

    def __init__(self, trials: Sequence[Trial], outcomes: Mapping[str, Outcome], metric: str):
        self._trials, self._metric = trials, metric
        self.outcomes = dict(outcomes)
        self._began: dict[str, float] = {}
        self.took: dict[str, float] = {}
        self._read: dict[str, tuple[Any, Standing]] = {}  # a trial's marks when its files were read, and what they said
        self._console = Console(stderr=True, highlight=False)
        live = self._console.is_terminal
        self._live = Live(console=self._console, auto_refresh=False, transient=True) if live else None
        self._drawn = 0.0

    def __enter__(self) -> Board:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def tell(self, event: Event | None) -> None:
        """Something happened, or nothing for a moment."""
        if event is not None:
            trial, outcome = event
            self.outcomes[trial.name] = outcome
            if outcome.state == RUNNING:
                self._began[trial.name] = time.monotonic()
            elif trial.name in self._began:
                self.took[trial.name] = time.monotonic() - self._began.pop(trial.name)
            if self._live is None:
                self.say(self._line(trial))
        if self._live and (event or time.monotonic() - self._drawn > REFRESH):
            self._drawn = time.monotonic()
            self._live.update(self._table(), refresh=True)

    def say(self, text: str) -> None:
        """A line above the table."""
        self._console.print(escape(text), soft_wrap=True)

    def counts(self) -> str:
        """How many trials stand how."""
        counted = collections.Counter(outcome.state for outcome in self.outcomes.values())
        return ", ".join(f"{number} {state}" for state, number in counted.items())

    def _line(self, trial: Trial) -> str:
        state, message = self.outcomes[trial.name]
        took = f" after {_time(self.took[trial.name])}" if trial.name in self.took and state != RUNNING else ""
        ended = sum(outcome.state not in (WAITING, RUNNING) for outcome in self.outcomes.values())
        parts = [f"[{ended}/{len(self._trials)}] {trial.name}: {state}{took}", self._value(trial), message]
        return "  ".join(part for part in parts if part)

    def _value(self, trial: Trial) -> str:
        found = self._standing(trial).value
        return "" if found is None else f"{self._metric} {found:.4g}"

    def _standing(self, trial: Trial) -> Standing:
        """What the trial's files say; those that did not change are not read again."""
        now = marks(trial)
        if trial.name not in self._read or self._read[trial.name][0] != now:
            self._read[trial.name] = now, standing(trial, self._metric)
        return self._read[trial.name][1]

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, title=self.counts(), title_justify="left", title_style="bold")
        for column in ("trial", "state", "step", self._metric, "time", ""):
            table.add_column(column, no_wrap=column != "", justify="right" if column in ("step", "time") else "left")
        for trial in self._shown():
            state, message = self.outcomes[trial.name]
            step, value = self._standing(trial) if state != WAITING else ("", None)
            steps = f"{step}/{trial.steps}" if state != WAITING else ""
            since = self._began.get(trial.name)
            took = time.monotonic() - since if since else self.took.get(trial.name)
            cells = (steps, "" if value is None else f"{value:.4g}", "" if took is None else _time(took), message)
            table.add_row(escape(trial.name), f"[{COLOURS[state]}]{state}", *map(escape, cells))
        return table

    def _shown(self) -> Sequence[Trial]:
        """All, or where they are too many for the terminal: what runs, then what ended last."""
        room = max(4, self._console.height - ROOM)
        if len(self._trials) <= room:
            return self._trials
        recent = list(self.took)
        rank = {t.name: (self.outcomes[t.name].state not in FIRST, -_place(recent, t.name)) for t in self._trials}
        kept = {trial.name for trial in sorted(self._trials, key=lambda t: rank[t.name])[:room]}
        return [trial for trial in self._trials if trial.name in kept]


def standing(trial: Trial, metric: str) -> Standing:
    """The metric's value is that in the record of a finished trial, else in the newest row that has one."""
    rows = log.read(trial.workdir)
    step = rows[-1]["step"] if rows else 0
    if (finished := record(trial)) is not None:
        entry = finished["metrics"].get(metric)
        return Standing(step, entry and entry["mean"])
    values = (
        float(np.mean(value))
        for row in reversed(rows)
        for name, value in row["values"].items()
        if log.metric_name(name, row["split"]) == metric
    )
    return Standing(step, next(values, None))


def marks(trial: Trial) -> list[tuple[int, int] | None]:
    """What changes with each of the files that `standing` reads."""
    paths = [trial.workdir / name for name in ("metrics.jsonl", "result.json")]
    stats = [path.stat() if path.exists() else None for path in paths]
    return [(stat.st_mtime_ns, stat.st_size) if stat else None for stat in stats]


def _place(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
