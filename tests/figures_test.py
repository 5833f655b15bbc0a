"""Figures of the chapter: whether their runs exist, what is drawn of finished runs, how the command answers."""

import functools
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_trials import fakes
from matplotlib.figure import Figure as Picture
from rich.console import Console

from deepx.analysis.lesion_figures import RandomDeletions
from deepx.engine.errors import UserError
from deepx.engine.workdir import Workdir
from experiments import figures, lesions, reproduce, several
from experiments.chapter import FIGURES, SECTIONS, Own
from experiments.sweep_trials import DONE, MISTAKE

ROOT = Path(__file__).resolve().parents[1]


def finished(words: list[str], rows: list[dict], metrics: dict) -> Path:
    """The directory of a run as if it had been carried out."""
    run, _ = several.planned(words)
    file, _, variant = run.command[3].removeprefix("--config=").rpartition(":")
    overrides = {name.removeprefix("config."): value for name, value in flags(run.command) if "config." in name}
    config = several.config_of(Path(file), variant, overrides)
    (run.workdir / "figures").mkdir(parents=True)
    Workdir(run.workdir).claim(config)
    (run.workdir / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run.workdir / "result.json").write_text(json.dumps({"metrics": metrics, "date": "2026-01-01"}))
    return run.workdir


def flags(command):
    return [argument.removeprefix("--").split("=", 1) for argument in command if argument.startswith("--config.")]


def training(metric: str, start: float) -> list[dict]:
    return [{"step": s, "split": "train", "values": {metric: [start / s, start / s + 1]}} for s in (10, 20, 30)]


@functools.cache
def directory(*words: str) -> str:
    """Of a run, which is planned once for all figures."""
    return str(several.planned(words)[0].workdir)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("variant", ["", "smoke"])
def test_the_runs_of_every_figure_exist(name, variant):
    """Configs, variants and flags; where a run needs another, that is one before it."""
    figure = FIGURES[name]
    where: dict[str, str] = {}
    for run in (run for stage in figures.stages(figure) for run in stage):
        where[run] = directory(*figures.words(figure.runs[run], variant, where))
    assert len(set(where.values())) == len(figure.runs)
    if isinstance(figure.drawing, Own):
        assert figure.drawing.run in figure.runs


def test_every_family_has_a_section_and_no_figure_two():
    families = {name.split("/")[0] for name in reproduce.benchmarks()}
    assert sorted(family for section in SECTIONS for family in section.families) == sorted(families)
    assert len(FIGURES) == sum(len(section.figures) for section in SECTIONS)


def test_the_list_names_every_benchmark_and_every_figure_in_its_section(elsewhere):
    console = Console(width=120, file=io.StringIO())
    console.print(reproduce.catalogue())
    text = console.file.getvalue()
    parts = re.split("|".join(re.escape(section.title) for section in SECTIONS), text)[1:]
    for section, part in zip(SECTIONS, parts, strict=True):
        firsts = {line.split()[0] for line in part.splitlines() if line and line[0] != " "}
        wanted = {name for name in reproduce.benchmarks() if name.split("/")[0] in section.families}
        assert firsts == wanted | set(section.figures) | {"benchmark", "figure"}
    assert "\x1b" not in text


def test_curves_are_drawn_of_finished_runs_and_not_again(elsewhere, capsys):
    runs = FIGURES["figure-9.20"].runs
    for i, text in enumerate(runs.values()):
        finished(figures.words(text, "smoke", {}), training("error", 50 + i), {"train_error": {"unit": "%"}})
    assert figures.make("figure-9.20", "smoke", [], 1) == 0
    path = Path("runs/figures/figure-9.20-smoke")
    assert capsys.readouterr().out == f"{path}.png\n"
    numbers = np.load(f"{path}.npz")
    np.testing.assert_array_equal(numbers["Plain-56.values"][:, 1], [51 / 10 + 1, 51 / 20 + 1, 51 / 30 + 1])
    np.testing.assert_array_equal(numbers["Plain-20.seen"], [160, 320, 480])  # batches of 16
    before = os.stat(f"{path}.png").st_mtime_ns
    assert figures.make("figure-9.20", "smoke", [], 1) == 0 and os.stat(f"{path}.png").st_mtime_ns == before
    os.utime("runs/resnet/cifar10_plain20-smoke/result.json")  # tested anew
    assert figures.make("figure-9.20", "smoke", [], 1) == 0 and os.stat(f"{path}.png").st_mtime_ns > before
    assert (
        "figure-9.20-smoke" in reproduce._made_here("figure-9.20") and reproduce._made_here("figure-9.22") == "not yet"
    )


