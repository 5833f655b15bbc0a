"""Pictures of answers: how often the commonest are said, and how varied answers become over training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

OURS, THEIRS = "#0b6e99", "#c1440e"


def commonest_figure(shares: Mapping[str, np.ndarray]) -> Figure:
    """The shares (%) of the commonest answers, the commonest first, by who or what answers."""
    picture = Figure(figsize=(6.4, 3.4), layout="constrained")
    axis = picture.subplots()
    for name, values in shares.items():
        axis.plot(np.arange(1, len(values) + 1), values, "o-", markersize=4, label=name)
    axis.set_xlabel("answers, the commonest first")
    axis.set_ylabel("share of all answers (%)")
    axis.set_ylim(bottom=0)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.grid(alpha=0.25)
    axis.legend(frameon=False)
    return picture


def variety_figure(steps: Sequence[int], distinct: np.ndarray, commonest: np.ndarray) -> Figure:
    """distinct-2 and the share (%) of the commonest answer [looks] over training."""
    picture = Figure(figsize=(6, 3), layout="constrained")
    left = picture.subplots()
    right = left.twinx()
    for axis, values, colour, label in ((left, distinct, OURS, "distinct-2"), (right, commonest, THEIRS, "commonest")):
        axis.plot(steps, values, "o-", color=colour, markersize=3)
        axis.set_ylabel(label, color=colour)
        axis.set_ylim(bottom=0)
    left.set_xlabel("step")
    right.set_ylabel("the commonest answer (%)", color=THEIRS)
    left.grid(alpha=0.25)
    return picture
