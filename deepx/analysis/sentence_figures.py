"""Pictures of what lies between two sentences: [R, K, H, W, C] in [0, 1], R ways from one to another, K on each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from deepx.analysis.sample_figures import FONT, mosaic

FOOT = "\n\nshare of the way between the two sentences' vectors"  # below the last row's sentences


def between_figure(images: np.ndarray, ways: Sequence[tuple[str, str]]) -> Figure:
    """On the way from one sentence, at the left, to another: a row a way, with both under it."""
    shares = np.linspace(0, 100, images.shape[1])
    made = mosaic(images, columns=[f"{share:.0f}%" for share in shares], down=0.35, foot=FOOT)
    below, (left, right) = images.shape[2] / 2, (made.columns[0], made.columns[-1])
    half = images.shape[3] / 2
    for middle, (first, second) in zip(made.rows, ways, strict=True):
        made.axis.text(left - half, middle + below, first, ha="left", va="top", fontsize=FONT)
        made.axis.text(right + half, middle + below, second, ha="right", va="top", fontsize=FONT)
    return made.figure
