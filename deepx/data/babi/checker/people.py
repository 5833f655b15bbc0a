"""What is told of people who move, carry and give (tasks 1 to 3, 5 to 14 and 20): facts, and the sentences for them."""

from __future__ import annotations

from typing import NamedTuple

from deepx.data.babi.checker.reading import NAME, WORD, Table


class Seen(NamedTuple):
    """Somebody is in a place, or in one of two. Hours order what is not told in the order in which it happened."""

    people: tuple[str, ...]
    places: tuple[str, ...]
    hour: int = 0


class Absent(NamedTuple):
    people: tuple[str, ...]
    place: str


class Takes(NamedTuple):
    who: str
    what: str


class Leaves(NamedTuple):
    who: str
    what: str


class Gives(NamedTuple):
    who: str
    what: str
    whom: str


Fact = Seen | Absent | Takes | Leaves | Gives

_WENT = rf"(?:went|went back|journeyed|travelled|moved) to the {WORD}"
_THEN = r"(?:Then|Afterwards|After that|Following that)"
_HOURS = ("yesterday", "this morning", "this afternoon", "this evening")
_HOUR = f"((?i:{'|'.join(_HOURS)}))"


def _at_hour(who: str, place: str, hour: str) -> Seen:
    return Seen((who,), (place,), _HOURS.index(hour.lower()))


MOVES: Table = {rf"{NAME} {_WENT}\.": lambda who, place: Seen((who,), (place,))}
MOVES_AT_HOURS: Table = {
    rf"{NAME} {_WENT} {_HOUR}\.": _at_hour,
    rf"{_HOUR} {NAME} {_WENT}\.": lambda hour, who, place: _at_hour(who, place, hour),
}
MOVES_OF_PAIRS: Table = {rf"{NAME} and {NAME} {_WENT}\.": lambda one, other, place: Seen((one, other), (place,))}
MOVES_OF_THE_SAME: Table = {rf"{_THEN} (he|she|they) {_WENT}\.": lambda who, place: Seen((who,), (place,))}
STATES: Table = {rf"{NAME} is in the {WORD}\.": lambda who, place: Seen((who,), (place,))}
DENIALS: Table = {rf"{NAME} is (?:not|no longer) in the {WORD}\.": lambda who, place: Absent((who,), place)}
CHOICES: Table = {rf"{NAME} is either in the {WORD} or the {WORD}\.": lambda who, *places: Seen((who,), places)}
HANDS: Table = {
    rf"{NAME} (?:took|got|grabbed|picked up) the {WORD}(?: there)?\.": Takes,
    rf"{NAME} (?:left|dropped|discarded|put down) the {WORD}(?: there)?\.": Leaves,
}
GIFTS: Table = {rf"{NAME} (?:gave|handed|passed) the {WORD} to {NAME}\.": Gives}
