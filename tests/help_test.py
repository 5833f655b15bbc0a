"""`--help` of every entry point: on a screen, with three examples; of experiments, with the flags of their own."""

import re
import subprocess
import sys
from pathlib import Path

import commands
import pytest

ROOT = Path(__file__).resolve().parents[1]
FAMILIES = sorted(path.name for path in (ROOT / "configs").iterdir() if path.is_dir() and not path.name.startswith("_"))
COMMANDS = ("compare", "lesions", "plan", "reproduce", "results", "soak", "sweep", "translate")
LINES, COLUMNS = 40, 100  # of a screen


def check(ended, example):
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) <= LINES and max(map(len, lines)) <= COLUMNS
    assert sum(bool(re.match(rf"\s+{re.escape(example)}|{re.escape(example)}", line)) for line in lines) >= 3


@pytest.mark.parametrize("family", FAMILIES)
def test_an_experiment_says_what_it_is_and_takes(family):
    ended = commands.call(f"experiments.{family}", "--help", COLUMNS="100")
    check(ended, f"python -m experiments.{family}")
    assert f"configs/{family}/" in ended.stdout and "--mode=..." in ended.stdout and "absl" not in ended.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_examples(name):
    check(commands.call(f"experiments.{name}", "--help", COLUMNS="100"), f"./scripts/{name}")


@pytest.mark.parametrize(
    "name", ["bench", "test", "convert_weights", "prepare_data", "tpu/create", "tpu/delete", "tpu/run", "tpu/setup"]
)
def test_a_script_explains_itself_without_an_environment(name):
    ended = subprocess.run([sys.executable, ROOT / "scripts" / name, "--help"], capture_output=True, text=True)
    check(ended, "./scripts/" if "tpu" not in name else "scripts/tpu/")
