"""RESULTS.md: one row for each number of the paper, a table for what has a number a task."""

from deepx.engine.record import families, line_by_line
from experiments import results

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


def test_a_row_for_each_number_and_one_for_those_of_all_tasks():
    mean, bleu, tasks = results.rows(RECORD)
    assert "| error/mean | 4.0, table 1 | 4.5 % (one seed) | 1 | cpu: batch_size" in mean and "short by 0.5" in mean
    assert "| bleu |" in bleu and "| met |" in bleu
    assert "| error/qa1 to error/qa10 |" in tasks and "| 6 of 10 met |" in tasks


def test_an_ablation_is_not_judged():
    assert all("| ablation |" in row for row in results.rows(RECORD | {"ablation": {"model.hops": 1}}))


def test_every_number_is_shown_once_in_its_table():
    text = results.everything(RECORD)
    assert "|  | error | paper |" in text and "| qa10 | 9 | 5.0 |" in text
    assert "| bleu | 30 % (one seed) | 30 |" in text and "| error/qa10 |" not in text
