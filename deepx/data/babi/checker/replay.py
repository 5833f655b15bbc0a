"""Where people and things are, and who has what, by replaying the facts in order (tasks 1 to 3 and 5 to 14).

A reasoner takes the facts and the words of a question, and returns the right answers: none if none follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from deepx.data.babi.checker.people import Absent, Fact, Gives, Leaves, Seen, Takes
from deepx.data.babi.checker.reading import NAME, WORD, Table

Facts = Sequence[Fact]
NUMBERS = ("none", "one", "two", "three", "four", "five", "six")


def _stays(facts: Facts, who: str, since: int) -> list[str]:
    """Where `who` was when the fact `since` was told, if that is known, and went then."""
    seen = [(time, fact.places[0]) for time, fact in enumerate(facts) if isinstance(fact, Seen) and who in fact.people]
    return [place for time, place in seen if time < since][-1:] + [place for time, place in seen if time >= since]


def trail(facts: Facts, thing: str) -> list[str]:
    """The places in which a person or a thing is known to have been, in order.

    A thing goes where the one goes who has it; a person has himself. Whoever leaves or gives what he was not seen to
    take has had it since it was last let go, or always.
    """
    places: list[str] = []
    holder, since = thing, 0
    for time, fact in enumerate(facts):
        match fact:
            case Seen(people, (place,)) if holder in people:
                places.append(place)
            case Takes(who, what) if what == thing:
                places += _stays(facts[:time], who, time)
                holder = who
            case Leaves(who, what) | Gives(who, what) if what == thing:
                if who != holder:
                    places += _stays(facts[:time], who, since)
                holder, since = fact.whom if isinstance(fact, Gives) else "", time
    return [place for place, _ in groupby(places)]


def where(facts: Facts, thing: str) -> set[str]:
    return set(trail(facts, thing)[-1:])


def before(facts: Facts, thing: str, place: str) -> set[str]:
    """Where the thing was before it came to the place for the last time."""
    arrivals = [origin for origin, arrived in pairwise(trail(facts, thing)) if arrived == place]
    return set(arrivals[-1:])


def is_in(facts: Facts, who: str, place: str) -> set[str]:
    """By the last news of `who`. One of two places is 'maybe', even if the two are the same."""
    news = [fact for fact in facts if isinstance(fact, Seen | Absent) and who in fact.people]
    match news[-1:]:
        case [Seen(_, (there,))]:
            return {"yes" if there == place else "no"}
        case [Seen(_, places)]:
            return {"maybe" if place in places else "no"}
        case [Absent(_, there)] if there == place:
            return {"no"}
    return set()


def had(facts: Facts, who: str) -> list[str] | None:
    """What `who` has, in the order of getting it for the first time, which is the order of the official lists.

    None if it is told that somebody gets what he has, or loses what he has not.
    """
    has: dict[str, bool] = {}
    for fact in facts:
        match fact:
            case Takes(taker, thing) | Gives(_, thing, taker) if taker == who:
                gets = True
            case Leaves(loser, thing) | Gives(loser, thing) if loser == who:
                gets = False
            case _:
                continue
        if has.get(thing, False) == gets:
            return None
        has[thing] = gets
    return [thing for thing in has if has[thing]]


def carries(facts: Facts, who: str) -> set[str]:
    things = had(facts, who)
    return set() if things is None else {",".join(things) or "nothing"}


def how_many(facts: Facts, who: str) -> set[str]:
    things = had(facts, who)
    return set() if things is None else {NUMBERS[len(things)]}


def gift(facts: Facts, asked: str, **known: str) -> set[str]:
    """One field of those that agree with what is known, of the last gifts of every thing.

    As the official data have it: a gift is asked for only until its thing is given again. Of two things that
    one gave to another, both are right.
    """
    last = {fact.what: fact._asdict() for fact in facts if isinstance(fact, Gives)}
    return {given[asked] for given in last.values() if known.items() <= given.items()}


def before_at_hours(facts: Sequence[Seen], who: str, place: str) -> set[str]:
    return before(sorted(facts, key=lambda seen: seen.hour), who, place)


WHERE_WHO: Table = {rf"Where is {NAME}\?": where}
WHERE_WHAT: Table = {rf"Where is the {WORD}\?": where}
BEFORE_WHO: Table = {rf"Where was {NAME} before the {WORD}\?": before_at_hours}
BEFORE_WHAT: Table = {rf"Where was the {WORD} before the {WORD}\?": before}
IS_IN: Table = {rf"Is {NAME} in the {WORD}\?": is_in}
CARRIES: Table = {rf"What is {NAME} carrying\?": carries}
HOW_MANY: Table = {rf"How many objects is {NAME} carrying\?": how_many}
GAVE: Table = {
    rf"What did {NAME} give to {NAME}\?": lambda facts, who, whom: gift(facts, "what", who=who, whom=whom),
    rf"Who did {NAME} give the {WORD} to\?": lambda facts, who, what: gift(facts, "whom", who=who, what=what),
    rf"Who gave the {WORD} to {NAME}\?": lambda facts, what, whom: gift(facts, "who", what=what, whom=whom),
    rf"Who gave the {WORD}\?": lambda facts, what: gift(facts, "who", what=what),
    rf"Who received the {WORD}\?": lambda facts, what: gift(facts, "whom", what=what),
}
