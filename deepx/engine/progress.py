"""What a run shows while it works: a bar with rate, time left and metrics on a terminal, plain lines elsewhere."""

from __future__ import annotations

import collections
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn, track
from rich.progress import Progress as Bar

from deepx.engine.log import over_names

PLAIN_SECONDS = 10.0  # between two plain lines
RATE_SECONDS = 30.0  # over which the rate is taken


def shown(values: Sequence[Any], what: str) -> Iterable[Any]:
    """The values, with a bar that shows how far they are, where someone looks; without `what`, none."""
    console = Console(stderr=True)
    return track(values, what, console=console, transient=True, disable=not (what and console.is_terminal))


class Progress:
    """Shows `total` steps of training; a context manager. Speaks on standard error, so that output can be piped.

    quiet: shows nothing, as another process does.
    """

    def __init__(self, title: str, total: int, *, quiet: bool = False):
        self._title, self._total, self.step = title, total, 0
        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._metrics = ""
        self._recent: collections.deque[tuple[float, int]] = collections.deque()
        self._last_line = 0.0

    def __enter__(self) -> Progress:
        self._bar.start()
        self._task = self._bar.add_task(escape(self._title), total=self._total, rate="", metrics="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(escape(text), soft_wrap=True)

    def metrics(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """The newest row; means over replicas and, of METRIC/NAME, over names."""
        self._metrics = "  ".join(f"{name} {np.mean(value):.4g}" for name, value in over_names(values).items())
        self.at(step, line=True)

    def at(self, step: int, *, line: bool = False) -> None:
        """Training has reached `step`."""
        self.step = step
        now = time.monotonic()
        self._recent.append((now, step))
        while now - self._recent[0][0] > RATE_SECONDS and len(self._recent) > 2:
            self._recent.popleft()
        began, first = self._recent[0]
        rate = (step - first) / (now - began) if step > first else None
        shown = f"{rate:.3g} steps/s" if rate else ""
        self._bar.update(self._task, completed=step, rate=shown, metrics=self._metrics)
        if self._bar.disable and (line or now - self._last_line > PLAIN_SECONDS):
            self._last_line = now
            left = f"{(self._total - step) / rate / 60:.1f} min left" if rate else ""
            parts = (f"{self._title} step {step}/{self._total}", shown, left, self._metrics)
            self._console.print(escape("  ".join(part for part in parts if part)), soft_wrap=True)
