"""Pictures of answered questions: the likeliest answers, where each block looked, accuracy by kind of question."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOUR, RIGHT, WRONG = "#9fb8c8", "#2f8f4e", "#c1440e"
ROW, WIDTH = 1.75, 9.0  # inches
LINE = 30  # letters of a question in a line


class Answered(NamedTuple):
    """A question about a picture (uint8 [P, P, 3]); answers with probabilities, the likeliest first; the truth, ""
    where it is not known; where each of L blocks looked [L, P, P].
    """

    picture: np.ndarray
    question: str
    answers: tuple[str, ...]
    probabilities: np.ndarray
    truth: str
    attention: np.ndarray


def answers_figure(answered: Sequence[Answered]) -> Figure:
    """A row a question: the picture, the picture as bright as each block looked at it, the answers."""
    blocks = len(answered[0].attention)
    figure = Figure(figsize=(min(WIDTH, ROW * (1 + blocks) + 3.6), ROW * len(answered)), layout="constrained")
    widths = [1.0] * (1 + blocks) + [1.5]
    axes = figure.subplots(len(answered), 2 + blocks, squeeze=False, width_ratios=widths)
    for row, one in zip(axes, answered, strict=True):
        shown = [one.picture, *(lit(one.picture, weights) for weights in one.attention)]
        for axis, picture in zip(row, shown, strict=False):
            axis.imshow(picture)
            axis.set_axis_off()
        bars(row[-1], one)
    for l, axis in enumerate(axes[0, 1:-1], 1):
        axis.set_title(f"block {l}", fontsize=9)
    return figure


def bars(axis: Axes, one: Answered) -> None:
    """The likeliest answers, under the question."""
    colours = [COLOUR] * len(one.answers)
    if one.truth:
        colours[0] = RIGHT if one.answers[0] == one.truth else WRONG
    places = np.arange(len(one.answers))
    axis.barh(places, 100 * one.probabilities, color=colours, height=0.7)
    axis.set_yticks(places, one.answers, fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xticks([0, 50, 100], ["0", "50", "100%"], fontsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    told = f"  [{one.truth}]" if one.truth and one.answers[0] != one.truth else ""
    axis.set_title(textwrap.fill(one.question + told, LINE), fontsize=9, loc="left")


def lit(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The picture, dark where nothing is looked at: from a fifth of its brightness to the whole, as `weights` grow."""
    smooth = blurred(weights, max(1, len(weights) // 32))
    share = np.clip(smooth / max(np.quantile(smooth, 0.995), 1e-12), 0, 1)
    return np.rint(picture * (0.2 + 0.8 * share[..., None])).astype(np.uint8)


def blurred(weights: np.ndarray, radius: int) -> np.ndarray:
    """Means over squares of 2 radius + 1 pixels, twice."""
    for _ in range(2):
        for axis in (0, 1):
            padded = np.pad(weights, [(radius, radius) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis=axis)
            weights = windows.mean(-1)
    return weights


def kinds_figure(accuracy: Mapping[str, np.ndarray]) -> Figure:
    """Accuracies (%) of every seed by kind of question: bars of means, a dot a seed."""
    figure = Figure(figsize=(min(WIDTH, 1.2 + 0.9 * len(accuracy)), 3.2), layout="constrained")
    axis = figure.subplots()
    for place, values in enumerate(accuracy.values()):
        axis.bar(place, values.mean(), color=COLOUR, width=0.65)
        if len(values) > 1:
            axis.plot([place] * len(values), values, ".", color="black", markersize=4)
        axis.text(place, 2, f"{values.mean():.1f}", ha="center", fontsize=8)  # below what the dots may cover
    axis.set_xticks(range(len(accuracy)), accuracy, fontsize=9)
    axis.set_ylabel("accuracy (%)")
    axis.set_ylim(0, 106)
    axis.spines[["top", "right"]].set_visible(False)
    return figure
