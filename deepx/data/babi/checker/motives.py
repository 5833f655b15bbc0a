"""What people want, and what they do for it (task 20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deepx.data.babi.checker.people import Fact
from deepx.data.babi.checker.reading import NAME, WORD, Table


class Feels(NamedTuple):
    who: str
    motive: str


# motive: where one goes with it, and what one takes there
CURE = {
    "thirsty": ("kitchen", "milk"),
    "hungry": ("kitchen", "apple"),
    "bored": ("garden", "football"),
    "tired": ("bedroom", "pajamas"),
}


def _motive(facts: Sequence[Feels | Fact], who: str) -> list[str]:
    """The last motive of `who`, if there is one."""
    return [fact.motive for fact in facts if isinstance(fact, Feels) and fact.who == who.capitalize()][-1:]


def where_to(facts: Sequence[Feels | Fact], who: str) -> set[str]:
    return {CURE[motive][0] for motive in _motive(facts, who)}


def why(facts: Sequence[Feels | Fact], who: str, thing: str) -> set[str]:
    """Why somebody goes to a place or gets a thing: by the motive alone, whether or not it is told that he does."""
    return {motive for motive in _motive(facts, who) if thing in CURE[motive]}


MOTIVES: Table = {rf"{NAME} is ({'|'.join(CURE)})\.": Feels}

WHERE_TO: Table = {rf"Where will {WORD} go\?": where_to}
WHY: Table = {rf"Why did {WORD} (?:go to|get) the {WORD}\?": why}
