"""What README and docs tell the reader to type is understood, and the numbers that README calls ours were measured.

That the commands do what they should is what other tests see; every config is built and trained in `configs_test`.
"""

import functools
import importlib
import itertools
import json
import re
import shlex
from pathlib import Path

import commands
import pytest
from absl import flags

from experiments import figures, several
from experiments.chapter import FIGURES

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
WRITTEN_BY_THE_READER = ("ntm/addition", "elman/addition")  # docs/extending.md, which has a test of its own
ALONE = {"--list", "--all", "--index", "--completion"}
MODULES = {"compare", "lesions", "plan", "results", "sweep", "translate"}
LOOP = re.compile(r"for (\w+) in ([\w ]+); do (.*); done")


def typed(text: str):
    """Command lines in fenced blocks, without comments; continued lines are joined, loops and lists taken apart."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    for line in blocks.splitlines():
        line = re.sub(r"\s+#.*", "", line).strip().removeprefix("source <(").removesuffix(")")
        looped = LOOP.fullmatch(line)
        every = [looped[3].replace(f"${looped[1]}", value) for value in looped[2].split()] if looped else [line]
        for command in itertools.chain.from_iterable(one.split(" && ") for one in every):
            if command.startswith("./scripts/"):
                yield shlex.split(command)


def pages():
    for page in PAGES:
        text = (ROOT / page).read_text()
        in_tables = re.findall(r"^\| `(\./scripts/[^`]*)`", text, re.MULTILINE)
        yield from ((page, words) for words in [*typed(text), *map(shlex.split, in_tables)])


@pytest.mark.parametrize(("page", "words"), list(pages()), ids=lambda value: " ".join(value)[10:60])
def test_a_command_is_understood(page, words):
    script, words = words[0], [word for word in words[1:] if word not in ("<", ">")]
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
