"""From a sentence to what it says: tables of regular expressions, each with what to make of the groups it catches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

NAME = r"([A-Z][a-z]+)"
WORD = r"([a-z]+)"

Table = dict[str, Callable[..., Any]]  # pattern of a whole sentence: a fact's maker, or the reasoner for a question


def read(table: Table, sentence: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """What the table has for the sentence, and the words to give it. Raises ValueError if no pattern fits."""
    for pattern, make in table.items():
        if found := re.fullmatch(pattern, sentence.strip()):
            return make, found.groups()
    raise ValueError(f"not a sentence of this task: {sentence!r}")
