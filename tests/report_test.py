"""The page of one run: what it says first, the verdicts, and that it needs nothing but itself."""

import numpy as np
import pytest
from matplotlib.figure import Figure as Picture
from pages import sound

from deepx.engine.config import load
from deepx.engine.experiment import Figure
from deepx.engine.page import rendered
from deepx.engine.record import ROOT, interval
from deepx.engine.report import save_figures, write_report

HOSTILE = '"><script>alert(1)</script>'


def reported(value, better="lower"):
    return {"value": value, "better": better, "tolerance": 0.0, "source": HOSTILE, "confidence": "M"}


def written(folder, config, **changes):
    record = {
        "benchmark": "ntm/copy",
        "variant": "cpu",
        "seeds": [0, 1],
        "metrics": {"train_error": interval(np.array([9.0]), "%"), "error": interval(np.array([1.0, 3.0]), "%")}
        | {"bleu": interval(np.array([20.0]), "")}
        | {f"cost/qa{i}": interval(np.array([float(i)]), "") for i in range(1, 11)},
        "selection": HOSTILE,
        "paper": {"error": reported(2.0), "bleu": reported(21.5, "higher"), "speed": reported(7.0)},
        "differs_from_paper": [f"optimizer.name: {HOSTILE} instead of adam"],
        "data": HOSTILE,
        "wall_seconds": 9000.0,
        "device": "2-core CPU",
        "versions": {"jax": "1"},
        "commit": "abc1234",
        "command": f"./scripts/reproduce {HOSTILE}",
        "date": "2026-11-22",
        **changes,
    }
    figures = {"curves": Figure(Picture(figsize=(5, 2)), {"x": np.ones(2)}, f"A caption. {HOSTILE}")}
    save_figures(folder, figures)
    for name in ("result.json", "metrics.jsonl"):
        (folder / name).touch()
    write_report(folder, record, config, figures)
    return sound(folder / "report.html")


@pytest.fixture(scope="module")
def config():
    return load(ROOT / "configs" / "ntm" / "copy.py", "cpu").to_dict()


def test_a_report_says_what_was_run_and_what_came_out(tmp_path, config):
    page = written(tmp_path, config)
    words = " ".join(page.text.split())
    assert words.startswith("ntm/copy:cpu A neural Turing machine learns to copy (Graves 2014) Benchmark")
    for said in ("2026-11-22, commit abc1234", "2-core CPU; 2.5 h of training", "Seeds 0, 1 ", "optimizer.name: "):
        assert said in words
    assert "error (%) 2 -10.71 to 14.71 2.0 met" in words
    assert "bleu 20 21.5 short by 1.5" in words
    assert "speed 7.0 not measured" in words and "unverified" in words
    assert words.index("error (%) 2 -10.71 to 14.71 1 3") < words.index("train_error (%) 9")
    assert "cost paper qa1 1 qa2 2 qa3 3" in words
    assert {"result.json", "metrics.jsonl", "figures/curves.npz"} == {link["href"] for link in page.all("a")}
    (image,) = page.all("img")
    assert (image["width"], image["height"]) == ("480", "192") and image["alt"] == f"A caption. {HOSTILE}"
    assert page.text.count(HOSTILE) == 8


def test_what_flags_changed_is_not_held_against_the_paper(tmp_path, config):
    words = written(tmp_path, {**config, "batch_size": 3}).text
    assert "batch_size = 3" in words and "ablation" in words and "short by" not in words
    assert "no result: smoke run" in written(tmp_path, {}, variant="smoke", benchmark="ours/own").text


def test_one_seed_has_no_interval(tmp_path, config):
    page = written(tmp_path, config, seeds=[0], metrics={"error": interval(np.array([1.0]), "%")}, paper={})
    assert "0 (one seed: no interval)" in page.text and "each seed" not in page.text
    assert "The paper reports no number for this." in page.text


def test_half_a_pair_of_letters_is_no_reason_to_fail(tmp_path):
    template = tmp_path / "x.html"
    template.write_text("{{ text }} {{ 1234.5678 | number }} {{ 300 | duration }}")
    assert rendered(template, text="a\ud800<") == "a?&lt; 1235 5 min"
