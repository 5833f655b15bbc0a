"""The curves of a run, drawn from its metric rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Picture

from deepx.engine.experiment import Figure

COLOURS = {"train": "#7a7a7a", "valid": "#0b6e99"}
OTHERS = ("#c1440e", "#5a8f29", "#6b4c9a", "#b8860b", "#00897b")


def curves(rows: Sequence[dict[str, Any]], units: Mapping[str, str]) -> Figure:
    """One panel a metric, one line a split against steps; with replicas, a faint line a seed and their mean.

    Of metrics METRIC/NAME one panel shows the means over names, and a faint line each name.
    """
    series: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for metric in dict.fromkeys(name.partition("/")[0] for row in rows for name in row["values"]):
        for split in dict.fromkeys(row["split"] for row in rows if of_metric(row, metric)):
            chosen = [row for row in rows if row["split"] == split and of_metric(row, metric)]
            values = np.array([[np.atleast_1d(v) for v in of_metric(row, metric)] for row in chosen], float)
            lines = values.mean(2) if values.shape[1] > 1 else values[:, 0]
            series.setdefault(metric, {})[split] = (np.array([row["step"] for row in chosen]), lines)
    columns = min(3, max(1, len(series)))
    lines = -(-len(series) // columns)
    picture = Picture(figsize=(4.2 * columns, 3.0 * lines), layout="constrained")
    panels = picture.subplots(max(1, lines), columns, squeeze=False).ravel()
    for panel in panels[len(series) :]:
        panel.set_visible(False)
    numbers = {}
    for panel, (metric, splits) in zip(panels, series.items(), strict=False):
        others = iter(OTHERS)
        for split, (steps, values) in splits.items():
            colour = COLOURS.get(split) or next(others)
            marker = "o" if len(steps) < 12 else None
            if values.shape[1] > 1:
                panel.plot(steps, values, color=colour, alpha=0.3, linewidth=0.8)
            panel.plot(steps, values.mean(1), color=colour, linewidth=1.6, label=split, marker=marker, markersize=3)
            numbers |= {f"{metric}.{split}.steps": steps, f"{metric}.{split}": values}
        shown = np.concatenate([values.ravel() for _, values in splits.values()])
        if shown.min() > 0 and shown.max() > 50 * shown.min():
            panel.set_yscale("log")
        panel.set_title(metric.replace("_", " ") + (f" ({units[metric]})" if metric in units else ""), fontsize=10)
        panel.set_xlabel("step")
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, fontsize=8)
    return Figure(
        picture,
        numbers,
        "Metrics against training steps; with several seeds or tasks, a faint line each and their mean.",
    )


def of_metric(row: Mapping[str, Any], metric: str) -> list[Any]:
    """The values of METRIC, or of every METRIC/NAME, of a row."""
    return [value for name, value in row["values"].items() if name.partition("/")[0] == metric]
