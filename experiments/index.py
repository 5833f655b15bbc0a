"""`./scripts/reproduce --index [FOLDER]`: a page of all runs in a folder, those of a benchmark beside one another.

FOLDER/index.html needs nothing but itself; its links lead to the runs' reports.
"""

from __future__ import annotations

import datetime
import functools
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from PIL import Image

from deepx.engine.config import about, flatten, load
from deepx.engine.errors import UserError
from deepx.engine.page import embedded, rendered
from deepx.engine.record import NOT_TESTED, ablation, judged
from deepx.files import write
from experiments import results, runs
from experiments.chapter import FIGURES, Own
from experiments.index_comparison import compared, settings
from experiments.reproduce import CONFIGS, benchmarks
from experiments.runs import Seen

TEMPLATE = Path(__file__).with_name("index.html.jinja")
MARK = '<meta name="generator" content="deepx">'  # of every page of ours
THUMBNAILS, PIXELS = 2, (320, 200)  # how many of a run, and their largest width and height
MOST_PIXELS = 50_000_000  # of a picture that is opened
FEW = 3  # metrics of a run shown where the paper has no number


class Line(NamedTuple):
    """A run as the page shows it."""

    name: str
    link: str  # to its report, or to its directory
    run: Seen
    changed: list[str]
    metrics: list[dict[str, Any]]
    pictures: list[dict[str, str]]
    date: str


def write_index(folder: Path) -> Path:
    """Writes FOLDER/index.html. Raises UserError where there is no folder, or such a page that is not ours."""
    page = folder / "index.html"
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}. Runs live in runs/ unless --workdir says otherwise.")
    if page.exists() and MARK not in page.read_text(errors="replace"):
        raise UserError(f"{page} is no page of ours, so it is not overwritten. Choose another folder, or move it away.")
    every = list(runs.found(folder))
    real = [run for run in every if run.config or (run.path / "config.json").exists()]
    groups: dict[str, dict[str, Seen]] = {}
    for run in real:
        if not run.wrong:
            groups.setdefault(run.config["benchmark"], {})[named(folder, run)] = run
    with ThreadPoolExecutor() as pool:
        small = list(pool.map(thumbnails, real))
    states = [run.state if run.state in ("done", "damaged") else "not finished" for run in real]
    text = rendered(
        TEMPLATE,
        title=shown(folder.resolve().name),
        made=datetime.datetime.now().strftime("%Y-%m-%d %H:%M"),
        counts=[f"{states.count(state)} {state}" for state in dict.fromkeys(states)],
        lines=[line(folder, run, pictures) for run, pictures in zip(real, small, strict=True)],
        comparisons=[compared(name, group) for name, group in sorted(groups.items()) if len(group) > 1],
        links={named(folder, run): link(folder, run) for run in real},
        about={name: about(CONFIGS / f"{name}.py") for name in groups if name in benchmarks()},
        others=[(named(folder, run), run.wrong) for run in every if run not in real],
    )
    write(page, text)
    return page


def line(folder: Path, run: Seen, pictures: list[dict[str, str]]) -> Line:
    """What the page's first table says of a run."""
    newest = run.path / "metrics.jsonl"
    modified = (newest if newest.exists() else run.path).stat().st_mtime
    return Line(
        name=named(folder, run),
        link=link(folder, run),
        run=run,
        changed=[f"{name} = {value}" for name, value in changed(run).items()],
        metrics=main_metrics(run),
        pictures=pictures,
        date=run.record["date"] if run.record else datetime.date.fromtimestamp(modified).isoformat(),
    )


def named(folder: Path, run: Seen) -> str:
    """A run's directory, as seen from the folder."""
    return shown(os.path.relpath(run.path, folder))


def shown(path: str) -> str:
    """A path as text, with codes for what is no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def link(folder: Path, run: Seen) -> str:
    """From the folder's page to the run's report, or to its directory.

    Colons are quoted too, so that no name can be taken for a scheme.
    """
    report = run.path / "report.html"
    return quote(os.fsencode(os.path.relpath(report if report.exists() else run.path, folder)))


@functools.cache
def variant_of(benchmark: str, variant: str) -> dict[str, Any] | None:
    """The config of a variant; None where this version has none. Only files of this project are ever loaded."""
    if benchmark not in benchmarks():
        return None
    try:
        return load(CONFIGS / f"{benchmark}.py", variant).to_dict()
    except UserError:
        return None


def changed(run: Seen) -> dict[str, Any]:
    """What sets a run's config apart from that of its variant, by dotted name."""
    theirs = variant_of(run.config.get("benchmark", ""), run.config.get("variant", "")) if not run.wrong else None
    if theirs is None:
        return {}
    known = flatten(theirs)
    return {name: value for name, value in settings(run).items() if value != known.get(name)}


def main_metrics(run: Seen) -> list[dict[str, Any]]:
    """The metrics that the paper has too, with a verdict; where it has none, the first few of the test."""
    if run.record is None:
        return []
    theirs = variant_of(run.config["benchmark"], run.config["variant"])
    record = {**run.record, "ablation": ablation(run.config, theirs) if theirs else {}}
    tested = [name for name in record["metrics"] if not name.startswith(NOT_TESTED)]
    chosen = results.single([name for name in tested if name in record["paper"]]) or results.single(tested)[:FEW]
    return [
        {
            "name": name,
            "entry": record["metrics"][name],
            "paper": record["paper"][name]["value"] if name in record["paper"] else None,
            "verdict": judged(record, [name]) if name in record["paper"] else "",
        }
        for name in chosen
    ]


def thumbnails(run: Seen) -> list[dict[str, str]]:
    """The run's main figures, small: those of the chapter, then others, its curves last."""
    if run.wrong:
        return []
    own = [(f.drawing.pattern, f.runs) for f in FIGURES.values() if isinstance(f.drawing, Own)]
    patterns = [pattern for pattern, of in own if any(_of(text, run.config["benchmark"]) for text in of.values())]
    files = sorted((run.path / "figures").glob("*.png"), key=lambda path: (path.stem == "curves", path.name))
    files.sort(key=lambda path: not any(path.match(f"{pattern}.png") for pattern in patterns))
    drawn = []
    for file in files[:THUMBNAILS]:
        try:
            with Image.open(file) as image:
                if image.width * image.height > MOST_PIXELS:
                    continue
                image.thumbnail(PIXELS)
                small = image.convert("RGB")
            stream = io.BytesIO()
            small.save(stream, "webp", quality=60, method=0)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
        drawn.append({"source": embedded(stream.getvalue(), "webp"), "name": file.stem.replace("_", " ")})
    return drawn


def _of(words: str, benchmark: str) -> bool:
    return words.split()[0].partition(":")[0] == benchmark
