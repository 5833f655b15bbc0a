"""Pictures of translations: BLEU by length, sentences' vectors on a plane, examples, alignments, BLEU over training."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

OURS, THEIRS = "#0b6e99", "#c1440e"
WIDTH = 96  # characters of a line of an example


def by_length_figure(lengths: np.ndarray, bleu: Mapping[str, np.ndarray]) -> Figure:
    """BLEU [G] of each way of decoding over the mean length [G] of the source."""
    picture = Figure(figsize=(6, 3.4), layout="constrained")
    axis = picture.subplots()
    for (name, values), colour in zip(bleu.items(), (OURS, THEIRS), strict=False):
        axis.plot(lengths, values, "o-", color=colour, label=name)
    axis.set_xlabel("words of the source (mean of a group)")
    axis.set_ylabel("BLEU")
    axis.set_ylim(0, 1.05 * max(values.max() for values in bleu.values()))
    axis.grid(alpha=0.25)
    axis.legend(frameon=False, loc="lower left")
    return picture


def plane(vectors: np.ndarray) -> np.ndarray:
    """The vectors [N, D] on their two principal axes [N, 2], or as many as there are, the others 0."""
    centred = vectors - vectors.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(vectors), 2))
    found[:, : min(2, len(s))] = (u * s)[:, :2]
    return found


def plane_figure(places: np.ndarray, texts: Sequence[str]) -> Figure:
    """A point [N, 2] for each sentence, with its words."""
    picture = Figure(figsize=(7, 4.5), layout="constrained")
    axis = picture.subplots()
    axis.plot(*places.T, "o", color=OURS)
    for (x, y), text in zip(places, texts, strict=True):
        right = x > places[:, 0].mean()  # its words stand at the left
        at, side = ((-6, 4), "right") if right else ((6, 4), "left")
        axis.annotate(text, (x, y), xytext=at, ha=side, textcoords="offset points", fontsize=9)
    axis.margins(x=0.25, y=0.12)
    axis.set_xlabel("first principal axis")
    axis.set_ylabel("second")
    axis.grid(alpha=0.25)
    return picture


def examples_figure(examples: Sequence[Mapping[str, str]]) -> Figure:
    """Sentences by what they are: source, reference, translation."""
    lines: list[tuple[str, str]] = []
    for example in examples:
        for name, text in example.items():
            folded = textwrap.wrap(text, WIDTH) or [""]
            lines += [(name, folded[0]), *(("", rest) for rest in folded[1:])]
        lines.append(("", ""))
    picture = Figure(figsize=(9, 0.22 * len(lines) + 0.2))
    for at, (name, text) in enumerate(lines):
        y = 1 - (at + 0.8) / (len(lines) + 0.5)
        picture.text(0.01, y, name, fontsize=8, color=OURS, parse_math=False)
        picture.text(0.12, y, text, fontsize=8, parse_math=False)
    return picture


def alignment_figure(examples: Sequence[tuple[Sequence[str], Sequence[str], np.ndarray]]) -> Figure:
    """Of each (source, target, shares [T, S]), the shares as shades, two examples a row."""
    rows = -(-len(examples) // 2)
    picture = Figure(figsize=(9, 4 * rows), layout="constrained")
    axes = picture.subplots(rows, 2, squeeze=False).flat
    for axis in axes[len(examples) :]:
        axis.set_axis_off()
    for axis, (source, target, shares) in zip(axes, examples, strict=False):
        image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axis.set_xticks(range(len(source)), source, rotation=60, ha="right", fontsize=8, parse_math=False)
        axis.set_yticks(range(len(target)), target, fontsize=8, parse_math=False)
    picture.colorbar(image, ax=picture.axes, shrink=0.5, label="share of the look")
    return picture


def progress_figure(steps: Sequence[int], bleu: np.ndarray) -> Figure:
    """BLEU [looks] over training."""
    picture = Figure(figsize=(6, 3), layout="constrained")
    axis = picture.subplots()
    axis.plot(steps, bleu, "o-", color=OURS, markersize=3)
    axis.set_xlabel("step")
    axis.set_ylabel("BLEU")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.25)
    return picture
