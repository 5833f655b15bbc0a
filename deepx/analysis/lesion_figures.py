"""Pictures of lesions and paths of nets: Veit, Wilber, Belongie 2016 (arXiv 1605.06431), figures 3, 5 and 6.

Each takes several nets by name and draws them into the same axes. Errors are percentages of wrong answers; blocks are
numbered from 0 through a net. Shapes: L blocks, G lesions, C counts of deleted blocks, D draws of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepx.analysis.paths import TAIL, Lengths

WIDTH = 10.0  # inches
MARKERS = "osD^vP"


class Deletions(NamedTuple):
    """Errors [G] without each of `blocks` [G] in turn, the whole net's error, and which blocks change the shape."""

    blocks: np.ndarray
    errors: np.ndarray
    whole: float
    reshaping: tuple[int, ...]


class RandomDeletions(NamedTuple):
    """Errors [C, D] without `counts` [C] random blocks."""

    counts: np.ndarray
    errors: np.ndarray


class Shuffles(NamedTuple):
    """Errors [G] of nets in other orders of these Kendall's taus [G], and the error of the net's own order."""

    taus: np.ndarray
    errors: np.ndarray
    whole: float


Net = TypeVar("Net", Deletions, RandomDeletions, Shuffles, Lengths)


def deletions_figure(nets: Mapping[str, Deletions], chance: float) -> Figure:
    """Error without one block, against the block (figure 3). Large open markers are blocks that change the shape."""
    figure, axis = one_axis(nets, chance)
    for name, look, net in looks(nets):
        axis.plot(net.blocks, net.errors, lw=1.2, ms=3.5, label=f"{name} (whole: {net.whole:.1f}%)", **look)
        axis.axhline(net.whole, lw=0.8, ls=":", color=look["color"])
        at = np.isin(net.blocks, net.reshaping)
        axis.plot(net.blocks[at], net.errors[at], **{**look, "ls": ""}, ms=9, mfc="none", mew=1.5)
    axis.plot([], [], "o", color="0.4", ms=9, mfc="none", mew=1.5, label="downsampling, or more channels")
    axis.set(xlabel="block deleted, counted from 0 at the input", ylabel="test error (%)")
    finish(figure, axis)
    return figure


def random_deletions_figure(nets: Mapping[str, RandomDeletions], chance: float) -> Figure:
    """Error without several random blocks, against how many: median of the draws and their quartiles (figure 5a)."""
    figure, axis = one_axis(nets, chance)
    for name, look, net in looks(nets):
        low, middle, high = np.percentile(net.errors, (25, 50, 75), axis=1)
        axis.plot(net.counts, middle, lw=1.2, ms=4, label=f"{name}, {net.errors.shape[1]} draws", **look)
        axis.fill_between(net.counts, low, high, color=look["color"], alpha=0.2, lw=0)
    axis.set(xlabel="blocks deleted at random", ylabel="test error (%), median and quartiles")
    finish(figure, axis)
    return figure


def shuffles_figure(nets: Mapping[str, Shuffles], chance: float) -> Figure:
    """Error of nets in other orders, against Kendall's tau of the order, 1 at the left (figure 5b)."""
    figure, axis = one_axis(nets, chance)
    for name, look, net in looks(nets):
        style = {**look, "ls": "", "ms": 4.5, "mew": 0, "alpha": 0.6}
        axis.plot(net.taus, net.errors, label=f"{name} (own order: {net.whole:.1f}%)", **style)
        axis.axhline(net.whole, lw=0.8, ls=":", color=look["color"])
    axis.set(xlabel="Kendall's tau between the order of the blocks and the net's own", ylabel="test error (%)")
    axis.invert_xaxis()
    finish(figure, axis)
    return figure


def paths_figure(nets: Mapping[str, Lengths]) -> Figure:
    """Paths, the gradient along one, and the gradient along all, against their length (figure 6 a, b, c)."""
    figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
    number, norm, product = figure.subplots(1, 3)
    for name, look, net in looks(nets):
        style = {**look, "lw": 1.2, "ms": 2.5}
        lengths, (shortest, longest) = np.arange(len(net.paths)), net.effective
        number.plot(lengths, 100 * net.paths, **style)
        norm.plot(lengths, positive(net.norm), **style)
        norm.fill_between(lengths, *positive(net.quartiles[::2]), color=look["color"], alpha=0.2, lw=0)
        share = f"{100 * net.effective_paths:.2g}% of its paths"
        product.plot(lengths, 100 * net.gradient, label=f"{name}; {shortest} to {longest} blocks: {share}", **style)
        inside = slice(shortest, longest + 1)
        product.fill_between(lengths[inside], 100 * net.gradient[inside], color=look["color"], alpha=0.2, lw=0)
    number.set(title="a. paths", ylabel="share of all paths (%)")
    norm.set(title="b. gradient along one path", ylabel="norm at the image, mean and quartiles", yscale="log")
    product.set(title=f"c. a times b; shaded: {TAIL:.0%} to {1 - TAIL:.0%} of it", ylabel="share of the gradient (%)")
    for axis in (number, norm, product):
        axis.set_xlabel("length of the path (blocks)")
        axis.title.set_fontsize(10)
        axis.grid(alpha=0.3)
    for axis in (number, product):
        axis.set_ylim(bottom=0)
    figure.legend(loc="outside lower center", ncols=min(len(nets), 2), fontsize=9, frameon=False)
    return figure


def one_axis(nets: Mapping[str, Deletions | RandomDeletions | Shuffles], chance: float) -> tuple[Figure, Axes]:
    """Errors from 0 up to what guessing gives, which is a line, and a little more."""
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    axis = figure.subplots()
    axis.axhline(chance, color="0.5", lw=1, ls="--")
    axis.text(0.995, chance, "guessing", transform=axis.get_yaxis_transform(), ha="right", va="bottom", color="0.4")
    axis.set_ylim(0, 1.08 * max(chance, *(np.max(net.errors) for net in nets.values())))
    return figure, axis


def looks(nets: Mapping[str, Net]) -> Iterator[tuple[str, dict[str, str], Net]]:
    """Every net with its name, colour and marker."""
    for i, (name, net) in enumerate(nets.items()):
        yield name, {"color": f"C{i}", "marker": MARKERS[i % len(MARKERS)]}, net


def finish(figure: Figure, axis: Axes) -> None:
    axis.grid(alpha=0.3)
    axis.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)


def positive(values: np.ndarray) -> np.ndarray:
    """What a logarithmic axis can show."""
    return np.where(values > 0, values, np.nan)
