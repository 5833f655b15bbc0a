"""A figure of the chapter or of a paper: carries out the runs that it needs, and draws it into runs/figures.

NAME.png with the numbers behind it in NAME.npz. Work directories of finished runs are used as they are; a figure that
is newer than its runs is not drawn again.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure as Picture
from rich.console import Console

from deepx.analysis import ntm_figures
from deepx.engine.config import flags_of, part_of_name
from deepx.engine.errors import UserError, nearest
from deepx.nn.cpu import kernels
from experiments import compare, several
from experiments.chapter import FIGURES, Conditions, Curves, Drawing, Figure, Lesions, Own
from experiments.reproduce import DEFAULT_VARIANT, width

FOLDER = Path("runs/figures")
IMAGES = 500  # of the test set, on which nets with lesions are tested
SMOKE_IMAGES, SMOKE_COUNTS = 16, {"deleted": 2, "draws": 2, "orders": 4, "swaps": 3, "paths": 4}


class Drawn(NamedTuple):
    """What is added to the figure's name, and what writes the picture to a path without suffix."""

    suffix: str
    write: Callable[[Path], None]


def ending(variant: str, flags: Sequence[str]) -> str:
    """What the name of the picture says of its runs. Raises UserError for flags that a figure has no use for."""
    changed = []
    for flag, value in flags_of(flags):
        if flag.startswith("config."):
            changed.append(part_of_name(flag, value))
        elif flag != "data_dir":
            raise UserError(
                f"A figure has no flag --{flag}.{nearest(flag, ('jobs', 'data_dir', 'config'))} It takes --jobs=N, "
                "--data_dir=DIR, and --config.a.b=value for all of its runs."
            )
    return "".join(f"-{part}" for part in ([variant] if variant not in ("", DEFAULT_VARIANT) else []) + changed)


def make(name: str, variant: str, flags: Sequence[str], jobs: int) -> int:
    """The command. Exit status 0: the figure is there; 1: a run of it failed; 130: stopped, and can go on."""
    figure, done, end = FIGURES[name], {}, ending(variant, flags)
    if variant == "smoke":
        flags = [*shlex.split(figure.smoke), *flags]
    if data_dir := dict(flags_of(flags)).get("data_dir"):
        os.environ["TFDS_DATA_DIR"] = data_dir
    console = Console(width=width(), stderr=True, highlight=False)
    console.print(f"{name}: {figure.title}.", markup=False)
    for stage in stages(figure):
        where = {run: str(path) for run, path in done.items()}
        plans = {run: several.planned([*words(figure.runs[run], variant, where), *flags]) for run in stage}
        different = {run.name: (run, outcome) for run, outcome in plans.values()}
        board = several.carried(list(different.values()), jobs)
        if failed := several.status(board):
            console.print(several.told([run for run, _ in different.values()], board))
            return failed
        done |= {run: trial.workdir for run, (trial, _) in plans.items()}
    for path in written(name, end, figure.drawing, done, smoke=variant == "smoke"):
        print(path)
    return 0


def stages(figure: Figure) -> Iterator[list[str]]:
    """The names of the figure's runs, those that need others after these."""
    dependent = [run for run, text in figure.runs.items() if "{" in text]
    yield [run for run in figure.runs if run not in dependent]
    for run in dependent:
        yield [run]


def words(text: str, variant: str, where: Mapping[str, str]) -> list[str]:
    """A run of the table as arguments of `./scripts/reproduce`, under the variant that was asked for, if any."""
    benchmark, *flags = shlex.split(re.sub(r"\{(.+?)\}", lambda run: shlex.quote(where[run[1]]), text))
    name, _, its = benchmark.partition(":")
    return [f"{name}:{variant or its or DEFAULT_VARIANT}", *flags]


