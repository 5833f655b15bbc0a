"""The text format of the official bAbI files (v1.2), read and written.

A line is `NUMBER SENTENCE`, or `NUMBER QUESTION<tab>ANSWER<tab>NUMBERS OF SUPPORTING LINES`; a story begins where the
numbers begin again at 1. UTF-8, for the Hindi files too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from deepx.data.babi.story import Line, Story
from deepx.data.errors import DataCorrupt

LINE = re.compile(r"(?P<number>\d+) +(?P<text>[^\t]*?) *(?:\t(?P<answer>[^\t]*?) *(?:\t(?P<supports>[^\t]*))?)?")
SUPPORTS = re.compile(r"[1-9]\d*( +[1-9]\d*)*")


def read(path: Path) -> list[Story]:
    """The stories of a file. Raises DataCorrupt, with file and line, for what is not in the format."""
    return parse(path.read_bytes(), str(path))


def parse(data: bytes, name: str) -> list[Story]:
    """The stories of a file's content; `name` is what an error calls it. Raises DataCorrupt."""
    stories: list[list[Line]] = []
    for at, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            number, line = parse_line(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataCorrupt(f"{name}, line {at}: byte {error.start + 1} is not UTF-8: {raw[:80]!r}.") from error
        except ValueError as error:
            raise DataCorrupt(f"{name}, line {at}: {error}") from error
        if number == 1:
            stories.append([])
        expected = len(stories[-1]) + 1 if stories else 1
        if number != expected:
            raise DataCorrupt(f"{name}, line {at} is numbered {number}, where {expected} or 1 must follow.")
        for support in line.supports:
            if support >= number or stories[-1][support - 1].answer is not None:
                raise DataCorrupt(f"{name}, line {at}: its support {support} is no sentence above it.")
        stories[-1].append(line)
    if not stories:
        raise DataCorrupt(f"{name} is empty.")
    return [tuple(story) for story in stories]


def parse_line(text: str) -> tuple[int, Line]:
    """The number and content of one line. Raises ValueError, saying what is not as it should be."""
    match = LINE.fullmatch(text)
    if match is None or not match["text"]:
        raise ValueError(f"it is no numbered sentence or question: {text[:80]!r}.")
    if match["answer"] is None:
        return int(match["number"]), Line(match["text"])
    if not match["answer"] or not SUPPORTS.fullmatch((match["supports"] or "").strip()):
        raise ValueError(f"a question must have an answer and the numbers of its supports, by tabs: {text[:80]!r}.")
    return int(match["number"]), Line(match["text"], match["answer"], tuple(map(int, match["supports"].split())))


def format(stories: Iterable[Sequence[Line]]) -> str:
    """The content of a file of these stories; `parse` gives them back."""
    lines = []
    for story in stories:
        for number, (text, answer, supports) in enumerate(story, start=1):
            asked = "" if answer is None else f"\t{answer}\t{' '.join(map(str, supports))}"
            lines.append(f"{number} {text}{asked}\n")
    return "".join(lines)