def test_conditions_are_read_from_the_records_in_the_order_of_their_numbers(elsewhere):
    for i, text in enumerate(FIGURES["ntm-figure-11"].runs.values()):
        entries = {f"bits_per_sequence/items{n}": {"values": [i + n, n], "unit": "bits"} for n in (10, 6, 20)}
        finished(figures.words(text, "", {}), [], entries | {"wrong_sequences/items8": {"values": [1, 1], "unit": "%"}})
    assert figures.make("ntm-figure-11", "", [], 1) == 0
    numbers = np.load("runs/figures/ntm-figure-11.npz")
    np.testing.assert_array_equal(numbers["LSTM alone.items"], [6, 10, 20])
    np.testing.assert_array_equal(numbers["LSTM alone.values"], [[8, 6], [12, 10], [22, 20]])


def test_what_a_run_has_drawn_is_taken_with_its_numbers(elsewhere):
    workdir = finished(["gan/srresnet:smoke"], [], {})
    for name in ("details_set5", "details_set14"):
        (workdir / "figures" / f"{name}.png").write_bytes(name.encode())
        np.savez(workdir / "figures" / f"{name}.npz", x=np.arange(3))
    assert figures.make("srresnet", "smoke", [], 1) == 0
    assert Path("runs/figures/srresnet-details_set14-smoke.png").read_bytes() == b"details_set14"
    assert sorted(path.name for path in Path("runs/figures").glob("*.npz")) == [
        "srresnet-details_set14-smoke.npz",
        "srresnet-details_set5-smoke.npz",
    ]
    for path in (workdir / "figures").glob("*.png"):
        path.unlink()
    with pytest.raises(UserError, match=r"has drawn no details_\*"):
        figures.make("srresnet", "smoke", [], 1)


def test_lesions_are_those_of_the_runs_whatever_their_directories_are_called(elsewhere, monkeypatch):
    workdir = finished(["resnet/cifar10_resnet20:smoke", "--config.model.depth=14"], [], {})
    monkeypatch.setattr(lesions, "of_run", lambda path, images: path)

    def pictures(subjects, how, seed, wanted):
        assert subjects == {"ResNet-20": workdir} and len(wanted) == 1
        yield wanted[0], Picture(), {"ResNet-20": RandomDeletions(np.arange(2), np.ones((2, 3)))}

    monkeypatch.setattr(lesions, "pictures", pictures)
    assert figures.make("figure-9.26", "smoke", [], 1) == 0
    names = sorted(path.name for path in Path("runs/figures").iterdir())
    assert names == [f"figure-9.26{part}-smoke.{kind}" for part in "ab" for kind in ("npz", "png")]
    assert np.load("runs/figures/figure-9.26a-smoke.npz")["ResNet-20.errors"].shape == (2, 3)


def test_a_run_that_flags_change_has_a_directory_of_its_own(elsewhere):
    run, _ = several.planned(["ntm/copy", "--config.model.controller=none", "--data_dir=x"])
    assert str(run.workdir) == "runs/ntm/copy-controller=none" and run.command[-2:] == [
        "--data_dir=x",
        "--workdir=runs/ntm/copy-controller=none",
    ]
    same, _ = several.planned(["gan/srgan", "--config.generator_from=runs/gan/srresnet"])  # as the config has it
    assert str(same.workdir) == "runs/gan/srgan"


def test_a_run_of_a_figure_is_what_one_would_type(elsewhere):
    run, _ = several.planned(["resnet/cifar10_plain20:study", "--config.run.steps=5"])
    typed = reproduce.command_for(shlex.split(run.said)[1:])
    assert typed == [sys.executable, *run.command] and run.steps == 5


