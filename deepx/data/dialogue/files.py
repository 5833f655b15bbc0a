"""Conversations in text files, plain or gzipped. Files are read as `translation.files.lines` does, with its errors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from deepx.data.dialogue import Conversation
from deepx.data.errors import DataCorrupt
from deepx.data.translation.files import lines

END = "__eou__"
SCENE = 100  # utterances


def read(path: Path) -> Iterator[Conversation]:
    """One conversation a line, its turns ended or parted by `__eou__`; else one turn a line, an empty line between two.

    Which form it is, the first line with words tells. What follows a tab is not read: DailyDialog has its labels there.
    A conversation of one turn is one, too (it has no pair). Raises DataCorrupt for a file without turns, and as
    `translation.files.lines` does.
    """
    found = (line.partition("\t")[0].strip() for line in lines(path))
    said = next((line for line in found if line), None)
    if said is None:
        raise DataCorrupt(f"{path} has no line with words.")
    if END in said:
        yield parted(said)
        yield from (parted(line) for line in found if line)
    else:
        first, *others = (tuple(turns) for full, turns in groupby(_after(said, found), bool) if full)
        yield first
        yield from others


def _after(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def parted(line: str) -> Conversation:
    """The turns of a line with `__eou__`."""
    return tuple(turn for turn in (part.strip() for part in line.split(END)) if turn)


def separated(path: Path) -> bool:
    """Whether the first line with words has an `__eou__`. Raises as `read` does."""
    return END in next((line for line in lines(path) if line.strip()), "")


def subtitles(path: Path) -> Iterator[Conversation]:
    """One utterance a line and nothing that parts conversations, like OpenSubtitles: scenes of 100 utterances.

    Cutting the film into scenes is ours, so that whole scenes are kept for testing; at a cut one pair is lost. Empty
    lines are passed over. Raises DataCorrupt for a file without words, and as `translation.files.lines` does.
    """
    scene: list[str] = []
    some = False
    for line in lines(path):
        if said := line.strip():
            scene.append(said)
        if len(scene) == SCENE:
            some = True
            yield tuple(scene)
            scene = []
    if scene:
        yield tuple(scene)
    elif not some:
        raise DataCorrupt(f"{path} has no line with words.")
