"""The world of actors who move between places and hand objects about, and what of it has been told.

Everybody and everything is at some place from the start. A story tells what is done, one `Event` after another, so that
its reader knows the places only of those who moved. Answers, and what supports them, come from the `history` of events.

An event is drawn by rejection: its kind, its actor and the rest, and all of them again if it cannot be done. This and
the other laws of chance were inferred from the official files.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple


class Setting(NamedTuple):
    """The names a story may use. In gifts, actors and objects that stand first are preferred."""

    actors: tuple[str, ...]
    places: tuple[str, ...]
    objects: tuple[str, ...] = ()


HOUSE = Setting(
    ("John", "Mary", "Sandra", "Daniel"),
    ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office"),
    ("apple", "football", "milk"),
)
TOWN = Setting(("Bill", "Fred", "Julie", "Mary"), ("bedroom", "cinema", "kitchen", "office", "park", "school"))


class Event(NamedTuple):
    """Something that was told.

    kind: 'move', 'get', 'drop', 'give'; or how a silent move was told: 'is' (in the new place), 'left' (the old one),
        'either' (in the new place, or in another).
    what: the object, or the place.
    other: who is given the object; the second place of 'either'.
    """

    time: int  # the number of events before it
    kind: str
    actor: str
    what: str
    other: str = ""


class World:
    """Who and what is where, and the events told so far.

    Raises ValueError for a setting without an actor or without two places.
    """

    def __init__(self, random: Random, setting: Setting) -> None:
        if not setting.actors or len(setting.places) < 2:
            raise ValueError(f"a setting must have an actor and two places to move between, not {setting}")
        self.actors, self.places, self.objects = setting
        # Of an object that is held: where it was got.
        self.place = {name: random.choice(self.places) for name in (*self.actors, *self.objects)}
        self.holder: dict[str, str] = {}
        self.history: list[Event] = []

    def held(self, actor: str) -> list[str]:
        return [o for o in self.objects if self.holder.get(o) == actor]

    def lying(self, place: str) -> list[str]:
        return [o for o in self.objects if o not in self.holder and self.place[o] == place]

    def company(self, actor: str) -> list[str]:
        return [a for a in self.actors if a != actor and self.place[a] == self.place[actor]]

    def moves(self, actor: str) -> list[Event]:
        return [e for e in self.history if e.kind == "move" and e.actor == actor]

    def handling(self, thing: str) -> list[Event]:
        """The events of an object."""
        return [e for e in self.history if e.kind in ("get", "drop", "give") and e.what == thing]

    def tell(self, kind: str, actor: str, what: str, other: str = "") -> Event:
        """Lets it happen, if it is a deed, and be known."""
        if kind == "move":
            self.place[actor] = what
        elif kind == "get":
            self.holder[what] = actor
        elif kind == "drop":
            del self.holder[what]
            self.place[what] = self.place[actor]
        elif kind == "give":
            self.holder[what] = other
        self.history.append(Event(len(self.history), kind, actor, what, other))
        return self.history[-1]


def elsewhere(random: Random, world: World, actor: str) -> str:
    """A place where the actor is not."""
    return random.choice([place for place in world.places if place != world.place[actor]])


def arrival(moves: list[Event], place: str) -> tuple[Event, Event] | None:
    """The last of an actor's moves to the place, after the one before it; None if none but the first led there."""
    return next(((before, after) for before, after in reversed(list(pairwise(moves))) if after.what == place), None)


def act(random: Random, world: World, kinds: tuple[str, ...]) -> Event:
    """Some actor does something of one of these kinds."""
    while True:
        if deed := _DEEDS[random.choice(kinds)](random, world):
            return world.tell(*deed)


def _move(random: Random, world: World) -> tuple[str, ...] | None:
    actor, place = random.choice(world.actors), random.choice(world.places)
    return ("move", actor, place) if place != world.place[actor] else None


def _get(random: Random, world: World) -> tuple[str, ...] | None:
    actor = random.choice(world.actors)
    here = world.lying(world.place[actor])
    return ("get", actor, random.choice(here)) if here else None


def _drop(random: Random, world: World) -> tuple[str, ...] | None:
    actor = random.choice(world.actors)
    held = world.held(actor)
    return ("drop", actor, random.choice(held)) if held else None


def _give(random: Random, world: World) -> tuple[str, ...] | None:
    """The first object whose holder is not alone, to the first of those who are there: the official gifts are that far
    from uniform."""
    held = ((thing, world.holder[thing]) for thing in world.objects if thing in world.holder)
    return next((("give", giver, thing, there) for thing, giver in held for there in world.company(giver)), None)


_DEEDS = {"move": _move, "get": _get, "drop": _drop, "give": _give}