def test_a_directory_of_another_config_is_a_mistake_of_that_run_only(elsewhere):
    workdir = finished(["ntm/copy:smoke"], [], {})
    assert several.planned(["ntm/copy:smoke"])[1].state == DONE
    config = json.loads((workdir / "config.json").read_text())
    config["batch_size"] = 3
    (workdir / "config.json").write_text(json.dumps(config))
    outcome = several.planned(["ntm/copy:smoke"])[1]
    assert outcome.state == MISTAKE and "batch_size: 3 there, 8 now" in outcome.message


def test_forks_are_judged_as_processes_are(tmp_path):
    """In a process of its own, as this one has JAX's threads."""
    fakes(tmp_path, 0)
    program = """
import sys
from pathlib import Path
from fake_trials import fake
from experiments.forked import fork
from experiments.sweep_engines import Local, Resources, supervise
folder = Path(sys.argv[1])
trials = [fake(folder, x, fail=fail) for x, fail in ((0.1, ""), (0.2, "mistake"), (0.3, "crash"), (0.4, "die"))]
trials = [t._replace(command=["-P", "-m", "fake_trial", *t.command[1:]]) for t in trials]
for event in supervise(trials, Local(2, Resources(), fork), lambda: 0):
    if event:
        print(event.trial.values["x"], *event.outcome)
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    told = {line.split()[0]: line for line in ended.stdout.splitlines() if " running" not in line}
    assert told["0.1"] == "0.1 done " and told["0.2"] == "0.2 mistake a value makes no sense.", (
        ended.stdout + ended.stderr
    )
    assert "0.3 crashed RuntimeError: broken" in told["0.3"]
    assert "0.4 done" in told["0.4"]  # killed once, and resumed


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["figure-925"], "Did you mean 'figure-9.25'?"),
        (["figure-9.4"], "the other figures of its sections have the numbers of their papers here. They are: turing"),
        (["ntm-figure-33"], "Did you mean 'ntm-figure-3"),
        (["figure-9.25", "--mode=eval"], "A figure has no flag --mode."),
        (["figure-9.25:smoek"], "Did you mean 'smoke'"),
        (["figure-9.25", "--jobs=none"], "--jobs=none: how many runs at a time?"),
        (["ntm/copy", "--jobs=2"], "--jobs is for figures and --all"),
        (["--all:smoek"], "Did you mean 'smoke'"),
        (["--al"], "Name the benchmark first"),
    ],
)
def test_mistakes_in_words(argv, words, elsewhere, capsys):
    with pytest.raises(SystemExit) as ended:
        reproduce.main(argv)
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2 and words in said
    assert not list(elsewhere.rglob("config.json"))


def test_a_figure_that_cannot_be_made_says_why_and_goes_on_later(elsewhere, capsys):
    workdir = finished(["resnet/cifar10_plain56:smoke"], training("error", 5), {})
    (workdir / "config.json").write_text("{")
    finished(["resnet/cifar10_plain20:smoke"], training("error", 5), {})
    assert figures.make("figure-9.20", "smoke", [], 1) == 1
    assert "is damaged" in " ".join(capsys.readouterr().err.split()) and not Path("runs/figures").exists()


def test_help_fits_a_screen_with_three_examples(capsys):
    reproduce.main(["--help"])
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 24 and all(len(line) <= 120 for line in text.splitlines())
    assert len(re.findall(r"^    \./scripts/reproduce", text, re.M)) == 3


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ntm/co"], ["ntm/copy"]),
        (["figure-9.25"], ["figure-9.25"]),
        (["ntm/copy", ":"], ["cpu", "paper", "smoke"]),
        (["ntm/copy", ":", "sm"], ["smoke"]),
        (["ntm/copy", "--work"], ["--workdir="]),
    ],
)
def test_tab_completion(typed, offered):
    words = " ".join(f"'{word}'" for word in ["./scripts/reproduce", *typed])
    program = f"{reproduce.completion()}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed)}\n_deepx_reproduce 2>/dev/null\n"
    ended = subprocess.run(["bash", "-c", program + 'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True)
    assert ended.stdout.split() == offered, ended.stderr
