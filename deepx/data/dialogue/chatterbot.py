"""The English conversations of the package `chatterbot-corpus` (BSD licence): a corpus that needs no download."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import yaml

from deepx.data.dialogue import Conversation
from deepx.data.errors import DataCorrupt, DataNotPrepared


def conversations(folder: Path | None = None) -> Iterator[Conversation]:
    """Those of every subject, in the order of the files. folder: of YAML files; default: the installed package's.

    Raises DataNotPrepared where the package is not there, DataCorrupt for a file that is not in its form.
    """
    files = sorted((folder or installed()).glob("*.yml"))
    if not files:
        raise DataNotPrepared(f"There are no conversations (*.yml) in {folder or installed()}.")
    for path in files:
        yield from read(path)


def installed() -> Path:
    """The folder of the English conversations. Raises DataNotPrepared."""
    found = importlib.util.find_spec("chatterbot_corpus")
    if found is None or found.origin is None:
        raise DataNotPrepared("The package chatterbot-corpus is not installed: `pip install chatterbot-corpus`.")
    return Path(found.origin).parent / "data" / "english"


def read(path: Path) -> Iterator[Conversation]:
    """The conversations of a YAML file. A turn is a string, however much it looks like a number or a truth value."""
    try:
        content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        for turns in content["conversations"]:
            turns = [turns] if isinstance(turns, str) else turns  # trivia.yml has that once, by a slip
            if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
                raise TypeError(f"no list of turns: {str(turns)[:80]!r}")
            said = tuple(" ".join(turn.split()) for turn in turns)
            if kept := tuple(turn for turn in said if turn):
                yield kept
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DataCorrupt(f"{path} is no file of conversations in chatterbot-corpus's form: {error}.") from error
