"""Runs of one benchmark beside one another: curves in one picture, settings that differ, what was measured."""

from __future__ import annotations

import collections
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepx.engine import log
from deepx.engine.config import DESCRIPTIVE, flatten
from deepx.engine.page import embedded, number, spread
from deepx.engine.record import NOT_TESTED
from experiments import compare, results, runs
from experiments.runs import Seen

BESIDE = 8  # runs side by side; more of them stand one below the other
PICTURES = 2  # of curves: training, and one split on which the metric is evaluated
SIZE = (5.2, 3.4)  # of a picture of curves, in inches: it can be read on a telephone


class Comparison(NamedTuple):
    """Runs of one benchmark beside one another. Tables are lines of cells, the first of them the head."""

    benchmark: str
    colours: Mapping[str, str]  # by the name of a run
    curves: list[dict[str, Any]]
    without: list[str]
    settings: list[list[str]]
    metrics: list[list[str]]


def compared(benchmark: str, of: Mapping[str, Seen]) -> Comparison:
    """The comparison of a benchmark's runs, by the names that they have on the page."""
    coloured = dict(zip(of, compare.colours(len(of)), strict=True))
    drawn, without = curves(of, coloured)
    tables = [settings_table(of), metrics_table(of)]
    if len(of) > BESIDE:
        tables = [[list(column) for column in zip(*table, strict=True)] for table in tables]
    return Comparison(benchmark, coloured, drawn, without, *tables)


def settings(run: Seen) -> dict[str, Any]:
    """A run's config by dotted name, without what it says about itself."""
    return {name: value for name, value in flatten(run.config).items() if name not in DESCRIPTIVE}


def settings_table(of: Mapping[str, Seen]) -> list[list[str]]:
    """Where the configs differ: a line a setting, a column a run. Empty where they do not."""
    flat = [{"variant": run.config["variant"], **settings(run)} for run in of.values()]
    keys = dict.fromkeys(key for one in flat for key in one)
    lines = [[key, *(str(one.get(key, "")) for one in flat)] for key in keys]
    differing = [line for line in lines if len(set(line[1:])) > 1]
    return [["", *of], *differing] if differing else []


def metrics_table(of: Mapping[str, Seen]) -> list[list[str]]:
    """What finished runs measured, with intervals, beside the paper's numbers: a line a metric, a column a run."""
    records = {name: run.record for name, run in of.items() if run.record}
    measured = {name: entry for record in records.values() for name, entry in record["metrics"].items()}
    reported = {name: entry for record in records.values() for name, entry in record["paper"].items()}
    theirs = {name: str(entry["value"]) for name, entry in reported.items() if name in measured}
    lines = []
    for metric in results.single([name for name in measured if not name.startswith(NOT_TESTED)]):
        unit = f" ({measured[metric]['unit']})" if measured[metric]["unit"] else ""
        entries = (record["metrics"].get(metric) for record in records.values())
        cells = (cell(entry) if entry else "" for entry in entries)
        lines.append([metric + unit, *cells, *([theirs.get(metric, "")] if theirs else [])])
    return [["", *records, *(["paper"] if theirs else [])], *lines] if lines else []


def cell(entry: Mapping[str, Any]) -> str:
    """A mean with its interval."""
    return number(entry["mean"]) + (f" ({reach})" if (reach := spread(entry)) else "")


def curves(of: Mapping[str, Seen], coloured: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[str]]:
    """A metric of the runs, in training and where it is evaluated; and which runs have no curve there, with reasons."""
    read, without = {}, []
    for name, run in of.items():
        try:
            read[name] = runs.rows(run.path)
        except ValueError as error:
            without.append(f"{name}: {error}")
    metric = watched(of, read)
    having = collections.Counter(
        split for rows in read.values() for split in {split for _, split, values in rows if metric in values}
    )
    drawn, shown = [], set()
    for split in sorted(having, key=lambda split: (split != "train", -having[split]))[:PICTURES]:
        lines = {}
        for name, rows in read.items():
            chosen = [(step, values[metric]) for step, its, values in rows if its == split and metric in values]
            batch = of[name].config.get("batch_size")
            if chosen and runs.fits(batch, int) and len({len(values) for _, values in chosen}) == 1:
                steps, values = zip(*chosen, strict=True)
                lines[name] = (np.array(steps, float) * batch, np.stack(values))
        shown |= set(lines)
        if lines:
            drawn.append(picture(lines, split, metric, unit_of(of, split, metric), coloured))
    without += [f"{name}: no rows of {metric}" for name in read if drawn and name not in shown]
    return drawn, without


def watched(of: Mapping[str, Seen], read: Mapping[str, Sequence[runs.Row]]) -> str:
    """The metric to draw: one that the paper reports, else the first that is logged."""
    logged = dict.fromkeys(name for rows in read.values() for _, _, values in rows for name in values)
    reported = [name for run in of.values() if run.record for name in run.record["paper"]]
    wanted = [re.sub(f"^({'|'.join(log.PARTS)})_", "", name.partition("/")[0]) for name in reported]
    return next((name for name in [*wanted, *logged] if name in logged and name != "gradient_norm"), "")


def unit_of(of: Mapping[str, Seen], split: str, metric: str) -> str:
    """The unit that a finished run's record gives the metric."""
    name = log.metric_name(metric, split)
    entries = (run.record["metrics"].get(name) for run in of.values() if run.record)
    return next((entry["unit"] for entry in entries if entry), "")


def picture(
    lines: dict[str, tuple[np.ndarray, np.ndarray]], split: str, metric: str, unit: str, coloured: Mapping[str, str]
) -> dict[str, Any]:
    """Curves as a part of the page, which explains the colours."""
    label = log.label(metric, split, unit).encode("utf-8", "replace").decode()
    stream = io.BytesIO()
    escaped = label.replace("$", r"\$")  # which would begin a formula
    compare.picture(lines, escaped, SIZE, coloured).savefig(stream, dpi=150)
    width, height = (round(96 * inches) for inches in SIZE)
    alt = f"{label} of {len(lines)} runs against examples seen"
    return {"source": embedded(stream.getvalue(), "png"), "alt": alt, "width": width, "height": height}
