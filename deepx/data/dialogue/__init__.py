"""Conversations: turns, of which each answers those before it (Vinyals & Le 2015, arXiv 1506.05869)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from deepx.data.translation.pairs import Pair

Conversation = tuple[str, ...]  # the turns
SPLITS = ("train", "valid", "test")


def pairs(conversations: Iterable[Conversation], context: int = 1) -> Iterator[Pair]:
    """Every turn but the first with what was said before it: its latest `context` turns, a line each."""
    for turns in conversations:
        for at in range(1, len(turns)):
            yield Pair("\n".join(turns[max(0, at - context) : at]), turns[at])


def split(conversations: Iterable[Conversation], name: str) -> Iterator[Conversation]:
    """The conversations of a split: a tenth each for validation and testing, by their words alone.

    Whole conversations, so that no reply of one is trained and another one of it tested; equal ones are in one split.
    """
    if name not in SPLITS:
        raise ValueError(f"conversations have the splits {', '.join(SPLITS)}, not {name!r}")
    return (turns for turns in conversations if split_of(turns) == name)


def split_of(turns: Conversation) -> str:
    """The split of a conversation."""
    tenth = zlib.crc32("\n".join(turns).encode()) % 10
    return {0: "test", 1: "valid"}.get(tenth, "train")
