"""Pictures of a sweep: a metric against one of the things that were varied.

A point is what one setting of everything but the seed gave. Its bar is the interval over seeds, faint dashes the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

LINES = 6  # at most, in one picture; more settings are points alone
WIDE = 20.0  # times the smallest value, from which on an axis is logarithmic


class Point(NamedTuple):
    """The axis' value, what else was varied (its name in the legend), each seed's value, and the interval's ends."""

    x: Any
    setting: str
    values: Sequence[float]
    low: float | None
    high: float | None


def axis_figure(name: str, metric: str, points: Sequence[Point]) -> Figure:
    """`metric` against the axis `name`: over numbers as lines, one a setting, over anything else as groups of points.

    Where there are many settings (a random search), all points are alike, and no line joins what differs otherwise.
    """
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    settings = list(dict.fromkeys(point.setting for point in points))
    told = len(settings) <= LINES and len(points) > len(settings)
    numeric = all(isinstance(point.x, int | float) and not isinstance(point.x, bool) for point in points)
    places = numeric_axis(axes, [point.x for point in points]) if numeric else categories(axes, points)
    for number, setting in enumerate(settings if told else [None]):
        chosen = [point for point in points if setting in (None, point.setting)]
        x = np.array([places[point.x] if not numeric else point.x for point in chosen], float)
        if not numeric and told:  # beside one another
            x += 0.6 * ((number + 0.5) / len(settings) - 0.5)
        look = {"color": f"C{number}" if told else "0.25", "label": setting if told and setting else None}
        draw(axes, x, chosen, joined=numeric and told, **look)
    axes.set(xlabel=name, ylabel=metric)
    finish(figure, axes, points)
    return figure


def draw(axes: Axes, x: np.ndarray, points: Sequence[Point], *, joined: bool, color: str, label: str | None) -> None:
    """One setting: its means in the order of the axis, intervals, seeds."""
    order = np.argsort(x, kind="stable")
    x, points = x[order], [points[i] for i in order]
    means = np.array([np.mean(point.values) for point in points])
    reach = [(m - (p.low if p.low is not None else m), (p.high if p.high is not None else m) - m)
             for m, p in zip(means, points, strict=True)]  # fmt: skip
    line = "-" if joined else ""
    axes.errorbar(
        x, means, np.transpose(reach), color=color, ls=line, marker="o", ms=5, lw=1.4, elinewidth=1, capsize=3,
        label=label,
    )  # fmt: skip
    for place, point in zip(x, points, strict=True):
        if len(point.values) > 1:
            axes.plot([place] * len(point.values), point.values, "_", color=color, alpha=0.45, ms=11, mew=1.2)


def numeric_axis(axes: Axes, values: Sequence[float]) -> dict[float, float]:
    """Logarithmic where the values are; ticks at the values where they are few."""
    different = np.unique(np.asarray(values, float))
    if logarithmic(different):
        axes.set_xscale("log")
    if len(different) <= 8:
        axes.set_xticks(different, [f"{value:g}" for value in different])
        axes.xaxis.set_minor_locator(NullLocator())
    return {}


def logarithmic(values: np.ndarray) -> bool:
    """Whether numbers (sorted, different) are spread by factors rather than by differences."""
    if len(values) < 3 or values[0] <= 0:
        return len(values) == 2 and values[0] > 0 and values[1] / values[0] >= WIDE
    steps, factors = np.diff(values), np.diff(np.log(values))
    return values[-1] / values[0] >= WIDE or factors.std() / factors.mean() < 0.5 * steps.std() / steps.mean()


def categories(axes: Axes, points: Sequence[Point]) -> dict[Any, float]:
    """A place for each different value, in the order in which they come."""
    names = list(dict.fromkeys(point.x for point in points))
    axes.set_xticks(range(len(names)), [str(name) for name in names])
    axes.set_xlim(-0.6, len(names) - 0.4)
    return {name: float(place) for place, name in enumerate(names)}


def finish(figure: Figure, axes: Axes, points: Sequence[Point]) -> None:
    shown = np.concatenate([np.asarray(point.values, float) for point in points])
    if shown.min() > 0 and shown.max() > WIDE * shown.min():
        axes.set_yscale("log")
    if any(len(point.values) > 1 for point in points):
        axes.set_title("means and 95% intervals over seeds; dashes: the seeds", fontsize=9, color="0.35")
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
