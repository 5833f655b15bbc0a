"""The page of all runs in a folder: what it says of each, and that nothing found there can break it or speak in it."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest
from commands import call
from pages import sound
from PIL import Image

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.record import interval
from experiments import compare, index, index_comparison, runs
from experiments.reproduce import CONFIGS

HOSTILE = "<img src=x onerror=alert(1)>"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def write_run(path, bits=(0.05, 0.15), variant="cpu", steps=2, metric="bits_per_sequence", finished=True, **changes):
    """A run of ntm/copy as the engine leaves it, with one value a seed."""
    config = load(CONFIGS / "ntm" / "copy.py", variant)
    with config.unlocked():
        config.update_from_flattened_dict(changes)
    (path / "figures").mkdir(parents=True)
    (path / "checkpoints" / str(10 * steps)).mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(config.to_dict()))
    rows = [{"step": 10 * i, "split": "train", "values": {metric: [b + i for b in bits]}} for i in range(1, steps + 1)]
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if not finished:
        return
    record = {
        "benchmark": "ntm/copy",
        "variant": variant,
        "seeds": list(range(len(bits))),
        "metrics": {f"{metric}/len20": interval(np.array(bits), "bits"), f"train_{metric}": interval(np.ones(1), "")},
        "paper": config.reported.to_dict(),
        "differs_from_paper": [],
        "wall_seconds": 150.0,
        "date": "2026-11-22",
    }
    (path / "result.json").write_text(json.dumps(record))
    (path / "report.html").write_text("a report")
    for name in ("outputs", "memory", "curves"):
        Image.new("RGB", (600, 300), "navy").save(path / "figures" / f"{name}.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "ntm" / "copy")
    write_run(folder / "ntm" / "deep" / "none", bits=(9.0,), **{"model.controller": "none"})
    write_run(folder / "ntm" / "half", finished=False)
    write_run(folder / "javascript:alert(1)" / HOSTILE, **{"optimizer.name": "<script>alert(1)</script>"})
    write_run(folder / os.fsdecode(b"\xff"), metric="$\\frac$<b>\ud800")
    (folder / "ntm" / "half" / "figures" / "outputs.png").write_text("no picture")
    for name, text in (("config.json", '{"benchmark": "ntm/copy", "varia'), ("result.json", '{"metrics": {"x": {}}}')):
        write_run(folder / "damaged" / name)
        (folder / "damaged" / name / name).write_text(text)
    (folder / "other" / "notes").mkdir(parents=True)
    (folder / "other" / "notes" / "todo.txt").write_text("buy milk")
    return folder


@pytest.fixture(scope="module")
def page(folder):
    ended = call("experiments.reproduce", "--index", str(folder))
    assert ended.returncode == 0 and ended.stdout == f"{folder}/index.html\n", ended.stderr
    return sound(folder / "index.html")


def test_every_run_stands_on_the_page_with_its_state(page):
    assert "4 done" in page.text and "2 damaged" in page.text and "1 not finished" in page.text
    assert "step 20 of 1600" in page.text and "2026-11-22, 2.5 min" in page.text
    assert "config.json is damaged (Unterminated string" in page.text
    assert "result.json has no benchmark, variant, date" in page.text
    assert "other/notes: no run: there is no config.json" in page.text


def test_numbers_stand_beside_the_papers(page):
    words = " ".join(page.text.split())
    assert "bits_per_sequence/len20 0.1 bits (-0.5353 to 0.7353), paper 0.0: met" in words
    assert "bits_per_sequence/len20 9 bits, paper 0.0: ablation" in words
    assert "model.controller = none" in words


def test_nothing_that_was_found_speaks_in_the_page(folder, page):
    """`sound` has seen that there is no element of theirs; their text is there as text."""
    assert HOSTILE in page.text and "<script>alert(1)</script>" in page.text and "\\xff" in page.text
    assert not [link for link in page.all("a") if ":" in link["href"]]


def test_small_pictures_of_the_chapters_figures(folder, page):
    small = [image for image in page.all("img") if image["alt"].endswith("of ntm/copy")]
    assert [image["alt"] for image in small] == ["memory of ntm/copy", "outputs of ntm/copy"]
    assert len(page.text) + sum(len(image["src"]) for image in small) < 20_000


def test_curves_of_the_runs_that_have_them(page):
    alt = "train bits per sequence of 4 runs against examples seen"
    assert [image["alt"] for image in page.all("img") if "runs" in image["alt"]] == [alt]
    assert "Without a curve: \\xff: no rows of bits_per_sequence" in page.text


def test_settings_and_results_side_by_side(folder):
    of = {name: runs.seen(folder / "ntm" / name) for name in ("copy", "deep/none", "half")}
    assert index_comparison.settings_table(of) == [["", *of], ["model.controller", "lstm", "none", "lstm"]]
    assert index_comparison.metrics_table(of) == [
        ["", "copy", "deep/none", "paper"],
        ["bits_per_sequence/len20 (bits)", "0.1 (-0.5353 to 0.7353)", "9", "0.0"],
    ]
    assert index_comparison.settings_table({"a": of["copy"], "b": of["copy"]}) == []
    many = index_comparison.compared("ntm/copy", {f"run {i}": of["copy"] for i in range(30)} | of)
    assert many.settings[0] == ["", "model.controller"] and ["deep/none", "none"] in many.settings
    assert len(set(many.colours.values())) == 33


def test_a_picture_has_every_run(folder):
    lines = {str(i): (np.arange(4.0), np.ones((4, 2))) for i in range(20)}
    drawn = compare.picture(lines, "error").axes[0]
    assert len(drawn.get_legend().get_texts()) == 20 and len(drawn.lines) == 20 * 3
    assert "$\\frac$" in index_comparison.picture(lines, "train", "$\\frac$", "", dict.fromkeys(lines, "red"))["alt"]
    assert compare.picture(lines, "error", (3, 2), dict.fromkeys(lines, "red")).axes[0].get_legend() is None


def test_links_are_followed_to_runs_only_and_sweeps_to_their_trials(tmp_path):
    write_run(tmp_path / "elsewhere" / "run")
    for seed in (10, 9):
        write_run(tmp_path / "here" / "sweep" / "trials" / f"seed={seed}")
    for name in ("logs", "stopped"):
        (tmp_path / "here" / "sweep" / name).mkdir()
        (tmp_path / "here" / "sweep" / name / "x.json").write_text("{}")
    (tmp_path / "here" / "sweep" / "sweep.json").write_text("{}")
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "elsewhere" / "run")
    (tmp_path / "here" / "circle").symlink_to(tmp_path)
    seen = [(str(run.path.relative_to(tmp_path / "here")), run.state) for run in runs.found(tmp_path / "here")]
    assert seen == [("linked", "done"), *((f"sweep/trials/seed={i}", "done") for i in (9, 10))]


def test_pages_of_others_are_left_alone(tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        index.write_index(tmp_path / "runs")
    assert "No runs." in sound(index.write_index(tmp_path)).text
    index.write_index(tmp_path)
    (tmp_path / "index.html").write_text("<h1>My pages</h1>")
    with pytest.raises(UserError, match="no page of ours"):
        index.write_index(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("config.json", "[" * 100_000, ""),
        ("config.json", "\ud800".encode("utf-8", "surrogatepass"), "config.json is damaged"),
        ("config.json", "3", "config.json is no table"),
        ("config.json", '{"benchmark": 3, "variant": "cpu", "run": {"steps": 1}}', "has no benchmark"),
        ("config.json", '{"benchmark": "ntm/copy", "variant": "cpu", "run": {"steps": true}}', "has no steps"),
        ("config.json", '{"run":' + '{"a":' * 99 + "1" + "}" * 100, "tables within tables"),
        ("result.json", "null", "result.json is no table"),
    ],
)
def test_damage_is_told(tmp_path, name, text, words):
    write_run(tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    run = runs.seen(tmp_path / "run")
    assert run.state == "damaged" and words in run.wrong and run.wrong


@pytest.mark.parametrize("row", ["[]", '{"step": 1}', '{"step": 1, "split": "train", "values": {"x": "y"}}', "{",
                                 '{"step": 1, "split": "train", "values": {"x": []}}'])  # fmt: skip
def test_damaged_rows_cost_a_run_its_curve_only(tmp_path, row):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    (tmp_path / "b" / "metrics.jsonl").write_text(row + "\n")
    of = {name: runs.seen(tmp_path / name) for name in ("a", "b")}
    drawn, without = index_comparison.curves(of, {"a": "red", "b": "blue"})
    assert "of 1 runs" in drawn[0]["alt"] and without[0].startswith("b: metrics.jsonl cannot be read")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_page_as_wide_as_a_telephone(folder, page, tmp_path):
    told = "<script>document.body.dataset.wide = document.documentElement.scrollWidth <= innerWidth</script>"
    (tmp_path / "page.html").write_text((folder / "index.html").read_text().replace("</body>", f"{told}</body>"))
    ended = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=390,800",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{tmp_path}/page.html"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert 'data-wide="true"' in ended.stdout, ended.stderr
