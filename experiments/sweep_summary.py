"""What came out of a sweep: `sweep.csv`, a line a trial; `summary.md`, a table over seeds; a picture an axis."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from deepx.analysis.sweep_figures import Point, axis_figure
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Figure
from deepx.engine.record import NOT_TESTED, interval
from deepx.engine.report import save_figures
from deepx.files import write
from experiments import results
from experiments.sweep_trials import DONE, SEED, Outcome, Trial, record, short_names, varied


class Setting(NamedTuple):
    """Trials that differ in nothing but the seed; `entry` as in `result.json`, None where none is finished."""

    values: dict[str, Any]
    entry: dict[str, Any] | None
    note: str  # of those that gave no result


def write_csv(path: Path, trials: Sequence[Trial], outcomes: Mapping[str, Outcome]) -> None:
    """A line a trial: what was varied, how it ended, every metric's mean over its replicas."""
    records = {trial.name: record(trial) or {"metrics": {}} for trial in trials}
    metrics = list(dict.fromkeys(name for made in records.values() for name in made["metrics"]))
    axes = list(varied({trial.name: trial.values for trial in trials}))
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["trial", *axes, "state", *metrics, "wall_seconds", "message"])
    for trial in trials:
        made, (state, message) = records[trial.name], outcomes[trial.name]
        measured = [made["metrics"].get(name, {}).get("mean", "") for name in metrics]
        settings = [trial.values.get(name, "") for name in axes]
        lines.writerow([trial.name, *settings, state, *measured, made.get("wall_seconds", ""), message])
    write(path, text.getvalue())


def settings(trials: Sequence[Trial], outcomes: Mapping[str, Outcome], metric: str) -> list[Setting]:
    """The metric over the seeds (and replicas) of every setting, in the order of the trials.

    Raises UserError where trials are finished and none has the metric.
    """
    of: dict[str, list[Trial]] = {}
    for trial in trials:
        of.setdefault(str(without_seed(trial)), []).append(trial)
    found, known = [], {}
    for alike in of.values():
        made = [made["metrics"] for trial in alike if (made := record(trial)) is not None]
        known |= {name: None for metrics in made for name in metrics}
        entries = [metrics[metric] for metrics in made if metric in metrics]
        values = np.array([value for entry in entries for value in entry["values"]], float)
        lost = [outcomes[trial.name].state for trial in alike if outcomes[trial.name].state != DONE]
        note = ", ".join(f"{lost.count(state)} {state}" for state in dict.fromkeys(lost))
        entry = interval(values, entries[0]["unit"]) if entries else None
        found.append(Setting(without_seed(alike[0]), entry, note))
    if known and all(setting.entry is None for setting in found):
        raise UserError(f"No record has {metric!r}.{nearest(metric, known)} They have: {', '.join(known)}.")
    return found


def without_seed(trial: Trial) -> dict[str, Any]:
    return {name: value for name, value in trial.values.items() if name != SEED}


def default_metric(trials: Sequence[Trial], reported: Mapping[str, Any]) -> str:
    """The first metric that the paper reports and trials test; else the first that they test, as far as known."""
    made = (record(trial) for trial in trials)
    tested = {name: None for one in made if one for name in one["metrics"] if not name.startswith(NOT_TESTED)}
    both = [name for name in reported if name in tested]
    return next(iter([*both, *tested, *reported]), "")


def head_and_lines(found: Sequence[Setting], metric: str) -> list[tuple[str, ...]]:
    """The table: a line a setting, after its head."""
    axes = list(varied({str(i): setting.values for i, setting in enumerate(found)}))
    short = short_names(axes)
    lines: list[tuple[str, ...]] = [(*(short[name] for name in axes), metric, "95% interval", "values", "")]
    for values, entry, note in found:
        mean = spread = number = ""
        if entry is not None:
            mean, number = f"{entry['mean']:.4g}", str(len(entry["values"]))
            spread = "" if entry["low"] is None else f"{entry['low']:.4g} to {entry['high']:.4g}"
        lines.append((*(str(values.get(name, "")) for name in axes), mean, spread, number, note))
    return lines


def pictures(found: Sequence[Setting], metric: str) -> dict[str, Figure]:
    """One picture for each thing that was varied and has two values or more with results."""
    made = [(setting.values, setting.entry) for setting in found if setting.entry is not None]
    axes = varied({str(i): values for i, (values, _) in enumerate(made)})
    short, drawn = short_names(list(axes)), {}
    for name in axes:
        having = [(values, entry) for values, entry in made if name in values]
        if len({str(values[name]) for values, _ in having}) < 2:
            continue
        points = []
        for values, entry in having:
            others = ", ".join(f"{short[other]} {value}" for other, value in values.items() if other != name)
            points.append(Point(values[name], others, entry["values"], entry["low"], entry["high"]))
        unit = having[0][1]["unit"]
        label = metric.replace("_", " ") + (f" ({unit})" if unit else "")
        numbers = {
            name.rpartition(".")[2]: np.array([point.x for point in points]),
            "setting": np.array([point.setting for point in points]),
            "mean": np.array([np.mean(point.values) for point in points]),
            "low": np.array([np.nan if point.low is None else point.low for point in points]),
            "high": np.array([np.nan if point.high is None else point.high for point in points]),
        }
        title = f"{metric} against {name}".replace("/", "-").replace(" ", "_")
        caption = f"{metric} against {name}: means and 95% t intervals over seeds."
        drawn[title] = Figure(axis_figure(name, label, points), numbers, caption)
    return drawn


def summarise(
    folder: Path, title: str, trials: Sequence[Trial], outcomes: Mapping[str, Outcome], metrics: Sequence[str]
) -> None:
    """Writes `sweep.csv`, `summary.md` and `figures/`, and prints the tables."""
    write_csv(folder / "sweep.csv", trials, outcomes)
    text, console = f"# {title}\n", Console(width=None if sys.stdout.isatty() else 160)
    for metric in metrics:
        found = settings(trials, outcomes, metric)
        lines = head_and_lines(found, metric)
        shown = Table(*lines[0], box=None, pad_edge=False)
        for line in lines[1:]:
            shown.add_row(*line)
        console.print(shown)
        figures = pictures(found, metric)
        save_figures(folder, figures)
        text += f"\n## {metric}\n\n{results.table(lines)}"
        text += "".join(f"![{figure.caption}](figures/{name}.png)\n\n" for name, figure in figures.items())
    write(folder / "summary.md", text)
