"""The notebooks: their cells run in order, without a network, and draw figures that say what they show."""

import ast
import json
import re
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SECTIONS = {"memory_machines", "adversarial_nets", "sequence_to_sequence", "residual_nets"}


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def test_every_section_has_one():
    assert {path.stem for path in NOTEBOOKS} == SECTIONS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_a_notebook_without_outputs(path):
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"} and 10 <= len(cells(path)) <= 20
    assert len({cell["id"] for cell in cells(path)}) == len(cells(path))
    for cell in cells(path):
        wanted = {"cell_type", "id", "metadata", "source"}
        assert re.fullmatch(r"[\w-]{1,64}", cell["id"]) and all(isinstance(line, str) for line in cell["source"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            wanted |= {"outputs", "execution_count"}
        assert set(cell) == wanted and cell["cell_type"] in ("code", "markdown")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    names, shown = {"__name__": "__main__"}, []
    for cell in cells(path):
        if cell["cell_type"] == "code":
            shown.append(value_of("".join(cell["source"]), cell["id"], names))
    figures = [value for value in shown if isinstance(value, Figure)]
    assert figures
    for figure in figures:
        figure.canvas.draw()
        assert all(
            axis.get_xlabel() or axis.get_ylabel() or axis.get_title() for axis in figure.axes if axis.get_visible()
        )


def value_of(source: str, name: str, names: dict) -> object:
    """Runs a cell; the value of its last line, where that is an expression, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    return last and eval(compile(ast.Expression(last.value), name, "eval"), names)
