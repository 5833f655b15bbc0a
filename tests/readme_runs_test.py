"""What README tells the reader to type is typed, in its order, in an empty folder: each run in its smoke variant.

`./scripts/test` types what belongs to README's first benchmark, `./scripts/test --readme` everything. Runs of the same
smoke variant and flags are one run, linked to wherever README has them; other commands are README's, word by word.
"""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import commands
import numpy as np
import pytest
from PIL import Image
from typed import ROOT, Command, commands_of

from deepx.engine.config import flags_of
from deepx.engine.workdir import workdir_of
from experiments import several
from experiments.chapter import FIGURES
from experiments.reproduce import DEFAULT_VARIANT, benchmarks

NOT_TYPED = {  # how a command begins: why
    "./scripts/test": "it types the others",
    "./scripts/prepare_data": "downloads, in an environment of its own",
    "./scripts/bench": "measures, in an environment of its own with PyTorch",
    "./scripts/convert_weights": "takes weights that are to be downloaded",
    "./scripts/lesions ResNet-56=": "takes these weights",
    "./scripts/sweep ...": "has the flags of another command, and Ray",
}
SAID = "How are you?\n"  # where nothing is piped: to what converses in the terminal
ALL = [one for one in dict.fromkeys(commands_of("README.md")) if not str(one).startswith(tuple(NOT_TYPED))]
FIRST = ALL[0].words[1]
BRIEF = [
    one
    for one in ALL
    if one.words[1] in (FIRST, "--index", "--completion") and not any(word.startswith("--config") for word in one.words)
]
TYPED = ALL if os.environ.get("DEEPX_README") == "all" else BRIEF


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """An empty folder but for the configs, with the files of the reader's own."""
    home = tmp_path_factory.mktemp("home")
    (home / "configs").symlink_to(ROOT / "configs")
    if TYPED is ALL:
        own_files(home)
    return home


@pytest.fixture(scope="module")
def ended(home) -> dict[Command, subprocess.CompletedProcess]:
    """Every command, to its end."""
    return {one: typed(home, one) for one in TYPED}


def typed(home: Path, one: Command) -> subprocess.CompletedProcess:
    given = (home / one.reads).read_text() if one.reads else one.piped or SAID
    name = Path(one.words[0]).name
    ended = commands.call(f"experiments.{name}", *smoke(home, one.words), cwd=home, given=given, patience=1800)
    if one.writes:
        (home / one.writes).write_text(ended.stdout)
    return ended


def smoke(home: Path, words: tuple[str, ...]) -> list[str]:
    """The arguments of what takes seconds in place of minutes and more."""
    first, *flags = words[1:]
    name, _, variant = first.partition(":")
    given = dict(flags_of(flags))
    if name in FIGURES or name == "--all":
        return [f"{name}:smoke", *flags]
    if name not in benchmarks():
        return [word.rpartition(":")[0] + ":smoke" if word.startswith("--config=") else word for word in words[1:]]
    if "mode" in given:
        return [first, *flags]
    changes = [flag for flag in flags if flag.startswith("--config.")]
    run, _ = several.planned([f"{name}:smoke", *changes])
    there = home / given.get("workdir", workdir_of(name, variant or DEFAULT_VARIANT))
    if not there.is_symlink():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(home / run.workdir)
    return [f"{name}:smoke", *changes, f"--workdir={run.workdir}"]


def own_files(home: Path) -> None:
    """What README says that the reader has: a photograph, a folder of them, sentences, conversations."""
    rng = np.random.default_rng(0)
    (home / "photos").mkdir()
    for path in [home / "photo.png", *(home / "photos" / f"{n}.png" for n in range(600))]:
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), np.uint8)).save(path)
    (home / "multi30k").mkdir()
    pairs = [(one, two) for one in ("man", "dog", "cat") for two in ("tree", "car", "house", "road")]
    text = 20 * "".join(f"a {one} sees the {two} .\n" for one, two in pairs)
    for part in ("train", "val", "test_2016_flickr"):
        for language in ("en", "fr", "de"):
            (home / "multi30k" / f"{part}.{language}.gz").write_bytes(gzip.compress(text.encode()))
    for file in ("news.en", "news.de", "sentences.en"):
        (home / file).write_text(text)
    (home / "dialogues.txt").write_text(text.replace(" .\n", " . __eou__ why ?\n"))


@pytest.mark.parametrize("one", TYPED, ids=str)
def test_a_command_does_what_it_should(ended, one):
    assert ended[one].returncode == 0, ended[one].stderr
    assert "Traceback" not in ended[one].stderr


def test_the_finished_run_is_measured_again(home, ended):
    record = json.loads((home / "runs" / FIRST / "result.json").read_text())
    again = next(ended[one] for one in TYPED if "--mode=eval" in one.words)
    assert f"{record['metrics']['bits_per_sequence/len6']['mean']:.4g}" in again.stdout


def test_the_finished_run_is_a_program_that_runs_without_this_code(home, ended):
    export = home / "runs" / FIRST / "export"
    told = next(ended[one] for one in TYPED if "--mode=export" in one.words)
    assert f"runs/{FIRST}/export" in told.stdout
    signature = json.loads((export / "signature.json").read_text())
    assert signature["benchmark"] == FIRST and signature["inputs"]["inputs"]["shape"][:2] == ["batch", "time"]
    np.savez(home / "in.npz", inputs=np.zeros((2, 5, signature["inputs"]["inputs"]["shape"][2]), np.float32))
    command = [sys.executable, "-I", export / "run.py", "in.npz", "out.npz"]
    ran = subprocess.run(command, cwd=home, capture_output=True, text=True)
    assert ran.returncode == 0 and "[2, 5, " in ran.stdout, ran.stderr


def test_answers_are_printed(ended):
    answer = next(ended[one] for one in TYPED if one.piped and "--mode=predict" in one.words)
    assert len(answer.stdout.split()) > 2, answer.stdout


def test_what_is_not_typed_is_in_readme():
    every = [str(one) for one in commands_of("README.md")]
    assert all(any(one.startswith(how) for one in every) for how in NOT_TYPED)
