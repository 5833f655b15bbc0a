"""Answers to English questions from the numbers of a scene, sharing no code with what asks them.

A question is matched with READINGS, what it speaks of is read word by word, and the answer is computed from the
objects' centres and classes. So it also finds questions that have no answer: "the red circle" must be one, and what is
left of what must be clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from deepx.data.scenes import Objects
from deepx.data.scenes.attributes import CLASSES, GRID

CLEAR = 1 / (2 * GRID)  # how much farther left is left, in sides of the picture
MEANING = {word: (name, i) for name in ("colour", "shape", "size") for i, word in enumerate(CLASSES[name])}
MEANING |= {word + "s": MEANING[word] for word in ("circle", "square", "triangle")} | {"crosses": MEANING["cross"]}
MEANING |= {"little": MEANING["small"], "big": MEANING["large"]}
ANYTHING = {"thing", "things", "object", "objects"}
TOWARDS = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "higher": (0, -1), "below": (0, 1), "lower": (0, 1)}


class Unanswerable(ValueError):
    """A question that is not understood, or that supposes of the scene what is not so."""


def answer(question: str, objects: Objects) -> str:
    """The answer: yes, no, a number in digits, a colour or a shape.

    objects: of one scene, each field [O]. Raises Unanswerable.
    """
    for form, derive in READINGS.items():
        if found := re.fullmatch(form, question):
            return derive(objects, *found.groups())
    raise Unanswerable(f"{question!r} is no question that can be read here")


def those(objects: Objects, phrase: str) -> np.ndarray:
    """The numbers of the objects that a phrase such as 'large red circles' fits."""
    fit = np.array(objects.there, bool)
    for word in phrase.split():
        if word in MEANING:
            name, number = MEANING[word]
            fit &= np.asarray(getattr(objects, name)) == number
        elif word not in ANYTHING:
            raise Unanswerable(f"the word {word!r} is not known")
    return np.flatnonzero(fit)


def the(objects: Objects, phrase: str) -> int:
    found = those(objects, phrase)
    if len(found) != 1:
        raise Unanswerable(f"{len(found)} objects are a {phrase!r}, not one")
    return found[0]


def farther(objects: Objects, side: str, one: int) -> np.ndarray:
    """By how much objects lie farther to that side, [O]."""
    right, down = TOWARDS[side]
    return right * (objects.x - objects.x[one]) + down * (objects.y - objects.y[one])


def lying(objects: Objects, side: str, phrase: str) -> np.ndarray:
    """The numbers of the objects that lie on that side of the one."""
    return np.flatnonzero(objects.there & (farther(objects, side, the(objects, phrase)) > CLEAR))


def yes(holds: bool) -> str:
    return "yes" if holds else "no"


def value(objects: Objects, name: str, one: int) -> str:
    return CLASSES[name][int(getattr(objects, name)[one])]


def share(objects: Objects, name: str, one: str, other: str) -> bool:
    a, b = the(objects, one), the(objects, other)
    if a == b:
        raise Unanswerable(f"{one!r} and {other!r} are one object")
    return value(objects, name, a) == value(objects, name, b)


def like(objects: Objects, name: str, phrase: str) -> str:
    of = getattr(objects, name)
    return str(int((objects.there & (of == of[the(objects, phrase)])).sum()) - 1)


def is_beside(objects: Objects, one: str, side: str, other: str) -> str:
    by = farther(objects, side, the(objects, other))[the(objects, one)]
    if abs(by) < CLEAR:
        raise Unanswerable(f"whether the {one} is on that side of the {other} is not clear")
    return yes(by > 0)


def of_beside(objects: Objects, name: str, side: str, phrase: str) -> str:
    found = lying(objects, side, phrase)
    if len(found) != 1:
        raise Unanswerable(f"{len(found)} objects lie there, not one")
    return value(objects, name, found[0])


def outnumber(objects: Objects, many: str, few: str) -> str:
    a, b = len(those(objects, many)), len(those(objects, few))
    if a == b:
        raise Unanswerable(f"there are as many {many} as {few}")
    return yes(a > b)


THE = "the ([a-z ]+?)"
NAME = "(colour|shape)"
SIDE = "(?:to the )?(left|right|above|below|higher|lower)(?: of| than)?"
SOME = "(?:things|objects)"
SEEN = "(?:are there|can you see)"

# The more special ones first.
READINGS: dict[str, Callable[..., str]] = {
    rf"(?:what|which) {NAME} (?:is|does) the (?:thing|object) {SIDE} {THE}(?: have)?\?": of_beside,
    rf"what is the {NAME} of the (?:thing|object) {SIDE} {THE}\?": of_beside,
    rf"(?:what|which) {NAME} (?:is|does) {THE}(?: have)?\?": lambda o, name, one: value(o, name, the(o, one)),
    rf"what is the {NAME} of {THE}\?": lambda o, name, one: value(o, name, the(o, one)),
    rf"how many other {SOME} have the same {NAME} as {THE}\?": like,
    rf"how many other {SOME} share the {NAME} of {THE}\?": like,
    rf"how many {SOME} (?:are|lie) {SIDE} {THE}\?": lambda o, side, one: str(len(lying(o, side, one))),
    rf"what is the number of {SOME} {SIDE} {THE}\?": lambda o, side, one: str(len(lying(o, side, one))),
    rf"how many ([a-z ]+) {SEEN}\?": lambda o, phrase: str(len(those(o, phrase))),
    r"what is the number of ([a-z ]+)\?": lambda o, phrase: str(len(those(o, phrase))),
    r"(?:is there|can you see|does the picture show) a ([a-z ]+)\?": lambda o, phrase: yes(len(those(o, phrase)) > 0),
    r"(?:are there|does the picture show) more ([a-z ]+) than ([a-z ]+)\?": outnumber,
    r"(?:are there|does the picture show) fewer ([a-z ]+) than ([a-z ]+)\?": lambda o, a, b: outnumber(o, b, a),
    rf"do {THE} and {THE} have the same {NAME}\?": lambda o, one, other, name: yes(share(o, name, one, other)),
    rf"is {THE} the same {NAME} as {THE}\?": lambda o, one, name, other: yes(share(o, name, one, other)),
    rf"do {THE} and {THE} differ in {NAME}\?": lambda o, one, other, name: yes(not share(o, name, one, other)),
    rf"is {THE} of another {NAME} than {THE}\?": lambda o, one, name, other: yes(not share(o, name, one, other)),
    rf"(?:is|does) {THE}(?: lie)? {SIDE} {THE}\?": is_beside,
}
