"""Pictures of a game on a line or in the plane, where everything can be seen: figure 1 of Goodfellow et al. 2014.

(arXiv 1406.2661.) A panel a step of training. P places, A arrows, N points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 10.0  # inches
COLUMNS = 4  # panels beside each other, at most
DATA, GENERATOR, DISCRIMINATOR = "black", "#2a7f2a", "#1f4fb4"


class Line(NamedTuple):
    """A game on a line, at one step: at the places x [P], the data's density, the generator's, and D(x), [P] each;
    and from noise [A] to what the generator makes of it [A].
    """

    x: np.ndarray
    data: np.ndarray
    generator: np.ndarray
    discriminator: np.ndarray
    noise: np.ndarray
    generated: np.ndarray


class Plane(NamedTuple):
    """A game in the plane, at one step: points of the data and of the generator [N, 2], and D [P, P] on a lattice.

    extent: left, right, bottom and top of the lattice, whose rows run upwards.
    """

    data: np.ndarray
    generated: np.ndarray
    discriminator: np.ndarray
    extent: tuple[float, float, float, float]


def lines_figure(moments: Mapping[str, Line]) -> Figure:
    """Densities and D(x) after each number of steps, and below them the noise with arrows to where it is carried."""
    figure, panels = panels_of(moments, height=2.7)
    top = 1.15 * max(max(line.data.max(), line.generator.max()) for line in moments.values())
    for axis, (title, line) in zip(panels, moments.items(), strict=False):
        axis.plot(line.x, line.data, color=DATA, ls=":", lw=1.8, zorder=3, label="data")
        axis.plot(line.x, line.generator, color=GENERATOR, lw=1.6, label="generator")
        axis.set(title=title, ylim=(-0.45 * top, top), xlim=(line.x.min(), line.x.max()))
        axis.set_yticks([tick for tick in axis.get_yticks() if 0 <= tick < top])
        scale = top / 1.15  # D = 1 is as high as the highest density
        right = axis.secondary_yaxis("right", functions=(lambda y, s=scale: y / s, lambda d, s=scale: d * s))
        right.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        right.tick_params(colors=DISCRIMINATOR, labelsize=8)
        dashed = {"color": DISCRIMINATOR, "ls": "--", "lw": 1.3}
        axis.plot(line.x, scale * line.discriminator, label="D(x), scale at the right", **dashed)
        axis.axhline(scale / 2, color=DISCRIMINATOR, lw=0.6, alpha=0.5)
        arrows(axis, line, top)
        if axis.get_subplotspec().is_first_col():
            axis.set_ylabel("density", fontsize=9)
    finish(figure, panels, len(moments))
    return figure


def arrows(axis: Axes, line: Line, top: float) -> None:
    """From the noise, spread over the panel's width, up to x."""
    low, high = line.noise.min(), line.noise.max()
    start = line.x.min() + (line.noise - low) / max(high - low, 1e-9) * np.ptp(line.x)
    for at, to in zip(start, line.generated, strict=True):
        arrow = {"arrowstyle": "->", "color": "0.45", "lw": 0.6, "shrinkA": 0, "shrinkB": 0}
        axis.annotate("", (to, -0.03 * top), (at, -0.36 * top), arrowprops=arrow, annotation_clip=True)
    for height, word in ((0.0, "x"), (-0.38 * top, "z")):
        axis.axhline(height, color="black", lw=0.8)
        axis.text(0.01, height - 0.01 * top, word, transform=axis.get_yaxis_transform(), va="top", fontsize=8)


def planes_figure(moments: Mapping[str, Plane]) -> Figure:
    """Points of the data and the generator after each number of steps, over the discriminator's D."""
    figure, panels = panels_of(moments, height=2.75)
    for axis, (title, plane) in zip(panels, moments.items(), strict=False):
        look = {"cmap": "RdBu", "vmin": 0, "vmax": 1, "alpha": 0.55, "interpolation": "bilinear"}
        shade = axis.imshow(plane.discriminator, extent=plane.extent, origin="lower", aspect="equal", **look)
        axis.plot(*plane.data.T, ".", color=DATA, ms=3.5, mew=0, label="data")
        axis.plot(*plane.generated.T, ".", color=GENERATOR, ms=3.5, mew=0, alpha=0.7, label="generator")
        axis.set(title=title, xlim=plane.extent[:2], ylim=plane.extent[2:], xticks=[], yticks=[])
    bar = figure.colorbar(shade, ax=panels, shrink=0.8, pad=0.01, ticks=[0, 0.5, 1], label="D: 1 is 'from the data'")
    bar.ax.set_yticklabels(["0", "½", "1"])
    finish(figure, panels, len(moments))
    return figure


def panels_of(moments: Mapping[str, NamedTuple], height: float) -> tuple[Figure, Sequence[Axes]]:
    """A panel for each moment, at most `COLUMNS` of them in a row."""
    rows = -(-len(moments) // COLUMNS)
    columns = -(-len(moments) // rows)  # as many in each row, if they can be
    figure = Figure(figsize=(WIDTH * max(columns, 2) / COLUMNS, height * rows + 0.4), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def finish(figure: Figure, panels: Sequence[Axes], used: int) -> None:
    """One legend for all, small letters, and no frame where there is no moment."""
    for axis in panels:
        axis.title.set_fontsize(10)
        axis.tick_params(labelsize=8)
    for axis in panels[used:]:
        axis.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    for handle in legend.legend_handles:
        handle.set_markersize(7)
