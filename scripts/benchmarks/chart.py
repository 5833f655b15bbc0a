"""How many times as fast as the reference each case is, as bars with the spread over rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from scripts.benchmarks.families import FAMILIES


def chart(record: Mapping[str, Any]) -> Figure:
    """A bar a case on a logarithmic axis, families together; a dash where the ratio should be at least."""
    rows = record["rows"]
    figure = Figure(figsize=(8, 1.2 + 0.24 * len(rows)), layout="constrained")
    axes = figure.subplots()
    families = [name for name in FAMILIES if any(row["family"] == name for row in rows)]
    for place, row in enumerate(rows):
        family = FAMILIES[row["family"]]
        ratio = row["sides"][family.reference]["ratio"]
        middle = ratio["median"]
        spread = [[middle - ratio["least"]], [ratio["most"] - middle]]
        colour = f"C{families.index(row['family'])}"
        axes.barh(place, middle - 1, left=1, color=colour, xerr=spread, error_kw={"elinewidth": 0.8, "ecolor": "0.3"})
        axes.plot([family.least] * 2, [place - 0.45, place + 0.45], color="k", linewidth=1.2)
        axes.annotate(f" {middle:.3g}", (max(ratio["most"], family.least), place), va="center", fontsize=7)
    axes.set_yticks(range(len(rows)), [f"{row['family']}: {row['case']}" for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks(ticks := [0.5, 1, 2, 5, 10, 20, 50, 100, 200], [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.margins(x=0.1, y=0.01)
    axes.axvline(1, color="0.5", linewidth=0.8)
    axes.set_xlabel("times as fast as PyTorch (dash: what we aim at; line: all rounds)")
    axes.set_title(record["machine"], fontsize=9)
    return figure
