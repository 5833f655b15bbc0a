"""RESULTS.md: one row for each number of the paper, a table for what has a number a task."""

from deepx.engine.record import families, line_by_line
from experiments import results
from experiments.disputed import DISPUTED
from experiments.reproduce import benchmarks

TASKS = [f"error/qa{task}" for task in range(1, 11)]


def entry(mean, values=None):
    return {"mean": mean, "low": None, "high": None, "values": values or [mean], "unit": "%"}


def theirs(value, better="lower", tolerance=0.0):
    return {"value": value, "better": better, "tolerance": tolerance, "source": "table 1", "confidence": "V"}


RECORD = {
    "benchmark": "family/name",
    "variant": "cpu",
    "seeds": [0],
    "metrics": {name: entry(float(i)) for i, name in enumerate(TASKS)}
    | {"error/mean": entry(4.5), "bleu": entry(30.0)},
    "paper": {name: theirs(5.0) for name in TASKS} | {"error/mean": theirs(4.0), "bleu": theirs(29.0, "higher")},
    "selection": "last step",
    "differs_from_paper": ["batch_size: 16 instead of 1"],
    "data": "generated",
    "wall_seconds": 60.0,
    "device": "2-core CPU",
    "commit": "abc",
    "command": "./scripts/reproduce family/name",
    "date": "2026-11-22",
}


def test_names_are_sorted_as_they_count():
    assert families([*reversed(TASKS), "error/mean", "bleu"]) == {"error": [*(t[6:] for t in TASKS), "mean"]}
    assert families(["error/qa1", "error/qa2"]) == {}


def test_what_has_many_names_is_a_table_of_names_beside_the_papers_value():
    valid = {f"valid_{name}": entry(1.0) for name in TASKS}
    accuracy = {f"accuracy/qa{task}": entry(task / 3) for task in range(2, 12)}
    head, first, second, *_, mean, last = line_by_line(RECORD["metrics"] | valid | accuracy, RECORD["paper"])
    assert head == ("", "error", "accuracy", "paper")
    assert first == ("qa1", "0", "", "5.0") and second == ("qa2", "1", "0.6667", "5.0")
    assert mean == ("mean", "4.5", "", "4.0") and last == ("qa11", "", "3.667", "")
    assert line_by_line({"bleu": entry(30.0)}, {}) == []


COLUMN = results.COLUMNS.index


def test_a_row_for_each_number_and_one_for_those_of_all_tasks():
    mean, bleu, tasks = results.rows(RECORD, "family-name-cpu")
    assert mean[:6] == (
        "[family/name](#family-name-cpu)",
        "error/mean",
        "4.0, table 1",
        "4.5 % (one seed)",
        "1",
        "cpu: batch_size: 16 instead of 1",
    )
    assert [row[COLUMN("verdict")] for row in (mean, bleu, tasks)] == ["short by 0.5", "met", "6 of 10 met"]
    assert bleu[1] == "bleu" and tasks[1] == "error/qa1 to error/qa10"


def test_of_many_departures_a_row_has_their_number_and_the_length_of_training_and_the_run_has_all():
    many = RECORD | {
        "differs_from_paper": [f"a.{i}: 1 instead of 2" for i in range(5)] + ["run.steps: 5 instead of 900"]
    }
    assert results.scale(many) == "cpu: 6 settings differ, 5 steps, not 900"
    assert all(change in results.everything(many, "stem") for change in many["differs_from_paper"])
    assert results.scale(RECORD | {"variant": "paper", "differs_from_paper": []}) == "paper: paper's own"


def test_a_run_of_which_the_paper_says_nothing_has_a_row_that_leads_to_it():
    (row,) = results.rows(RECORD | {"paper": {}}, "stem")
    assert row[COLUMN("ours")] == "[below](#stem)" and '<a id="stem"></a>' in results.everything(RECORD, "stem")


def test_an_ablation_is_not_judged():
    rows = results.rows(RECORD | {"ablation": {"model.hops": 1}}, "stem")
    assert all(row[COLUMN("verdict")] == "ablation" for row in rows)


def test_every_number_is_shown_once_in_its_table():
    text = results.everything(RECORD, "stem")
    assert "|  | error | paper |" in text and "| qa10 | 9 | 5.0 |" in text
    assert "| bleu | 30 % (one seed) | 30 |" in text and "| error/qa10 |" not in text


def test_disputes_are_about_benchmarks_that_there_are():
    assert {dispute.benchmark for dispute in DISPUTED} <= set(benchmarks())
