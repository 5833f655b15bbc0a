"""Conversations for training, validation and testing: `chatterbot-corpus`, files of conversations, subtitles."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from deepx.data import dialogue
from deepx.data.dialogue import Conversation, chatterbot, files
from deepx.engine.errors import UserError

Read = Callable[[], Iterable[Conversation]]  # the conversations from the first on, at every call
PURPOSES = {"train": "learn from", "valid": "validate", "test": "test"}
FORM = "a conversation a line, its turns parted by __eou__, or a turn a line and an empty line between conversations"


class Conversations(NamedTuple):
    """Those of every part, read anew at every call."""

    parts: Mapping[str, Read]
    provenance: str


def of_chatterbot(data: ConfigDict) -> Conversations:
    """The corpus of the package, a tenth each to validate and to test."""
    return parted(data, {"train": chatterbot.conversations}, "chatterbot-corpus")


def of_files(data: ConfigDict) -> Conversations:
    """Files of conversations, `data.train` 'FILE,FILE,...', and so `valid` and `test`."""
    return from_files(data, files.read, f"text, {FORM}")


def of_subtitles(data: ConfigDict) -> Conversations:
    """Files of one utterance a line, cut into scenes; where they have `__eou__`, conversations."""

    def read(path: Path) -> Iterator[Conversation]:
        return files.read(path) if files.separated(path) else files.subtitles(path)

    return from_files(data, read, "text, one utterance a line, as OpenSubtitles has; or with __eou__ between the turns")


SOURCES: Mapping[str, Callable[[ConfigDict], Conversations]] = {
    "chatterbot": of_chatterbot,
    "conversations": of_files,
    "subtitles": of_subtitles,
}


def from_files(data: ConfigDict, read: Callable[[Path], Iterator[Conversation]], form: str) -> Conversations:
    """Of the files of every part; where none is given to validate or to test, a tenth of the training files' is.

    Raises UserError where no file is named to learn from.
    """
    named = {part: [Path(path) for path in data[part].split(",") if path] for part in dialogue.SPLITS}
    if not named["train"]:
        raise UserError(
            f"Name the conversations to learn from, --config.data.train=FILE,FILE,...: {form}; UTF-8, plain or .gz. "
            "A tenth validates and another one tests, where --config.data.valid and .test name no files of their own."
        )

    def all_of(paths: list[Path]) -> Read:
        return lambda: (turns for path in paths for turns in read(path))

    told = ", ".join(path.name for path in named["train"])
    return parted(data, {name: all_of(paths) for name, paths in named.items() if paths}, f"files {told}")


def parted(data: ConfigDict, given: Mapping[str, Read], told: str) -> Conversations:
    """All parts, where some are given, training among them: it lends the others what falls to them by its words.

    Everything is read once, to count. Raises UserError for a context of no turn, and for a part without an answer.
    """
    if data.context < 1:
        raise UserError(f"data.context is {data.context}; an answer needs at least the turn before it.")
    whole, lent = given["train"], [name for name in dialogue.SPLITS if name not in given]
    parts: dict[str, Read] = {name: lambda name=name: dialogue.split(whole(), name) for name in lent}
    parts |= {**given, "train": lambda: (turns for turns in whole() if dialogue.split_of(turns) not in lent)}
    counts = {name: Counter(len(turns) > 1 for turns in parts[name]()) for name in dialogue.SPLITS}
    for name, answered in counts.items():
        if not answered[True]:
            raise UserError(
                f"Of {told}, {sum(answered.values()):,} conversations are there to {PURPOSES[name]}, and none has a "
                "second turn. Give other files, or more."
            )
    alone = sum(answered[False] for answered in counts.values())
    every = sum(sum(answered.values()) for answered in counts.values())
    if alone:
        print(f"{told}: {alone:,} conversations of one turn are left out.", file=sys.stderr)
    left = f" (left out: {alone:,} of one turn, which has no answer)" if alone else ""
    return Conversations(parts, f"{told}: {every - alone:,} of {every:,} conversations{left}")
