"""Whom 'he', 'she' and 'they' mean (tasks 11 and 13): the one, or the two, named last of those who can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from deepx.data.babi.checker.people import Seen

_SHE = ("Mary", "Sandra", "Julie")
_HE = ("John", "Daniel", "Fred", "Bill", "Jeff")


class Resolved(NamedTuple):
    """A fact with names for pronouns, and the number of the line that has the names: its own, or one above.

    0 if a pronoun is left because nobody named above agrees with it.
    """

    fact: Any
    named_in: int


def _pronouns(people: tuple[str, ...]) -> tuple[str, ...]:
    """What may stand for the people. A name that is not of the official data may be a man's or a woman's."""
    match people:
        case (name,):
            return ("she",) if name in _SHE else ("he",) if name in _HE else ("he", "she")
        case _:
            return ("they",)


def resolve(facts: Mapping[int, Any]) -> dict[int, Resolved]:
    """The facts with their pronouns resolved, by the numbers of their lines."""
    resolved: dict[int, Resolved] = {}
    named_in: dict[str, int] = {}  # pronoun: the line that last named somebody it can stand for
    for number, fact in facts.items():
        match fact:
            case Seen(("he" | "she" | "they" as pronoun,)) if pronoun in named_in:
                people = facts[named_in[pronoun]].people
                resolved[number] = Resolved(fact._replace(people=people), named_in[pronoun])
            case Seen(("he" | "she" | "they",)):
                resolved[number] = Resolved(fact, 0)
            case Seen(people):
                named_in |= dict.fromkeys(_pronouns(people), number)
                resolved[number] = Resolved(fact, number)
            case _:
                resolved[number] = Resolved(fact, number)
    return resolved
