"""What is made of the results of a sweep: settings over seeds, the file of all trials, pictures."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from deepx.analysis.sweep_figures import Point, axis_figure, logarithmic
from deepx.engine.errors import UserError
from experiments.sweep_space import space
from experiments.sweep_summary import head_and_lines, pictures, settings, write_csv
from experiments.sweep_trials import (
    NOT_FINITE,
    Outcome,
    settled,
    trials_of,
)

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "configs" / "ntm" / "copy.py"


@pytest.fixture
def finished(tmp_path) -> list:
    trials = trials_of(
        COPY,
        "smoke",
        {},
        space(["model.controller=lstm,none", "lstm.learning_rate=1e-4,1e-3,1e-2", "run.seed=0..2"]),
        tmp_path,
    )
    for i, trial in enumerate(trials[:-1]):
        trial.workdir.mkdir(parents=True)
        values = [float(i), i + 0.5]
        metrics = {"bits/len4": {"mean": np.mean(values), "values": values, "unit": "bits"}}
        (trial.workdir / "result.json").write_text(json.dumps({"metrics": metrics, "wall_seconds": 1.0}))
    return trials


def test_settings_are_means_and_t_intervals_over_seeds_and_replicas(finished):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE) for trial in finished}
    found = settings(finished, outcomes, "bits/len4")
    assert len(found) == 6 and found[0].values == {"model.controller": "lstm", "lstm.learning_rate": 1e-4}
    assert found[0].entry["values"] == [0, 0.5, 1, 1.5, 2, 2.5] and found[0].entry["mean"] == 1.25
    # 2.5706 is Student's t at 5 degrees of freedom; the deviation of 0, 0.5, ... 2.5 is 0.9354
    assert found[0].entry["high"] - 1.25 == pytest.approx(2.5706 * 0.93541 / np.sqrt(6), rel=1e-4)
    assert len(found[5].entry["values"]) == 4 and found[5].note == "1 not finite"
    head, first, *_ = head_and_lines(found, "bits/len4")
    assert head[:3] == ("controller", "learning_rate", "bits/len4") and first[:3] == ("lstm", "0.0001", "1.25")
    with pytest.raises(UserError, match="Did you mean 'bits/len4'"):
        settings(finished, outcomes, "bits/len5")


def test_the_csv_has_a_line_a_trial(finished, tmp_path):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE, "at step 3") for trial in finished}
    write_csv(tmp_path / "sweep.csv", finished, outcomes)
    with (tmp_path / "sweep.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 18 and lines[1]["bits/len4"] == "1.25" and lines[1]["run.seed"] == "1"
    assert lines[17]["state"] == NOT_FINITE and lines[17]["bits/len4"] == "" and lines[17]["message"] == "at step 3"


def test_a_picture_an_axis_lines_over_numbers_groups_over_names(finished):
    outcomes = {trial.name: settled(trial) or Outcome(NOT_FINITE) for trial in finished}
    drawn = pictures(settings(finished, outcomes, "bits/len4"), "bits/len4")
    assert list(drawn) == ["bits-len4_against_model.controller", "bits-len4_against_lstm.learning_rate"]
    rates = drawn["bits-len4_against_lstm.learning_rate"].picture
    axes = rates.axes[0]
    assert axes.get_xscale() == "log" and axes.get_ylabel() == "bits/len4 (bits)"
    lines = [container[0] for container in axes.containers]
    assert [line.get_xdata().tolist() for line in lines] == [[1e-4, 1e-3, 1e-2]] * 2
    assert lines[0].get_ydata().tolist() == [1.25, 4.25, 7.25] and lines[0].get_linestyle() == "-"
    assert [text.get_text() for text in rates.legends[0].get_texts()] == ["controller lstm", "controller none"]
    names = drawn["bits-len4_against_model.controller"].picture.axes[0]
    assert [text.get_text() for text in names.get_xticklabels()] == ["lstm", "none"]
    assert all(container[0].get_linestyle() == "None" for container in names.containers)
    assert drawn["bits-len4_against_lstm.learning_rate"].numbers["mean"].shape == (6,)


def test_points_of_a_random_search_are_not_joined():
    points = [Point(10.0**-i, f"size {i}", [float(i)], None, None) for i in range(9)]
    (axes,) = axis_figure("rate", "error", points).axes
    (container,) = axes.containers
    assert container[0].get_linestyle() == "None" and len(container[0].get_xdata()) == 9
    assert axes.get_xscale() == "log" and axes.get_legend() is None


def test_which_axes_are_logarithmic():
    for values in ([1, 2, 4, 8], [1e-4, 1e-2], [0.1, 0.2, 0.5], [3, 100, 200]):
        assert logarithmic(np.array(values, float)), values
    for values in ([1, 2, 3], [1, 2], [0, 10, 1000], [-1, 1, 50]):
        assert not logarithmic(np.array(values, float)), values
