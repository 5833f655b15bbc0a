"""Pictures of generated images: grids with a word to every row and column, films over training, neighbours, arithmetic.

Images are [H, W, C] in [0, 1], C = 1 or 3; numbers outside are clipped. R rows, K columns, T steps.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import chex
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 10.0  # inches
TILE = 1.0  # inches of an image's width, at most
GAP = 0.06  # between images, in images
FONT = 9
LETTER, LINE, MARGIN = 0.075, 0.17, 0.08  # inches


class Mosaic(NamedTuple):
    """A figure that shows images as one picture; where the middles of its rows and columns are, in pixels."""

    figure: Figure
    axis: Axes
    rows: np.ndarray
    columns: np.ndarray


def grid_figure(images: np.ndarray, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> Figure:
    """Images [R, K, H, W, C] in R rows and K columns, each with its word where `rows` or `columns` are given."""
    return mosaic(images, rows, columns).figure


def film_figure(images: np.ndarray, steps: Sequence[int], most: int = 10) -> Figure:
    """The samples [T, K, H, W, C] of the same noise after each of `steps`: a row a step, at most `most` of them.

    Where there are more, they are chosen evenly, the first and the last among them.
    """
    shown = np.unique(np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int))
    return grid_figure(np.asarray(images)[shown], [f"step {steps[t]:,}" for t in shown])


def interpolation_figure(images: np.ndarray) -> Figure:
    """Images [R, K, H, W, C] on the way from one noise, at the left, to another: a row a way."""
    shares = np.linspace(0, 100, images.shape[1])
    return mosaic(images, columns=[f"{share:.0f}%" for share in shares], foot="share of the right end's noise").figure


def neighbours_figure(samples: np.ndarray, neighbours: np.ndarray, distances: np.ndarray) -> Figure:
    """Samples [R, H, W, C] beside the training images [R, K, H, W, C] nearest to each, with their distances [R, K]."""
    images = np.concatenate([samples[:, None], neighbours], axis=1)
    words = ["sample", "nearest", "2nd", "3rd", *(f"{k}th" for k in range(4, images.shape[1]))][: images.shape[1]]
    made = mosaic(images, columns=words, down=0.25, foot="\nunder each training image: its distance from the sample")
    below = images.shape[2] / 2
    for middle, of_row in zip(made.rows, distances, strict=True):
        for column, distance in zip(made.columns[1:], of_row, strict=True):
            made.axis.text(column, middle + below, f"{distance:.2f}", ha="center", va="top", fontsize=FONT - 1)
    made.axis.axvline(made.columns[:2].mean(), color="0.4", lw=1)
    return made.figure


def arithmetic_figure(samples: np.ndarray, means: np.ndarray, results: np.ndarray, words: Sequence[str]) -> Figure:
    """a - b + c in the space of noise: Radford et al. 2015 (arXiv 1511.06434), figure 7.

    samples: [3, S, H, W, C], of each term a column. means: [3, H, W, C], what the mean of their noise makes, below.
    results: [S, S, H, W, C], at the right: in the middle the sum, around it sums with a little noise. words: what a, b
    and c show, and the sum should show.
    """
    side = results.shape[0]
    left = np.concatenate([samples.swapaxes(0, 1), means[None]])
    right = np.pad(results, ((1, 0), *[(0, 0)] * 4), constant_values=1.0)  # a row of white above
    made = mosaic(np.concatenate([left, right], axis=1), columns=[*words[:3], *[""] * side], across=0.25)
    for sign, column in zip("\N{MINUS SIGN}+=", (made.columns[:3] + made.columns[1:4]) / 2, strict=True):
        made.axis.text(column, made.rows[-1], sign, ha="center", va="center", fontsize=FONT + 5)
    above = made.rows[:2].mean()
    made.axis.text(made.columns[3:].mean(), above, f"{words[3]}?", ha="center", va="bottom", fontsize=FONT)
    return made.figure


def mosaic(
    images: np.ndarray,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    across: float = GAP,
    down: float = GAP,
    foot: str = "",
) -> Mosaic:
    """Images [R, K, H, W, C] with words of rows and columns, and a line below. across, down: the gaps, in images."""
    chex.assert_rank(images, 5)
    count_rows, count_columns, height, width, _ = images.shape
    gap_y, gap_x = max(1, round(down * height)), max(1, round(across * width))
    canvas = tiled(images, gap_y, gap_x)

    left = MARGIN + max((len(word) for word in rows), default=0) * LETTER
    scale = min(TILE / width, (WIDTH - left - MARGIN) / canvas.shape[1])  # inches a pixel
    wrapped = [textwrap.fill(word, max(5, int((width + gap_x) * scale / LETTER))) for word in columns]
    top = MARGIN + max((word.count("\n") + 1 for word in wrapped), default=0) * LINE
    bottom = MARGIN + (foot.count("\n") + 1.3 if foot else 0) * LINE
    wide, high = canvas.shape[1] * scale, canvas.shape[0] * scale
    size = np.array([left + wide + MARGIN, bottom + high + top])

    figure = Figure(figsize=tuple(size))
    axis = figure.add_axes((left / size[0], bottom / size[1], wide / size[0], high / size[1]))
    axis.imshow(canvas, interpolation="nearest", aspect="auto")
    axis.spines[:].set_visible(False)
    middles = tuple(
        (side - 1) / 2 + np.arange(count) * (side + gap)
        for side, count, gap in ((height, count_rows, gap_y), (width, count_columns, gap_x))
    )
    axis.set_yticks(middles[0] if rows else [], rows)
    axis.set_xticks(middles[1] if columns else [], wrapped)
    axis.tick_params(length=0, labelsize=FONT, top=True, labeltop=True, bottom=False, labelbottom=False)
    figure.text((left + wide / 2) / size[0], MARGIN / size[1], foot, ha="center", va="bottom", fontsize=FONT)
    return Mosaic(figure, axis, *middles)


def tiled(images: np.ndarray, gap_y: int, gap_x: int) -> np.ndarray:
    """Images [R, K, H, W, C] as one, [.., .., 3], with white gaps between them, in pixels."""
    images = np.clip(np.asarray(images, np.float32), 0, 1)
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    framed = np.pad(images, ((0, 0), (0, 0), (0, gap_y), (0, gap_x), (0, 0)), constant_values=1.0)
    rows, columns, height, width, channels = framed.shape
    return framed.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)[:-gap_y, :-gap_x]
