"""`./scripts/compare`: learning curves of several runs in one picture (as figures 3, 7, 10, 13, 18 of the NTM's paper).

    ./scripts/compare runs/ntm/copy runs/ntm/copy-lstm --out=docs/copy.png
    ./scripts/compare runs/sweeps/*/trials/*
    ./scripts/compare RUN RUN --metric=error --split=valid --names="plain,residual"

A run is named by what sets its config apart from the others', unless --names says it better. Against examples seen, a
faint line each seed and their median. The numbers are saved beside the picture, as .npz.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from deepx.engine import log
from deepx.engine.config import flatten
from deepx.engine.curves import COLOURS, OTHERS
from deepx.engine.errors import UserError, nearest
from deepx.engine.usage import fitted

UNTOLD = ("run", "evaluation", "cost", "reported", "variant")  # sections that do not name a run


def series(run: Path, split: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Examples seen [P] and values [P, seeds]. Raises UserError where the run has no such rows."""
    if not (run / "config.json").exists():
        raise UserError(f"{run} holds no run (no config.json).")
    config, rows = json.loads((run / "config.json").read_text()), log.read(run)
    known = sorted({f"{row['split']} {name}" for row in rows for name in row["values"]})
    chosen = [row for row in rows if row["split"] == split and metric in row["values"]]
    if not chosen:
        raise UserError(f"{run} has no rows of {split} {metric}.{nearest(f'{split} {metric}', known)} It has: {known}.")
    steps = np.array([row["step"] for row in chosen])
    return steps * config["batch_size"], np.array([np.atleast_1d(row["values"][metric]) for row in chosen], float)


def axis_label(run: Path, split: str, metric: str) -> str:
    """What is drawn, with the unit that the record of a finished run gives it."""
    record = run / "result.json"
    entry = json.loads(record.read_text())["metrics"].get(log.metric_name(metric, split)) if record.exists() else None
    return log.label(metric, split, entry["unit"] if entry else "")


def names(runs: Sequence[Path]) -> list[str]:
    """What sets the runs' configs apart, a name each; the directory's where nothing does."""
    flat = [flatten(json.loads((run / "config.json").read_text())) for run in runs]
    differing = [
        key
        for key in dict.fromkeys(k for one in flat for k in one)
        if key.split(".")[0] not in UNTOLD and len({str(one.get(key)) for one in flat}) > 1
    ]
    told = [", ".join(f"{key.rpartition('.')[2]} {one.get(key)}" for key in differing[:3]) for one in flat]
    return [name or run.name for name, run in zip(told, runs, strict=True)]


def smoothed(values: np.ndarray, points: int = 200) -> np.ndarray:
    """Means over neighbouring rows, so that at most `points` remain."""
    width = max(1, len(values) // points)
    return values[: len(values) // width * width].reshape(-1, width, *values.shape[1:]).mean(1)


def colours(number: int) -> list[str]:
    """A colour for each of several runs: those of all curves while they are enough, else along a scale."""
    chosen = [COLOURS["valid"], *OTHERS][:number]
    return chosen if len(chosen) == number else [to_hex(c) for c in colormaps["turbo"](np.linspace(0.05, 0.95, number))]


def picture(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    label: str,
    size: tuple[float, float] = (7.5, 4.2),
    colour_of: Mapping[str, str] | None = None,
) -> Figure:
    """One colour a run, faint lines for its seeds, their median on top; logarithmic where the values ask for it.

    size: in inches. colour_of: by the name of a run, where its colour is explained elsewhere: there is no legend then.
    """
    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    coloured = colour_of or dict(zip(curves, colours(len(curves)), strict=True))
    for name, (seen, values) in curves.items():
        colour = coloured[name]
        x, y = smoothed(seen), smoothed(values)
        seeds = f" ({y.shape[1]} seeds)" if y.shape[1] > 1 else ""
        axis.plot(x / 1000, y, color=colour, alpha=0.25, linewidth=0.7)
        axis.plot(x / 1000, np.median(y, axis=1), color=colour, linewidth=1.8, label=name + seeds)
    shown = np.concatenate([values.ravel() for _, values in curves.values()])
    if shown.min() > 0 and shown.max() > 50 * shown.min():
        axis.set_yscale("log")
    axis.set(xlabel="examples seen (thousands)", ylabel=label)
    axis.grid(alpha=0.25)
    if colour_of is None:
        axis.legend(frameon=False, fontsize=9)
    return figure


def numbers(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """The curves under names for a file: RUN.seen and RUN.values."""
    return {
        f"{name}.{part}": a for name, pair in curves.items() for part, a in zip(("seen", "values"), pair, strict=True)
    }


def main(argv: Sequence[str]) -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="compare", description=fitted(__doc__), formatter_class=layout)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="work directories")
    parser.add_argument("--metric", default="bits_per_sequence")
    parser.add_argument("--split", default="train")
    parser.add_argument("--names", help="the runs' names, with commas between them")
    parser.add_argument("--out", type=Path, default=Path("comparison.png"))
    arguments = parser.parse_args(argv)
    try:
        made = [series(run, arguments.split, arguments.metric) for run in arguments.runs]
        titles = arguments.names.split(",") if arguments.names else names(arguments.runs)
        if len(set(titles)) != len(made):
            raise UserError(f"{len(made)} runs need as many different names, not {', '.join(titles)}; give --names.")
    except UserError as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)
    curves = dict(zip(titles, made, strict=True))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    label = axis_label(arguments.runs[0], arguments.split, arguments.metric)
    picture(curves, label).savefig(arguments.out, dpi=160)
    np.savez_compressed(arguments.out.with_suffix(".npz"), **numbers(curves))
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main(sys.argv[1:])
