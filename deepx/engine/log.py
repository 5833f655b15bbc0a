"""The rows of a run: `metrics.jsonl`, the same to the byte however often the run was stopped, and TensorBoard's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepx.engine.hosts import primary
from deepx.files import write

PARTS = ("train", "valid", "test")  # of a data set
LOOK = "look"  # the split of what an experiment's `watch` saw, which is of no part

Values = Mapping[str, np.ndarray]  # scalars, or one value a replica


class Log:
    """Appends rows to `metrics.jsonl` and `tb/`, beginning after the rows of `step`, where the run resumes."""

    def __init__(self, workdir: Path, step: int):
        from tensorboardX import SummaryWriter  # a second to import: not for every command

        self._path = workdir / "metrics.jsonl"
        self._forget_after(step)
        self._file = self._path.open("a")
        self._tensorboard = SummaryWriter(str(workdir / "tb"), purge_step=step + 1)

    def _forget_after(self, step: int) -> None:
        """Drops the rows of steps that will be taken again, and a line cut short by a crash."""
        if self._path.exists():
            rows = [line for line in self._path.read_text().splitlines(keepends=True) if _step(line) <= step]
            write(self._path, "".join(rows))

    def row(self, step: int, split: str, values: Values, rate: float | None = None, alarms: Sequence[str] = ()) -> None:
        """One row; written through to the disk before it returns. `rate` (steps a second) goes to TensorBoard only."""
        plain = {name: np.asarray(value).tolist() for name, value in values.items()}
        said = {"alarms": list(alarms)} if alarms else {}
        self._file.write(json.dumps({"step": step, "split": split, "values": plain, **said}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        for name, value in values.items():
            self._tensorboard.add_scalar(f"{split}/{name}", float(np.mean(value)), step)
        if rate is not None:
            self._tensorboard.add_scalar("steps_per_second", rate, step)

    def close(self) -> None:
        """Closes both files."""
        self._file.close()
        self._tensorboard.close()


class Silent:
    """The log of a process that is not the first: nothing is written twice."""

    def row(self, *_: Any, **__: Any) -> None:
        """Writes nothing."""

    def close(self) -> None:
        """Closes nothing."""


def log_of(workdir: Path, step: int) -> Log | Silent:
    """This process's log of a run that begins after `step`."""
    return Log(workdir, step) if primary() else Silent()


def _step(line: str) -> float:
    try:
        return json.loads(line)["step"] if line.endswith("\n") else float("inf")
    except (json.JSONDecodeError, KeyError, TypeError):
        return float("inf")


def read(workdir: Path) -> list[dict[str, Any]]:
    """All rows of a work directory, but for one that is being written, or was when the run died."""
    path = workdir / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def metric_name(metric: str, split: str) -> str:
    """The name of a metric on a split: `test_error`, but `bits_per_sequence/len20`.

    The part of a data set stands before the metric, a condition under which it was measured after it.
    """
    if split == LOOK:
        return metric
    return f"{split}_{metric}" if split in PARTS else f"{metric}/{split}"


def label(metric: str, split: str, unit: str) -> str:
    """What a curve shows, for its axis."""
    return f"{split} {metric.replace('_', ' ')}" + (f" ({unit})" if unit else "")


def over_names(values: Values) -> dict[str, np.ndarray]:
    """The mean of METRIC/NAME over all NAMEs, as METRIC; other metrics as they are."""
    of: dict[str, list[np.ndarray]] = {}
    for name, value in values.items():
        of.setdefault(name.partition("/")[0], []).append(np.asarray(value))
    return {metric: np.mean(values, axis=0) for metric, values in of.items()}


def by_name(metrics: Mapping[str, Values]) -> dict[str, np.ndarray]:
    """Metrics by split, each under its one name."""
    return {metric_name(name, split): value for split, values in metrics.items() for name, value in values.items()}
