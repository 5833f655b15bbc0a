"""scripts/bench: what is timed beside what, in which order, and what is made of the seconds."""

import ast
import contextlib
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from scripts.benchmarks import alternate, chart, tables
from scripts.benchmarks.families import FAMILIES
from scripts.benchmarks.stepping import stepping

FOLDER = Path(alternate.__file__).parent
LIMITS = {"gigaflops": 100.0, "gigabytes": 10.0}


class Fake:
    """A side that takes as many seconds as it is told, and notes when it is asked."""

    def __init__(self, name, seconds, asked):
        self.name, self._seconds, self._asked = name, iter(seconds), asked

    def ask(self, case, seconds=None):
        if seconds is None:
            return {"build": 1.0, "peak_mb": 100.0, "gigaflops": 10.0, "gigabytes": 0.5}
        self._asked.append(self.name)
        return {"seconds": next(self._seconds)}


@pytest.fixture
def record(monkeypatch):
    """Of a family of one case, whose reference took 2, 3 and 10 times as long, by turns."""
    sides = [Fake("deepx", [0.2, 0.2, 0.4], []), Fake("torch", [0.4, 0.6, 4.0], [])]
    monkeypatch.setattr(alternate, "workers", lambda *_: contextlib.nullcontext(sides))
    monkeypatch.setattr(alternate, "pace", lambda quick: (3, 0.0))
    rows = list(alternate.measure("mrn", True, lambda text: None))
    return {"machine": "a machine", "rounds": 3, "limits": LIMITS, "rows": json.loads(json.dumps(rows))}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_a_reference_and_programs_for_all_its_sides(name):
    family = FAMILIES[name]
    assert family.sides[0].name == "deepx" and family.reference in {side.name for side in family.sides}
    assert set(family.quick) <= set(family.cases)
    for side in family.sides:
        program = ast.parse((FOLDER / f"{name}_{side.module}.py").read_text())
        assert "build" in {node.name for node in program.body if isinstance(node, ast.FunctionDef)}


def test_sides_take_turns_in_rotating_order():
    asked = []
    sides = [Fake(name, [1.0] * 3, asked) for name in "abc"]
    alternate.in_turns(sides, "case", 3, 0.1, lambda text: None)
    assert "".join(asked) == "abcbcacab"


def test_a_ratio_is_that_of_a_round_and_the_median_of_rounds_is_reported(record):
    (row,) = record["rows"]
    assert row["sides"]["torch"]["ratio"] == pytest.approx({"median": 3.0, "least": 2.0, "most": 10.0})
    assert row["sides"]["deepx"]["seconds"] == 0.2


def test_the_share_of_the_limit_is_of_whichever_is_slower(record):
    (row,) = record["rows"]
    assert tables.share(row, LIMITS) == pytest.approx((10 / 100) / 0.2)
    assert tables.share(row | {"gigabytes": 1.5}, LIMITS) == pytest.approx((1.5 / 10) / 0.2)
    assert tables.share(row | {"gigaflops": 0.0, "gigabytes": 0.0}, LIMITS) is None


def test_the_page_has_the_machine_and_a_line_a_case(record):
    text = tables.in_markdown(record)
    assert text.startswith("a machine; large matrix products 100 GF/s, memory 10 GB/s. Medians of 3 rounds")
    assert "| 200 | 600 | 3 (2 to 10) | 50% | 1.0 | 100 |" in text


def test_bars_begin_at_one_and_the_aim_is_marked(record):
    axes = chart.chart(record).axes[0]
    (bar,) = axes.patches
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (1, pytest.approx(3.0))
    assert [text.get_text() for text in axes.get_yticklabels()] == [f"mrn: {FAMILIES['mrn'].cases[0]}"]
    assert any(set(line.get_xdata()) == {FAMILIES["mrn"].least} for line in axes.lines)


def test_what_a_step_must_do_at_least_is_counted():
    step = stepping(lambda x, w: x @ w, jnp.ones((100, 100)), jnp.ones((100, 100)))
    assert step.gigaflops == pytest.approx(2 * 100**3 / 1e9) and step.gigabytes == pytest.approx(3 * 4e4 / 1e9)
    step.take()
    open_loop = stepping(lambda x: jax.lax.while_loop(lambda x: (x < 9).all(), lambda x: x @ x, x), 2 * jnp.eye(2))
    assert open_loop.gigaflops == 0 and open_loop.gigabytes == 0
