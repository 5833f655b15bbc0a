"""What README and docs tell the reader to type: the commands of this project in their fenced blocks and tables."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LOOP = re.compile(r"for (\w+) in ([\w ]+); do (.*); done")
BRACES = re.compile(r"(.*?)\{([^{}]*,[^{}]*)\}(.*)")


class Command(NamedTuple):
    """words: script and arguments. piped: what is echoed to it. reads, writes: files of its standard streams."""

    words: tuple[str, ...]
    piped: str = ""
    reads: str = ""
    writes: str = ""

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands_of(page: str) -> Iterator[Command]:
    """The commands of a page, those of its tables first."""
    text = (ROOT / page).read_text()
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    lines = [*re.findall(r"^\| `(\./scripts/[^`]*)`", text, re.MULTILINE), *blocks.splitlines()]
    for line in lines:
        yield from filter(None, map(command, lines_of(line)))


def lines_of(line: str) -> Iterator[str]:
    """A line without its comment; loops and lists taken apart."""
    line = re.sub(r"\s+#.*", "", line).strip().removeprefix("source <(").removesuffix(")")
    looped = LOOP.fullmatch(line)
    every = [looped[3].replace(f"${looped[1]}", value) for value in looped[2].split()] if looped else [line]
    return itertools.chain.from_iterable(one.split(" && ") for one in every)


def command(line: str) -> Command | None:
    """One command of this project, or None."""
    piped, pipe, rest = line.partition(" | ")
    if not (rest if pipe else line).startswith("./scripts/"):
        return None
    words = shlex.split(rest if pipe else line)
    ends = {sign: words[words.index(sign) + 1] for sign in "<>" if sign in words}
    kept = [word for word in words if word not in ends and word not in ends.values()]
    expanded = itertools.chain.from_iterable(map(_expanded, kept))
    return Command(
        tuple(expanded), " ".join(shlex.split(piped)[1:]) if pipe else "", ends.get("<", ""), ends.get(">", "")
    )


def _expanded(word: str) -> Iterator[str]:
    """What bash makes of a{b,c}."""
    if not (found := BRACES.fullmatch(word)):
        yield word
        return
    for part in found[2].split(","):
        yield from _expanded(f"{found[1]}{part}{found[3]}")
