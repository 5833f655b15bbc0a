"""`figures/` and `report.html`: one self-contained page of a run, everything in it escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from deepx.engine.config import DESCRIPTIVE, flatten
from deepx.engine.experiment import Figure
from deepx.files import write

TEMPLATE = Path(__file__).with_name("report.html.jinja")


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
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(TEMPLATE.read_text())
    pictures = [
        {
            "name": name,
            "caption": figure.caption,
            "png": base64.b64encode((workdir / "figures" / f"{name}.png").read_bytes()).decode(),
        }
        for name, figure in figures.items()
    ]
    leaves = {name: value for name, value in flatten(config).items() if name not in DESCRIPTIVE}
    write(workdir / "report.html", template.render(result=result, config=leaves, figures=pictures))
