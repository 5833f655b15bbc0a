"""A local function of a large image, by overlapping tiles of one size: its program is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def in_tiles(
    function: Callable[[np.ndarray], np.ndarray], image: np.ndarray, tile: int, reach: int, scale: int = 1
) -> np.ndarray:
    """`function` of a whole image [H, W, C], computed tile by tile.

    function: [h, w, C] -> [scale h, scale w, K], of which each number depends on what is within `reach` pixels, and
    which treats the border of a tile as it does that of an image: tiles lie inside the image, so the result is that of
    the whole, at its borders too. It is given sides of `tile` pixels, or of all the image has, where that is less.

    Raises ValueError for tiles that are all border.
    """
    rows, columns = (list(spans(side, tile, reach)) for side in image.shape[:2])
    lines = []
    for top, above, below in rows:
        line = []
        for left, before, behind in columns:
            made = np.asarray(function(image[top : top + tile, left : left + tile]))
            made = made[scale * (above - top) : scale * (below - top)]
            line.append(made[:, scale * (before - left) : scale * (behind - left)])
        lines.append(np.concatenate(line, axis=1))
    return np.concatenate(lines)


def spans(side: int, tile: int, reach: int) -> Iterator[tuple[int, int, int]]:
    """Along a side: where each tile begins, and from where to where its results are kept, which together is all."""
    if side > tile <= 2 * reach:
        raise ValueError(f"tiles of {tile} pixels are all border, where {reach} on each side are; they must be larger")
    kept = 0
    while kept < side:
        at = max(0, min(kept - reach, side - tile))
        end = side if at + tile >= side else at + tile - reach
        yield at, kept, end
        kept = end
