"""Pictures of a neural Turing machine at work (Graves, Wayne, Danihelka 2014, Figures 4 to 17).

Shapes: S sequences, T time, I inputs, O outputs, N memory slots, W slot width, E write heads. Time runs to the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 10.0  # inches


def outputs_figure(examples: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Inputs [T, I], targets and outputs [T, O] of named sequences over one time axis (Figures 4 to 16).

    Outputs are probabilities; a bit is wrong where it lies on the other side of 1/2 from its target. What is not judged
    is NaN in both, and left white. Short sequences share a row.
    """
    rows = packed({name: len(parts[0]) for name, parts in examples.items()})
    figure = Figure(figsize=(WIDTH, 3.0 * len(rows)), layout="constrained")
    for row, band in zip(rows, np.atleast_1d(figure.subfigures(len(rows), 1)), strict=True):
        widths = [len(examples[name][0]) + 6 for name in row]
        axes = band.subplots(3, len(row), squeeze=False, sharex="col", width_ratios=widths)
        for column, name in enumerate(row):
            _, targets, outputs = examples[name]
            for axis, values in zip(axes[:, column], examples[name], strict=True):
                show(axis, values)
            wrong = int(np.sum((np.asarray(outputs) > 0.5) != (np.asarray(targets) > 0.5)))
            axes[0, column].set_title(f"{name}\n{wrong} wrong bits", fontsize=9)
            axes[2, column].set_xlabel("time step")
        for axis, name in zip(axes[:, 0], ("inputs", "targets", "outputs"), strict=True):
            axis.set_ylabel(name)
        band.colorbar(axes[0, 0].images[0], ax=axes, shrink=0.6, ticks=(0, 0.5, 1), label="probability of a 1")
    return figure


def packed(lengths: Mapping[str, int], room: int = 140) -> list[list[str]]:
    """Names in rows, short ones first, of at most four and `room` steps in all, unless one alone is longer."""
    rows: list[list[str]] = []
    for name in sorted(lengths, key=lambda name: lengths[name]):
        if rows and len(rows[-1]) < 4 and sum(lengths[n] for n in rows[-1]) + lengths[name] <= room:
            rows[-1].append(name)
        else:
            rows.append([name])
    return rows


def predictions_figure(bits: np.ndarray, network: np.ndarray, optimal: np.ndarray, judged: np.ndarray) -> Figure:
    """Probabilities [T] that the next bit is 1, the network's and the optimal estimator's, below the bits (Fig. 14)."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    strip, axis = figure.subplots(2, 1, sharex=True, height_ratios=[1, 9])
    show(strip, np.asarray(bits)[:, None])
    strip.set_yticks([])
    strip.set_ylabel("bit", rotation=0, ha="right", va="center")
    steps = np.arange(1, len(bits) + 1)
    seen = np.asarray(judged) > 0
    axis.plot(steps[seen], np.asarray(optimal)[seen], color="0.5", lw=1.2, label="optimal estimator")
    axis.plot(steps[seen], np.asarray(network)[seen], color="C3", lw=1.2, label="network")
    axis.set(xlabel="time step", ylabel="probability that the next bit is 1", ylim=(-0.03, 1.15))
    axis.legend(loc="upper right", fontsize=9, ncols=2, frameon=False)  # above all lines
    return figure


def locations_figure(priority: np.ndarray, slot: np.ndarray) -> Figure:
    """The slot [S, T, E] that each write head weighs most, against the priority [S, T] of the vector that it saw."""
    heads = slot.shape[-1]
    figure = Figure(figsize=(WIDTH, 3.0 * -(-heads // 4) + 0.4), layout="constrained")
    axes = figure.subplots(-(-heads // 4), min(heads, 4), squeeze=False, sharex=True, sharey=True)
    for head, axis in enumerate(axes.flat):
        if head >= heads:
            axis.set_axis_off()
            continue
        axis.plot(np.ravel(priority), np.ravel(slot[..., head]), ".", ms=2, alpha=0.3)
        axis.set_title(f"write head {head + 1}", fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("priority")
    for axis in axes[:, 0]:
        axis.set_ylabel("slot written most")
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
    rows: tuple[tuple[str, str, tuple, dict[str, Any]], ...] = (
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


def conditions_figure(nets: Mapping[str, tuple[np.ndarray, np.ndarray]], xlabel: str, ylabel: str) -> Figure:
    """What each network measures [P, S] of S seeds, against the number [P] in its test conditions (Figure 11).

    A faint dot each seed, lines through their medians; logarithmic where the values ask for it.
    """
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axis = figure.subplots()
    for i, (name, (x, values)) in enumerate(nets.items()):
        axis.plot(x, values, "o", color=f"C{i}", markersize=3.5, alpha=0.4, markeredgewidth=0)
        seeds = f" ({values.shape[1]} seeds)" if values.shape[1] > 1 else ""
        axis.plot(x, np.median(values, axis=1), "o-", color=f"C{i}", markersize=5, linewidth=1.6, label=name + seeds)
    shown = np.concatenate([values.ravel() for _, values in nets.values()])
    if shown.min() > 0 and shown.max() > 50 * shown.min():
        axis.set_yscale("log")
    else:
        axis.set_ylim(0, 1.08 * shown.max())
    axis.set(xlabel=xlabel, ylabel=ylabel, xticks=np.unique(np.concatenate([x for x, _ in nets.values()])))
    axis.grid(alpha=0.25)
    axis.legend(frameon=False, fontsize=9)
    return figure
