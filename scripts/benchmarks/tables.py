"""Measurements as people read them: a table for the terminal, one in Markdown, and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from scripts.benchmarks.families import FAMILIES

Row = Mapping[str, Any]


def share(row: Row, limits: Mapping[str, float]) -> float | None:
    """How near we come to the limit, from 0 to 1: the time that products or memory alone would take, over ours."""
    least = max(row["gigaflops"] / limits["gigaflops"], row["gigabytes"] / limits["gigabytes"])
    return least / ours(row)["seconds"] if least else None


def ours(row: Row) -> Mapping[str, Any]:
    return next(iter(row["sides"].values()))


def cells(row: Row, limits: Mapping[str, float]) -> list[str]:
    """A line of the table: case, ms of each side, ratio, share of the limit, and what ours took to begin."""
    mine, near = ours(row), share(row, limits)
    ratio = row["sides"][FAMILIES[row["family"]].reference]["ratio"]
    return [
        row["case"],
        *(figures(1000 * side["seconds"]) for side in row["sides"].values()),
        f"{figures(ratio['median'])} ({figures(ratio['least'])} to {figures(ratio['most'])})",
        "" if near is None else f"{100 * near:.0f}%",
        f"{mine['build_seconds']:.1f}",
        f"{mine['peak_mb']:.0f}",
    ]


def heads(row: Row) -> list[str]:
    """What `cells` are."""
    sides = [f"{side}, ms" for side in row["sides"]]
    return ["case", *sides, f"{FAMILIES[row['family']].reference} / deepx", "of the limit", "to begin, s", "peak, MB"]


def figures(value: float) -> str:
    """Three significant figures where they are needed."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def in_terminal(rows: Sequence[Row], limits: Mapping[str, float]) -> Table:
    first, *others = heads(rows[0])
    table = Table(first, box=None, pad_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*cells(row, limits))
    return table


def in_markdown(record: Mapping[str, Any]) -> str:
    """The whole record, a table a family."""
    limits, parts = record["limits"], []
    for name in FAMILIES:
        rows = [row for row in record["rows"] if row["family"] == name]
        if rows:
            columns = heads(rows[0])
            lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *(cells(row, limits) for row in rows)]
            parts += [f"### {name}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join([about(record), *parts]) + "\n"


def about(record: Mapping[str, Any]) -> str:
    """The machine, its limits, and how it was measured."""
    limits = record["limits"]
    return (
        f"{record['machine']}; large matrix products {limits['gigaflops']:.0f} GF/s, memory {limits['gigabytes']:.0f} "
        f"GB/s. Medians of {record['rounds']} rounds in turns; in brackets, the smallest and the largest ratio of a "
        "round."
    )
