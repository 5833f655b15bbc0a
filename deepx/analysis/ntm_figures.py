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

    `outputs` are probabilities; a bit is wrong where it lies on the other side of 1/2 from its target.
    """
    order = sorted(range(len(targets)), key=lambda i: len(targets[i]))
    rows = [row for row in (order[:-1], order[-1:]) if row]
    figure = Figure(figsize=(WIDTH, 2.9 * len(rows)), layout="constrained")
    for row, band in zip(rows, np.atleast_1d(figure.subfigures(len(rows), 1)), strict=True):
        axes = band.subplots(3, len(row), squeeze=False, sharex="col", width_ratios=[len(targets[i]) + 4 for i in row])
        for column, i in enumerate(row):
            for axis, values in zip(axes[:, column], (inputs[i], targets[i], outputs[i]), strict=True):
                image = show(axis, values)
            wrong = int(np.sum((np.asarray(outputs[i]) > 0.5) != (np.asarray(targets[i]) > 0.5)))
            axes[0, column].set_title(f"length {len(targets[i])}\n{wrong} wrong bits", fontsize=9)
            axes[2, column].set_xlabel("time step")
            axes[2, column].set_xlim(0.5, max(len(inputs[i]), len(targets[i])) + 0.5)
        for axis, name in zip(axes[:, 0], ("inputs", "targets", "outputs"), strict=True):
            axis.set_ylabel(name)
        band.colorbar(image, ax=axes, shrink=0.6, ticks=(0, 0.5, 1), label="probability of a 1")
    return figure


def memory_figure(
    inputs: np.ndarray,
    outputs: np.ndarray,
    adds: np.ndarray,
    reads: np.ndarray,
    write_w: np.ndarray,
    read_w: np.ndarray,
) -> Figure:
    """One sequence seen from the memory: what is written and where, what is read and from where (Figure 6).

    Left: inputs [T, I], add vectors [T, W] and write weightings [T, N] of one write head. Right: outputs [T, O], read
    vectors [T, W] and read weightings [T, N] of one read head. Only the slots around those used are shown.
    """
    first, last = used_slots(np.maximum(write_w, read_w))
    writes, looks = (w.take(np.arange(first, last + 1), axis=1, mode="wrap") for w in (write_w, read_w))
    figure = Figure(figsize=(WIDTH, 7.5), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True, height_ratios=[1, 1.6, 3])
    rows = (
        ("channel", "bit", (("inputs", inputs), ("outputs", outputs)), {}),
        ("element", "value", (("add vectors", adds), ("read vectors", reads)), {"cmap": "RdBu_r", "low": -1}),
        (
            "slot",
            "weight",
            (("write weightings", writes), ("read weightings", looks)),
            {"cmap": "Greys", "first": first},
        ),
    )
    for row, (unit, colour, panels, style) in zip(axes, rows, strict=True):
        row[0].set_ylabel(unit)
        for axis, (title, values) in zip(row, panels, strict=True):
            image = show(axis, values, **style)
            axis.set_title(title, fontsize=10)
        figure.colorbar(image, ax=row, label=colour)
    for axis in axes[2]:
        axis.yaxis.set_major_formatter(lambda slot, _: f"{int(slot) % write_w.shape[1]}")
        axis.set_xlabel("time step")
    return figure


def used_slots(w_TN: np.ndarray, margin: int = 2) -> tuple[int, int]:
    """First and last slot ever weighted above 0.1, with a margin; from -N/2, since heads may walk back from slot 0."""
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
