"""bAbI task 16, basic induction: somebody's colour, from that of another animal of the same kind.

The laws of chance are inferred from the official files, and so are their oddities: a kind's colour is drawn anew when
somebody is told to be of that kind, so that animals of one kind may differ in colour. The answer is then the colour of
the last one told to be of the kind, and nobody is asked about who has exactly two fellows.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from deepx.data.babi.story import Line, Story

KINDS = ("swan", "lion", "frog", "rhino")
COLOURS = ("gray", "white", "yellow", "green")
NAMES = ("Lily", "Bernhard", "Greg", "Julius", "Brian")


class Told(NamedTuple):
    what: str
    line: int  # its number


def basic_induction(random: Random) -> Story:
    """Everybody's kind and the colours of all but one, who is asked about. The supports are the kind of that one, then
    the fellow's kind and colour."""
    while True:
        sentences, kinds, colours = _evidence(random)
        (asked,) = kinds.keys() - colours.keys()
        kind = kinds[asked].what
        fellows = [name for name, told in kinds.items() if told.what == kind and name != asked]
        if len(fellows) not in (0, 2):
            break
    answer, colour_line = colours[fellows[-1]]
    supports = kinds[asked].line, kinds[fellows[-1]].line, colour_line
    return *sentences, Line(f"What color is {asked}?", answer, supports)


def _evidence(random: Random) -> tuple[list[Line], dict[str, Told], dict[str, Told]]:
    """The sentences, and the kinds and colours they tell: of a name that is drawn first the kind, then the colour."""
    sentences: list[Line] = []
    kinds: dict[str, Told] = {}
    colours: dict[str, Told] = {}
    colour_of: dict[str, str] = {}  # a kind's, at this time
    while len(sentences) < 2 * len(NAMES) - 1:
        name = random.choice(NAMES)
        if name not in kinds:
            kind = random.choice(KINDS)
            colour_of[kind] = random.choice(COLOURS)
            sentences.append(Line(f"{name} is a {kind}."))
            kinds[name] = Told(kind, len(sentences))
        elif name not in colours:
            colour = colour_of[kinds[name].what]
            sentences.append(Line(f"{name} is {colour}."))
            colours[name] = Told(colour, len(sentences))
    return sentences, kinds, colours


TASKS = {16: basic_induction}
