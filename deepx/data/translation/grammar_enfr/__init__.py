"""English sentences with their French translations, from a grammar: a corpus that needs no download.

A sentence is drawn as a tree and said in both languages, so that every English sentence has exactly one translation.
French agrees in gender and number, conjugates, elides and contracts, and has adjectives, pronouns, negation and adverbs
in places of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from random import Random

from deepx.data.translation.grammar_enfr import english, french
from deepx.data.translation.grammar_enfr.drawing import sentence
from deepx.data.translation.pairs import Pair

SPLITS = ("train", "valid", "test")


def pairs(split: str, seed: int = 0) -> Iterator[Pair]:
    """Different pairs without end, the same for the same split and seed. Raises ValueError for an unknown split.

    Which split a sentence is in depends on its words alone (`split_of`): whatever the seeds, no two splits share one.
    """
    if split not in SPLITS:
        raise ValueError(f"the grammar has the splits {', '.join(SPLITS)}, not {split!r}")
    random, seen = Random(seed), set()
    while True:
        tree = sentence(random)
        said = english.say(tree)
        if said not in seen and split_of(said) == split:
            seen.add(said)
            yield Pair(said, french.say(tree))


def split_of(text: str) -> str:
    """A tenth of all English sentences are for testing, a tenth for validation."""
    return {0: "test", 1: "valid"}.get(zlib.crc32(text.encode()) % 10, "train")
