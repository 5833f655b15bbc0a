"""The commands as a user types them: mistakes answered in a sentence and status 2, a whole small run, its files."""

import io
import json
import shutil
from pathlib import Path

import pytest
from commands import ROOT, call
from pages import sound
from rich.console import Console

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.workdir import Workdir, workdir_of
from experiments import figures, reproduce, results

NTM = ["experiments.ntm", "--config=configs/ntm/copy.py:smoke"]
RESNET = ["experiments.resnet", "--config=configs/resnet/cifar10_resnet20.py:smoke"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    workdir = tmp_path_factory.mktemp("finished")
    ended = call("experiments.reproduce", "ntm/copy:smoke", f"--workdir={workdir}", "--config.run.replicas=2")
    assert ended.returncode == 0, ended.stderr
    return workdir


def test_a_finished_run_has_every_file_of_the_contract(finished):
    for name in ("config.json", "metrics.jsonl", "result.json", "report.html", "checkpoints", "tb"):
        assert (finished / name).exists(), name
    for name in ("outputs", "memory", "curves"):
        assert (finished / "figures" / f"{name}.png").exists() and (finished / "figures" / f"{name}.npz").exists()
    record = json.loads((finished / "result.json").read_text())
    assert record["benchmark"] == "ntm/copy" and record["variant"] == "smoke" and record["seeds"] == [0, 1]
    bits = record["metrics"]["bits_per_sequence/len4"]
    assert len(bits["values"]) == 2 and bits["low"] <= bits["mean"] <= bits["high"] and bits["unit"] == "bits"
    assert "optimizer.name: adam instead of rmsprop" in record["differs_from_paper"]
    assert record["command"].startswith("./scripts/reproduce ntm/copy:smoke")
    assert record["wall_seconds"] > 0 and record["versions"]["jax"] and record["data"] == "generated"


def test_the_report_is_one_page_that_needs_nothing_else(finished):
    sound(finished / "report.html")
    page = (finished / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "") and page.count("data:image/png;base64,") == 3
    assert "bits_per_sequence/len4" in page and "optimizer.name: adam instead of rmsprop" in page


def test_what_stands_in_a_report_is_escaped(finished, tmp_path):
    from matplotlib.figure import Figure as Picture

    from deepx.engine.experiment import Figure
    from deepx.engine.report import save_figures, write_report

    record = json.loads((finished / "result.json").read_text()) | {"data": "<script>alert(1)</script>"}
    figures = {"f": Figure(Picture(), {}, '"><b>')}
    save_figures(tmp_path, figures)
    write_report(tmp_path, record, {"a": {"b": "<img src=x>"}}, figures)
    page = (tmp_path / "report.html").read_text()
    assert "<script>" not in page and "<img src=x>" not in page and "<b>" not in page


def test_the_record_is_kept_and_stands_in_the_results(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RECORDS", tmp_path)
    kept = results.keep(finished)
    assert kept.name == "ntm-copy-smoke.json"
    page = results.page()
    assert "| ntm/copy |" in page and "## ntm/copy, smoke" in page and "not run" in page
    with pytest.raises(UserError, match="not finished"):
        results.keep(tmp_path)


def test_a_name_alone_is_a_command():
    config = reproduce.CONFIGS / "ntm" / "copy.py"
    assert reproduce.command_for(["ntm/copy"])[3:] == ["experiments.ntm", f"--config={config}:cpu"]


def test_a_run_that_is_looked_at_keeps_the_flags_it_was_made_with(tmp_path):
    (tmp_path / "config.json").write_text('{"benchmark": "ntm/copy", "variant": "cpu"}')
    its_own, there = f"--workdir={tmp_path}", ["--mode=predict", f"--workdir={tmp_path}"]
    assert reproduce.command_for(["ntm/copy", *there])[4:] == [its_own, *there]
    for others in (
        ["ntm/copy:smoke", *there],
        ["ntm/associative_recall", *there],
        ["ntm/copy", *there, "--config.run.steps=3"],
    ):
        assert its_own not in reproduce.command_for(others)[4:5], others
    assert its_own not in reproduce.command_for(["ntm/copy", there[1]])[4:5]


def test_a_run_is_found_by_its_benchmark_or_what_to_type_is_said(tmp_path, monkeypatch, capsys):
    def write(folder, variant):
        (tmp_path / folder).mkdir(parents=True)
        config = {"benchmark": "ntm/copy", "variant": variant, "run": {"steps": 3}}
        (tmp_path / folder / "config.json").write_text(json.dumps(config))

    def refused(*argv):
        with pytest.raises(UserError) as refusal:
            reproduce.command_for([*argv, "--mode=predict"])
        return str(refusal.value)

    monkeypatch.chdir(tmp_path)
    none = "runs/ntm/copy holds no run yet. Train one: ./scripts/reproduce ntm/copy"
    assert refused("ntm/copy") == none and "./scripts/reproduce ntm/copy --workdir=x" in refused(
        "ntm/copy", "--workdir=x"
    )
    write("runs/ntm/copy-smoke", "smoke")
    assert reproduce.command_for(["ntm/copy", "--mode=predict"])[4] == "--workdir=runs/ntm/copy-smoke"
    assert capsys.readouterr().err == "The only run of ntm/copy here is runs/ntm/copy-smoke.\n"
    assert refused("ntm/copy:paper").splitlines()[1:] == ["  ./scripts/reproduce ntm/copy:smoke --mode=predict"]
    write("runs/third", "cpu")
    assert refused("ntm/copy").splitlines()[1:] == [
        "  ./scripts/reproduce ntm/copy:smoke --mode=predict",
        "  ./scripts/reproduce ntm/copy:cpu --mode=predict --workdir=runs/third",
    ]
    write("runs/ntm/copy", "cpu")
    assert reproduce.command_for(["ntm/copy", "--mode=predict"])[4] == "--workdir=runs/ntm/copy"


def test_results_md_is_what_the_records_say():
    assert (ROOT / "RESULTS.md").read_text() == results.page()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([*NTM, "--config.run.stepz=3"], "no key 'run.stepz'. Did you mean 'run.steps'?"),
        ([*NTM, "--config.lstm.controler_size=3"], "Did you mean 'lstm.controller_size'?"),
        ([*NTM, "--config.run.steps=many"], "--config.run.steps=many"),
        ([*NTM, "--config.model.memory_slots=2"], "memory_slots = 2 is smaller than the window of 3 shifts"),
        ([*NTM, "--config.task.max_length=0"], "min_length <= max_length"),
        ([*NTM, "--config.evaluation.conditions.len4.max_length=0"], "min_length <= max_length"),
        ([*NTM, "--config.evaluation.watched=len3"], "evaluation.watched is 'len3'"),
        ([*NTM, "--config.evaluation.sequences=0"], "nothing would be measured"),
        ([*NTM, "--config.run.select=min nonsense"], "run.select names the metric 'nonsense'"),
        ([*NTM, "--config.run.seed=4294967296"], "run.seed is 4294967296"),
        (["experiments.ntm", "--config", "configs/ntm/copy.py:smoke", "--config.run.stepz=3"], "no key 'run.stepz'"),
        (["experiments.resnet", "--config=configs/ntm/copy.py:smoke"], "is run by experiments.ntm"),
        ([*NTM, "--mode=eval"], "holds no run yet"),
        ([*NTM, "--config.optimizer.name=sdg"], "must be 'rmsprop' or 'adam'"),
        ([*NTM, "--config.run.steps=41"], "multiple of run.steps_per_call"),
        ([*NTM, "--devices=9000"], "--devices=9000"),
        ([*NTM, "--wrokdir=x"], "workdir"),
        ([*NTM, "--mode=pedict"], "Did you mean 'predict'?"),
        (["experiments.ntm", "--config=configs/ntm/coppy.py"], "no config file configs/ntm/coppy.py"),
        (["experiments.ntm", "--config=configs/ntm/copy.py:tiny"], "no variant 'tiny'"),
        (["experiments.ntm"], "holds no run yet"),
        ([*RESNET, "--config.model.depth=21"], "depth must be 6n + 2"),
        ([*RESNET, "--config.data.name=cifar10", "--data_dir=nowhere"], "./scripts/prepare_data cifar10"),
        ([*RESNET, "--config.data.held_out=96"], "data.held_out is 96"),
        (["experiments.reproduce", "ntm/copy", "--mode=trian"], "Did you mean 'train'?"),
        (["experiments.reproduce", "ntm/cpoy"], "no benchmark 'ntm/cpoy'. Did you mean 'ntm/copy'?"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_mistakes_are_answered_in_words(argv, words, tmp_path):
    workdir = tmp_path / "run"
    ended = call(*argv, *([] if argv[0].endswith("reproduce") else [f"--workdir={workdir}"]))
    said = " ".join(ended.stderr.split())
    assert ended.returncode == 2 and words in said and "Traceback" not in said, ended.stderr
    assert not (workdir / "config.json").exists()  # nothing was begun: the corrected command can use the directory


def test_a_directory_of_another_config_is_left_alone(finished):
    before = (finished / "metrics.jsonl").read_bytes()
    ended = call(*NTM, f"--workdir={finished}", "--config.run.replicas=2", "--config.lstm.learning_rate=1.0")
    assert ended.returncode == 2 and "lstm.learning_rate: 0.001 there, 1.0 now" in ended.stderr
    assert (finished / "metrics.jsonl").read_bytes() == before


def test_a_directory_of_another_benchmark_is_named(finished):
    with pytest.raises(UserError, match="holds a run of ntm/copy:smoke, not of ntm/ngrams:cpu"):
        there = Workdir(finished)
        there.check(load(reproduce.CONFIGS / "ntm" / "ngrams.py", "cpu"))


def test_fewer_steps_than_done(finished):
    ended = call(*NTM, f"--workdir={finished}", "--config.run.replicas=2", "--config.run.steps=20")
    assert ended.returncode == 2 and "already taken 40 steps" in " ".join(ended.stderr.split())
    assert json.loads((finished / "config.json").read_text())["run"]["steps"] == 40


def test_a_complete_run_is_shown_and_its_record_left_alone(finished):
    before = (finished / "result.json").read_bytes()
    ended = call("experiments.ntm", f"--workdir={finished}")
    assert ended.returncode == 0 and "This run was complete on" in ended.stderr, ended.stderr
    assert "bits_per_sequence/len6" in ended.stdout and (finished / "result.json").read_bytes() == before


def test_a_run_given_more_steps_is_not_complete_until_it_is_finished_anew(finished, tmp_path):
    workdir = tmp_path / "more"
    shutil.copytree(finished, workdir)
    shutil.rmtree(workdir / "figures")
    (workdir / "figures").write_text("in the way: drawing fails after the training")
    ended = call("experiments.ntm", f"--workdir={workdir}", "--config=configs/ntm/copy.py:smoke",
                 "--config.run.replicas=2", "--config.run.steps=60")  # fmt: skip
    assert ended.returncode != 0 and not (workdir / "result.json").exists()
    (workdir / "figures").unlink()
    ended = call("experiments.ntm", f"--workdir={workdir}")
    assert ended.returncode == 0 and "Testing the state of step 60" in ended.stderr, ended.stderr
    assert (workdir / "result.json").exists() and (workdir / "report.html").exists()


def test_two_processes_in_one_directory(tmp_path):
    held = Workdir(tmp_path)
    with pytest.raises(UserError, match="Another process is at work"):
        Workdir(tmp_path)
    del held


@pytest.mark.parametrize(("text", "words"), [('{"run":', "is damaged"), ('{"run": {"seed": 0}}', "lacks")])
def test_a_config_file_that_cannot_be_used(tmp_path, text, words):
    (tmp_path / "config.json").write_text(text)
    ended = call("experiments.ntm", f"--workdir={tmp_path}")
    assert ended.returncode == 2 and words in ended.stderr and "Traceback" not in ended.stderr


def test_without_a_workdir_a_run_lives_under_its_name():
    assert str(workdir_of("ntm/copy", "cpu")) == "runs/ntm/copy"
    assert str(workdir_of("ntm/copy", "smoke")) == "runs/ntm/copy-smoke"
    ended = call("experiments.ntm")
    assert ended.returncode == 2 and "Say what to run" in ended.stderr


def test_the_list_names_every_benchmark(monkeypatch):
    """In full, whatever has been run here."""
    monkeypatch.setattr(reproduce, "_run_here", lambda name: "cpu: step 10000 of 12000")
    console = Console(width=120, file=io.StringIO())
    console.print(reproduce.catalogue())
    assert all(name in console.file.getvalue() for name in reproduce.benchmarks())
    ended = call("experiments.reproduce", "--list")
    assert ended.returncode == 0 and all(name in ended.stdout for name in reproduce.benchmarks())


def test_a_figure_takes_what_a_finished_run_has_drawn(finished, tmp_path, monkeypatch, capsys):
    """Of the run's own directory, without a second run."""
    monkeypatch.chdir(tmp_path)
    Path("runs/ntm").mkdir(parents=True)
    Path("runs/ntm/copy-smoke-replicas=2").symlink_to(finished)
    before = (finished / "metrics.jsonl").stat().st_mtime_ns
    assert figures.make("ntm-figure-6", "smoke", ["--config.run.replicas=2"], 1) == 0
    assert capsys.readouterr().out == "runs/figures/ntm-figure-6-smoke-replicas=2.png\n"
    drawn = Path("runs/figures/ntm-figure-6-smoke-replicas=2.npz").read_bytes()
    assert drawn == (finished / "figures" / "memory.npz").read_bytes()
    assert (finished / "metrics.jsonl").stat().st_mtime_ns == before
