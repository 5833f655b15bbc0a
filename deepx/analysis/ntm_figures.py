"""Pictures of a neural Turing machine at work (Graves, Wayne, Danihelka 2014, Figures 4 and 6).

Shapes: T time, I inputs, O outputs, N memory slots, W slot width. One sequence at a time; time runs to the right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 10.0  # inches


def copy_figure(inputs: Sequence[np.ndarray], targets: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> Figure:
    """Inputs [T, I] with targets and outputs [T, O] of several sequences, the longest in a row of its own (Figure 4).

    `outputs` are probabilities. A bit is wrong where it lies on the other side of 1/2 from its target; the title counts them.
    """
    order = sorted(range(len(targets)), key=lambda i: len(targets[i]))
    rows = [row for row in (order[:-1], order[-1:]) if row]
    figure = Figure(figsize=(WIDTH, 2.7 * len(rows)), layout="constrained")
    for row, band in zip(rows, np.atleast_1d(figure.subfigures(len(rows), 1)), strict=True):
        axes = band.subplots(3, len(row), squeeze=False, width_ratios=[len(targets[i]) + 4 for i in row])
        for column, i in enumerate(row):
            for panel, (name, values) in enumerate((("inputs", inputs[i]), ("targets", targets[i]), ("outputs", outputs[i]))):
                image = show(axes[panel, column], values)
                if column == 0:
                    axes[panel, 0].set_ylabel(name)
            wrong = int(np.sum((np.asarray(outputs[i]) > 0.5) != (np.asarray(targets[i]) > 0.5)))
            axes[0, column].set_title(f"length {len(targets[i])}: {wrong} of {np.size(targets[i])} bits wrong", fontsize=9)
            axes[2, column].set_xlabel("time step")
        band.colorbar(image, ax=axes, shrink=0.6, ticks=(0, 0.5, 1), label="probability of a 1")
    return figure


def memory_figure(
    inputs: np.ndarray, outputs: np.ndarray, adds: np.ndarray, reads: np.ndarray, write_w: np.ndarray, read_w: np.ndarray
) -> Figure:
    """One sequence seen from the memory: what is written and where, what is read and from where (Figure 6).

    Left: inputs [T, I], add vectors [T, W] and write weightings [T, N] of one write head. Right: outputs [T, O], read
    vectors [T, W] and read weightings [T, N] of one read head. Only the slots around those used are shown.
    """
    first, last = used_slots(np.maximum(write_w, read_w))
    figure = Figure(figsize=(WIDTH, 7.5), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True, height_ratios=[1, 1.6, 3])
    panels = (
        (("inputs", inputs, "channel"), ("add vectors", adds, "element"), ("write weightings", write_w, "memory slot")),
        (("outputs", outputs, "channel"), ("read vectors", reads, "element"), ("read weightings", read_w, "memory slot")),
    )
    for column, ((_, driven, _), (_, vectors, _), (_, weights, _)) in zip(axes.T, panels, strict=True):
        around = np.take(weights, np.arange(first, last + 1), axis=1, mode="wrap")
        show(column[0], driven)
        vector_image = show(column[1], vectors, cmap="RdBu_r", low=-1)
        weight_image = show(column[2], around, first=first, cmap="Greys")
        column[2].yaxis.set_major_formatter(lambda slot, _, slots=weights.shape[1]: f"{int(slot) % slots}")
        column[2].set_xlabel("time step")
    for panel, axis in zip((p for side in panels for p in side), axes.T.flat, strict=True):
        axis.set_title(panel[0], fontsize=10)
        axis.set_ylabel(panel[2])
    figure.colorbar(vector_image, ax=axes[:2], shrink=0.5, label="value")
    figure.colorbar(weight_image, ax=axes[2], shrink=0.5, label="weight")
    return figure


def used_slots(w_TN: np.ndarray, margin: int = 2) -> tuple[int, int]:
    """First and last slot ever given a weight above 0.1, with a margin. Counted from -N/2: heads may walk back from slot 0."""
    slots = w_TN.shape[1]
    offsets = (np.flatnonzero(np.max(w_TN, axis=0) > 0.1) + slots // 2) % slots - slots // 2
    if not len(offsets):
        return 0, slots - 1
    low = max(offsets.min() - margin, -(slots // 2))
    return int(low), int(min(offsets.max() + margin, low + slots - 1))


def show(axis: Axes, values: np.ndarray, *, first: int = 0, low: float = 0.0, cmap: str = "viridis"):
    """An image of `values` [T, rows], time to the right, row `first` at the bottom, colours from `low` to 1."""
    values = np.asarray(values).T
    steps = values.shape[1]
    image = axis.imshow(
        values,
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        extent=(0.5, steps + 0.5, first - 0.5, first + len(values) - 0.5),
        vmin=low,
        vmax=1,
        cmap=cmap,
    )
    axis.tick_params(labelsize=8)
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.xaxis.get_major_locator().set_params(integer=True)
    return image
