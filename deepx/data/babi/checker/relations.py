"""Things that lie beside one another or differ in size (tasks 4, 17, 18 and 19).

A reasoner takes the facts and the words of a question, and returns the right answers: none if none follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deepx.data.babi.checker.reading import WORD, Table


class Lies(NamedTuple):
    """`one` lies on that side of `other`."""

    one: str
    side: str
    other: str


class Bigger(NamedTuple):
    one: str
    other: str


# Sides as unit steps in the complex plane, the real axis to the east and the imaginary one to the north.
STEP = {
    "north": 1j, "south": -1j, "east": 1, "west": -1,
    "above": 1j, "below": -1j, "to the right of": 1, "to the left of": -1,
}  # fmt: skip
LETTER = {1j: "n", -1j: "s", 1: "e", -1: "w"}


def _steps(facts: Sequence[Lies], start: str) -> list[tuple[complex, str]]:
    """The steps that can be taken from `start`, and where they lead."""
    there = [(STEP[side], one) for one, side, other in facts if other == start]
    back = [(-STEP[side], other) for one, side, other in facts if one == start]
    return there + back


def beside(facts: Sequence[Lies], step: complex, thing: str) -> set[str]:
    """What is told to lie one step from the thing."""
    return {other for way, other in _steps(facts, thing) if way == step}


def paths(facts: Sequence[Lies], start: str, goal: str) -> set[str]:
    """Every shortest way, as letters of the compass."""
    ways, been = [((), start)], {start}
    while ways and all(place != goal for _, place in ways):
        ways = [
            ((*way, step), after) for way, place in ways for step, after in _steps(facts, place) if after not in been
        ]
        been |= {place for _, place in ways}
    return {",".join(LETTER[step] for step in way) for way, place in ways if place == goal}


def is_beside(facts: Sequence[Lies], thing: str, side: str, other: str) -> set[str]:
    """Whether the thing is farther to that side, on a grid: two things told to be side by side are one step apart.

    So what is told to be to the left is level with the other, and not above it. No answer if the facts contradict one
    another, or put both in one place.
    """
    offset: dict[str, complex] = {other: 0}
    left = [other]
    while left:
        place = left.pop()
        for step, after in _steps(facts, place):
            if after not in offset:
                offset[after] = offset[place] + step
                left.append(after)
            elif offset[after] != offset[place] + step:
                return set()
    if not offset.get(thing):
        return set()
    return {"yes" if (offset[thing] * STEP[side].conjugate()).real > 0 else "no"}


def _smaller(facts: Sequence[Bigger], thing: str) -> set[str]:
    """All that must be smaller than the thing."""
    smaller, left = set(), [thing]
    while left:
        found = {other for one, other in facts if one == left[-1]} - smaller
        left[-1:] = found
        smaller |= found
    return smaller


def is_bigger(facts: Sequence[Bigger], one: str, other: str) -> set[str]:
    if one in _smaller(facts, one) or other in _smaller(facts, other):
        return set()  # contradictory
    return {"yes"} if other in _smaller(facts, one) else {"no"} if one in _smaller(facts, other) else set()


_SIDE = "(north|south|east|west)"
_BESIDE = "(to the left of|to the right of|above|below)"
_THING = "the ([a-z]+(?: [a-z]+)?)"  # the pink rectangle
_BOX = "the ([a-z]+(?: of [a-z]+)?)"  # the box of chocolates

COMPASS: Table = {rf"The {WORD} is {_SIDE} of the {WORD}\.": Lies}
PLANE: Table = {rf"(?i:{_THING}) is {_BESIDE} {_THING}\.": Lies}
SIZES: Table = {
    rf"(?i:{_BOX}) is bigger than {_BOX}\.": Bigger,
    rf"(?i:{_BOX}) fits inside {_BOX}\.": lambda inner, outer: Bigger(outer, inner),
}

BESIDE: Table = {
    rf"What is {_SIDE} of the {WORD}\?": lambda facts, side, thing: beside(facts, STEP[side], thing),
    rf"What is the {WORD} {_SIDE} of\?": lambda facts, thing, side: beside(facts, -STEP[side], thing),
}
PATHS: Table = {rf"How do you go from the {WORD} to the {WORD}\?": paths}
IS_BESIDE: Table = {rf"Is {_THING} {_BESIDE} {_THING}\?": is_beside}
IS_BIGGER: Table = {
    rf"Is {_BOX} bigger than {_BOX}\?": is_bigger,
    rf"Does {_BOX} fit in {_BOX}\?": lambda facts, inner, outer: is_bigger(facts, outer, inner),
}