def written(name: str, end: str, drawing: Drawing, runs: Mapping[str, Path], *, smoke: bool = False) -> Iterator[Path]:
    """The figure's pictures, drawn where they are older than the runs."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    newest = max((run / "result.json").stat().st_mtime for run in runs.values())
    for suffix, write in drawn(drawing, runs, smoke=smoke):
        path = FOLDER / f"{name}{suffix}{end}"
        files = [Path(f"{path}.{kind}") for kind in ("png", "npz")]
        if not all(file.exists() and file.stat().st_mtime >= newest for file in files):
            write(path)
        yield files[0]


def drawn(drawing: Drawing, runs: Mapping[str, Path], *, smoke: bool) -> Iterator[Drawn]:
    """The pictures of a figure, none of which is drawn yet."""
    match drawing:
        case Own(pattern, run):
            found = sorted((runs[run] / "figures").glob(f"{pattern}.png"))
            if not found:
                raise UserError(f"{runs[run]} has drawn no {pattern}. Delete its result.json to have it drawn again.")
            for source in found:
                yield Drawn(f"-{source.stem}" if len(found) > 1 else "", lambda path, source=source: copy(source, path))
        case Curves(metric, split):
            yield Drawn("", lambda path: curves(runs, split, metric, path, smoke=smoke))
        case Conditions():
            yield Drawn("", lambda path: conditions(runs, drawing, path, smoke=smoke))
        case Lesions(parts):
            for part, suffix in parts.items():
                yield Drawn(suffix, lambda path, part=part: lesioned(runs, part, path, smoke=smoke))


def copy(source: Path, path: Path) -> None:
    """A picture that a run drew, with its numbers."""
    for kind in (".png", ".npz"):
        shutil.copyfile(source.with_suffix(kind), f"{path}{kind}")


def save(picture: Picture, numbers: Mapping[str, np.ndarray], path: Path, *, smoke: bool) -> None:
    """The picture and the numbers; of smoke runs it says so, whose nets are not those of the legend."""
    if smoke:
        picture.suptitle("smoke runs: tiny nets, a few steps, no result", fontsize=9, color="0.4")
    picture.savefig(f"{path}.png", dpi=150)
    np.savez(f"{path}.npz", **numbers)


def curves(runs: Mapping[str, Path], split: str, metric: str, path: Path, *, smoke: bool) -> None:
    """As `scripts/compare`."""
    of = {name: compare.series(run, split, metric) for name, run in runs.items()}
    label = compare.axis_label(next(iter(runs.values())), split, metric)
    save(compare.picture(of, label), compare.numbers(of), path, smoke=smoke)


def conditions(runs: Mapping[str, Path], of: Conditions, path: Path, *, smoke: bool) -> None:
    """From the records of the runs: what was measured under each condition, of every seed."""
    nets, unit = {}, ""
    for name, run in runs.items():
        metrics = json.loads((run / "result.json").read_text())["metrics"]
        named = {metric: re.fullmatch(rf"{of.metric}/{of.prefix}(\d+)", metric) for metric in metrics}
        number = {metric: int(match[1]) for metric, match in named.items() if match}
        if not number:
            raise UserError(f"{run} has measured no {of.metric} under {of.prefix}1, {of.prefix}2 and so on.")
        order = sorted(number, key=lambda metric: number[metric])
        unit = metrics[order[0]]["unit"]
        nets[name] = (np.array([number[m] for m in order]), np.array([metrics[m]["values"] for m in order]))
    label = of.metric.replace("_", " ")
    label += f" ({unit})" if unit and unit not in label else ""
    numbers = {f"{net}.{of.prefix}": x for net, (x, _) in nets.items()}
    numbers |= {f"{net}.values": values for net, (_, values) in nets.items()}
    save(ntm_figures.conditions_figure(nets, of.axis, label), numbers, path, smoke=smoke)


def lesioned(runs: Mapping[str, Path], part: str, path: Path, *, smoke: bool) -> None:
    """As `scripts/lesions`."""
    from experiments import lesions  # takes seconds to import

    kernels.enable()
    how = lesions.Counts(**SMOKE_COUNTS if smoke else {})
    nets = {name: lesions.of_run(run, SMOKE_IMAGES if smoke else IMAGES) for name, run in runs.items()}
    made = list(lesions.pictures(nets, how, 0, [part]))
    if not made:
        raise UserError(f"None of {', '.join(map(str, runs.values()))} is a net that {part} can be drawn of.")
    for _, picture, found in made:
        save(picture, lesions.numbers(found), path, smoke=smoke)
