"""`figures/` and `report.html`: one self-contained page of a run, everything in it escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepx.engine.config import DESCRIPTIVE, about, flatten, load
from deepx.engine.experiment import Figure
from deepx.engine.page import embedded, rendered
from deepx.engine.record import NOT_TESTED, ROOT, ablation, families, judged, line_by_line
from deepx.files import write

TEMPLATE = Path(__file__).with_name("report.html.jinja")
FILES = ("result.json", "config.json", "metrics.jsonl", "tb")  # beside the page, linked from it


def save_figures(workdir: Path, figures: Mapping[str, Figure]) -> None:
    """Each figure as NAME.png, and NAME.npz with the numbers behind it."""
    directory = workdir / "figures"
    directory.mkdir(exist_ok=True)
    for name, figure in figures.items():
        figure.picture.savefig(directory / f"{name}.png", dpi=150)
        np.savez(directory / f"{name}.npz", **figure.numbers)


def write_report(
    workdir: Path, result: Mapping[str, Any], config: Mapping[str, Any], figures: Mapping[str, Figure]
) -> None:
    """Writes `report.html` from a result, its config and its figures, which `save_figures` has drawn."""
    file = ROOT / "configs" / f"{result['benchmark']}.py"
    known = file.is_file()
    result = {**result, "ablation": ablation(config, load(file, result["variant"]).to_dict()) if known else {}}
    measured, wide = result["metrics"], families(result["metrics"])
    single = [name for name in measured if name.partition("/")[0] not in wide]
    text = rendered(
        TEMPLATE,
        result=result,
        about=about(file) if known else "",
        verdicts={name: judged(result, [name]) for name in result["paper"] if name in measured},
        files=[name for name in FILES if name == "result.json" or (workdir / name).exists()],
        figures=[_shown(workdir, name, figure) for name, figure in figures.items()],
        by_name=line_by_line(measured, result["paper"]),
        metrics={name: measured[name] for name in sorted(single, key=lambda name: name.startswith(NOT_TESTED))},
        several=any(len(entry["values"]) > 1 for entry in measured.values()),
        config={name: value for name, value in flatten(config).items() if name not in DESCRIPTIVE},
    )
    write(workdir / "report.html", text)


def _shown(workdir: Path, name: str, figure: Figure) -> dict[str, Any]:
    """A figure as the page shows it, as large as it was drawn: a browser has 96 pixels an inch."""
    width, height = (round(96 * inches) for inches in figure.picture.get_size_inches())
    source = embedded((workdir / "figures" / f"{name}.png").read_bytes(), "png")
    return {"name": name, "caption": figure.caption, "source": source, "width": width, "height": height}
