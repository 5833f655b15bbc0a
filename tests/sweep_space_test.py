"""What a sweep tries, what its trials are called, and mistakes that are answered before anything starts."""

from pathlib import Path

import numpy as np
import pytest

from deepx.engine.errors import UserError
from deepx.engine.failure import BUNDLE
from deepx.engine.workdir import Workdir
from experiments import sweep
from experiments.sweep_space import space
from experiments.sweep_trials import (
    DIAGNOSIS,
    claim,
    short_names,
    trials_of,
)

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "configs" / "ntm" / "copy.py"


# What is tried.


def test_grids_are_combined_the_last_varying_fastest():
    tried = space(["a=x,y", "b.c=1..3,7"])
    assert len(tried) == 8 and tried[0] == {"a": "x", "b.c": "1"} and tried[3] == {"a": "x", "b.c": "7"}
    assert space(["sizes=(1,2),(3,)"]) == [{"sizes": "(1,2)"}, {"sizes": "(3,)"}]


def test_a_list_from_a_file_is_combined_with_grids(tmp_path):
    (tmp_path / "l.jsonl").write_text('{"a.b": 0.5, "flag": true}\n\n{"a.b": 1, "sizes": [2, 3]}\n')
    (tmp_path / "l.csv").write_text("a.b,model\n0.5,\n1,big\n")
    assert space(listed=tmp_path / "l.jsonl") == [{"a.b": "0.5", "flag": "true"}, {"a.b": "1", "sizes": "(2, 3)"}]
    seeded = space(["run.seed=0,1"], tmp_path / "l.csv")
    assert seeded[2:] == [{"a.b": "1", "model": "big", "run.seed": s} for s in "01"] and "model" not in seeded[0]


def test_draws_do_not_depend_on_how_many_there_are_nor_on_one_another():
    ranges = ["rate=log:1e-4..1e-2", "size=3..5", "kind=a,b", "p=0.25..0.5"]
    many, few = space(randoms=ranges, draws=200, seed=1), space(randoms=ranges[::-1], draws=20, seed=1)
    assert [dict(sorted(row.items())) for row in few] == [dict(sorted(row.items())) for row in many[:20]]
    assert many[:20] != space(randoms=ranges, draws=20, seed=2)
    rates = np.array([float(row["rate"]) for row in many])
    assert rates.min() >= 1e-4 and rates.max() <= 1e-2 and 0.4 < np.mean(rates < 1e-3) < 0.6
    assert {row["size"] for row in many} == {"3", "4", "5"} and {row["kind"] for row in many} == {"a", "b"}
    assert all(0.25 <= float(row["p"]) <= 0.5 for row in many)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "Say what to vary"),
        ({"grids": ["run.seed"]}, "NAME=V,V"),
        ({"grids": ["a=1,,2"]}, "empty value"),
        ({"grids": ["a=3..1"]}, "3 is more than 1"),
        ({"grids": ["a=0.1..0.5"]}, "--random draws"),
        ({"grids": ["a=1", "a=2"]}, "a is given more than once"),
        ({"grids": ["a=1"], "randoms": ["a=1..2"], "draws": 2}, "a is given more than once"),
        ({"randoms": ["a=1..2"]}, "--trials=N"),
        ({"randoms": ["a=2..1"], "draws": 2}, "must be less than"),
        ({"randoms": ["a=log:0..1"], "draws": 2}, "above 0"),
        ({"randoms": ["a=1..b"], "draws": 2}, "must be numbers"),
        ({"listed": Path("nowhere.csv")}, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_answered(asked, told):
    with pytest.raises(UserError, match=told):
        space(**asked)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("l.csv", "a,b\n1\n", "line 2"),
        ("l.jsonl", '{"a": 1}\n{"a"\n', "line 2 is no JSON"),
        ("l.jsonl", '{"a": {"b": 1}}\n', "dotted names"),
        ("l.txt", "a", ".csv or .jsonl"),
        ("l.csv", "a\n", "names no trial"),
    ],
)
def test_a_bad_list_is_answered_with_its_line(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=told):
        space(listed=tmp_path / name)


# Trials and their directory.


def made(folder: Path, *grids: str, common=None):
    return trials_of(COPY, "smoke", common or {}, space(grids), folder)


def test_trials_are_named_by_their_values_which_are_of_the_configs_types(tmp_path):
    trials = made(tmp_path, "run.seed=0..1,1", "lstm.learning_rate=1e-3,0.01", common={"run.steps": "20"})
    assert [trial.name for trial in trials][:2] == ["seed=0,learning_rate=0.001", "seed=0,learning_rate=0.01"]
    assert len(trials) == 4 and trials[0].values == {"run.seed": 0, "lstm.learning_rate": 0.001}
    assert trials[0].steps == 20 and "--config.run.steps=20" in trials[0].command
    assert trials[0].said.startswith("./scripts/reproduce ntm/copy:smoke --config.run.steps=20 --config.run.seed=0")
    assert short_names(["a.b.rate", "c.b.rate", "seed"]) == {
        "a.b.rate": "a.b.rate",
        "c.b.rate": "c.b.rate",
        "seed": "seed",
    }
    strange, other = made(tmp_path, "evaluation.watched=len4/../x,len4 .. x")
    assert "/" not in strange.name and strange.name != other.name


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ("model.controler=lstm", "Did you mean 'model.controller'"),
        ("run.seed=one", "run.seed"),
        ("run.steps=15", "multiple of run.steps_per_call"),
    ],
)
def test_wrong_names_and_values_are_refused_before_anything_starts(tmp_path, grid, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        sweep.main([f"--config={COPY}:smoke", f"--workdir={tmp_path / 's'}", "--grid=batch_size=8,4", "--grid", grid])
    assert told in capsys.readouterr().err and not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--engin=ray"], "Did you mean '--engine'"),
        (["--asha=min"], "add --engine=ray"),
        (["--max-parallel=0"], "at least 1"),
        (["--config.run.seed=1"], "both varied and given for all"),
        (["--config=nowhere.py"], "no config file nowhere.py"),
    ],
)
def test_flags_that_make_no_sense_are_answered(tmp_path, flags, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        sweep.main([f"--config={COPY}:smoke", f"--workdir={tmp_path / 's'}", "--grid=run.seed=0,1", *flags])
    assert told in capsys.readouterr().err


def test_another_sweep_in_the_directory_is_refused_by_what_differs(tmp_path):
    def take(*grids, variant="smoke", common=None):
        workdir = Workdir(tmp_path)
        trials = trials_of(COPY, variant, common or {}, space(grids), tmp_path)
        claim(workdir, COPY, variant, common or {}, trials)

    take("run.seed=0..1", "batch_size=8,4")
    take("run.seed=0..1", "batch_size=8,4")
    with pytest.raises(UserError, match="batch_size: 8, 4 there, 8, 2 now"):
        take("run.seed=0..1", "batch_size=8,2")
    with pytest.raises(UserError, match="run.steps: 40 there, 80 now"):
        take("run.seed=0..1", "batch_size=8,4", common={"run.steps": "80"})
    with pytest.raises(UserError, match="task.bits: not varied there"):
        take("run.seed=0..1", "batch_size=8,4", "task.bits=4")
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        take("run.seed=0..1")
    (tmp_path / "sweep.json").rename(tmp_path / "config.json")
    with pytest.raises(UserError, match="directory of one run"):
        take("run.seed=0..1")


def test_the_name_of_a_diagnosis_is_the_engines():
    assert DIAGNOSIS.parent.name == BUNDLE
