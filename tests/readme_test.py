"""What README and docs tell the reader to type is understood, and the numbers that README calls ours were measured.

README's commands are typed in `readme_runs_test`; every config is built and trained in `configs_test`.
"""

import functools
import importlib
import json
import re
from pathlib import Path

import commands
import pytest
from absl import flags
from typed import Command, command, commands_of, lines_of

from experiments import figures, several
from experiments.chapter import FIGURES

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
WRITTEN_BY_THE_READER = ("ntm/addition", "elman/addition")  # docs/extending.md, which has a test of its own
ALONE = {"--list", "--all", "--index", "--completion"}
MODULES = {"compare", "lesions", "plan", "results", "sweep", "translate"}


def test_a_command_is_read_as_a_shell_reads_it():
    looped = "for net in a b; do ./scripts/x r/$net:s; done"
    assert command('echo "7 3" | ./scripts/x y') == Command(("./scripts/x", "y"), piped="7 3")
    assert command("./scripts/x {a,b}{1,2}").words == ("./scripts/x", "a1", "a2", "b1", "b2")
    assert command("./scripts/x < in > out") == Command(("./scripts/x",), reads="in", writes="out")
    assert [str(one) for one in map(command, lines_of(looped))] == ["./scripts/x r/a:s", "./scripts/x r/b:s"]
    assert [*lines_of("./scripts/a && ./scripts/b  # both")] == ["./scripts/a", "./scripts/b"]
    assert command("cd deepx") is None


@pytest.mark.parametrize(("page", "one"), [(page, one) for page in PAGES for one in commands_of(page)], ids=str)
def test_a_command_is_understood(page, one):
    script, *words = one.words
    assert (ROOT / script).stat().st_mode & 0o100, f"{script} cannot be run"
    name = Path(script).name
    if name == "reproduce":
        reproduces(words)
    elif name in MODULES:
        given = {word.partition("=")[0] for word in words if word.startswith("--") and not word.startswith("--config.")}
        assert given <= set(re.findall(r"--[\w-]+", told(name)))


def reproduces(words):
    """Raises UserError where `./scripts/reproduce` would."""
    name, _, variant = words[0].partition(":")
    if name in WRITTEN_BY_THE_READER or name in ALONE:
        return
    if name in FIGURES:
        figures.ending(variant, words[1:])
        return
    several.planned([word for word in words if word.startswith("--config.") or word == words[0]])
    module = importlib.import_module(f"experiments.{name.split('/')[0]}")
    assert module.build
    for word in words[1:]:
        flag, _, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and not flag.startswith("config."):
            assert flag in flags.FLAGS, f"there is no --{flag}"
            if flag == "mode":
                assert value in flags.FLAGS["mode"].parser.enum_values


@functools.cache
def told(name: str) -> str:
    """What the command says of itself."""
    return commands.call(f"experiments.{name}", "--help").stdout


def ours():
    """Of each line of README's table, the benchmark's family and the numbers with a point that we call ours."""
    for line in (ROOT / "README.md").read_text().splitlines():
        if line.startswith("| `./scripts/reproduce"):
            command, _, _, numbers, _ = line.strip("|\n").split("|")
            family = command.strip(" `").split()[1].split("/")[0]
            yield from ((family, number) for number in re.findall(r"\d+\.\d+", numbers))


def test_the_numbers_of_readme_were_measured():
    records = [json.loads(path.read_text()) for path in (ROOT / "results").glob("*.json")]
    unknown = []
    for family, number in ours():
        digits = len(number.partition(".")[2])
        means = [entry["mean"] for r in records if r["benchmark"].startswith(family) for entry in r["metrics"].values()]
        if not any(f"{abs(mean):.{digits}f}" == number for mean in means):
            unknown.append((family, number))
    assert unknown == []
    assert len(list(ours())) > 20


def test_every_page_that_is_linked_is_there():
    for page in PAGES:
        text = (ROOT / page).read_text()
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            if not link.startswith("http"):
                assert (ROOT / page).parent.joinpath(link).exists(), f"{page} links to {link}"
