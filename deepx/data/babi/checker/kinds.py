"""Kinds of animals: what holds for a kind holds for its members (task 15), and what for a member for the kind (16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deepx.data.babi.checker.reading import NAME, WORD, Table


class IsA(NamedTuple):
    who: str
    kind: str


class Fears(NamedTuple):
    kind: str
    feared: str


class Colored(NamedTuple):
    who: str
    color: str


_SINGULAR = {"mice": "mouse", "wolves": "wolf", "sheep": "sheep", "cats": "cat"}
_KINDS = "|".join(_SINGULAR)


def _fears(kinds: str, feared: str) -> Fears:
    return Fears(_SINGULAR[kinds.lower()], _SINGULAR[feared])


def feared_by(facts: Sequence[IsA | Fears], who: str) -> set[str]:
    """Deduction: what the kinds of `who` are afraid of."""
    kinds = {fact.kind for fact in facts if isinstance(fact, IsA) and fact.who == who.capitalize()}
    return {fact.feared for fact in facts if isinstance(fact, Fears) and fact.kind in kinds}


def color_of(facts: Sequence[IsA | Colored], who: str) -> set[str]:
    """Induction: the colour of the animal of the same kind whose kind was told last, of those with a known colour.

    So the official data have it, without exception; the majority's colour, or the one told last, would not always do.
    """
    colors = {fact.who: fact.color for fact in facts if isinstance(fact, Colored)}
    members = [fact for fact in facts if isinstance(fact, IsA)]
    kinds = {member.kind for member in members if member.who == who}
    alike = [member.who for member in members if member.kind in kinds and member.who in colors]
    return {colors[other] for other in alike[-1:]}


IS_A: Table = {rf"{NAME} is an? {WORD}\.": IsA}
FEARS: Table = {rf"((?i:{_KINDS})) are afraid of ({_KINDS})\.": _fears}
COLORS: Table = {rf"{NAME} is {WORD}\.": Colored}

FEARED_BY: Table = {rf"What is {WORD} afraid of\?": feared_by}
COLOR_OF: Table = {rf"What color is {NAME}\?": color_of}
