"""Tasks 2, 3, 7, 8: objects that actors take along. Where is one, where was it, how many has an actor, and which?"""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.telling import Question, acting, narrate
from deepx.data.babi.simulator.world import HOUSE, Event, Setting, World, arrival
from deepx.data.babi.story import Story

NUMBERS = ("none", "one", "two", "three")


def two_supporting_facts(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 2: John got the milk there. John moved to the office. Where is the milk?"""
    return narrate(random, World(random, setting), acting("move", "get", "drop"), _where, questions)


def three_supporting_facts(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 3: ... John moved to the garden. Where was the milk before the garden?"""
    tell = acting("move", "get", "drop", there={"get": 0.2, "drop": 0.2})
    return narrate(random, World(random, setting), tell, _where_before, questions)


def counting(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 7: How many objects is John carrying?

    Raises ValueError for more than three objects, for which there is no word.
    """
    if len(setting.objects) >= len(NUMBERS):
        raise ValueError(f"objects must be at most {len(NUMBERS) - 1}, to be counted, not {setting.objects}")
    return narrate(random, World(random, setting), acting("move", "get", "drop", "give"), _how_many, questions)


def lists_sets(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 8: What is John carrying?"""
    return narrate(random, World(random, setting), acting("move", "get", "drop"), _which, questions)


def _carried(world: World, thing: str) -> tuple[Event, list[Event], list[Event]]:
    """The last event of an object; the moves of its last holder up to a drop, and those of them that took it along."""
    events = world.handling(thing)
    last, got = events[-1], [event for event in events if event.kind == "get"][-1]
    end = last.time if last.kind == "drop" else len(world.history)
    moves = [move for move in world.moves(last.actor) if move.time < end]
    return last, moves, [move for move in moves if move.time > got.time]


def _where(random: Random, world: World, event: Event) -> Question | None:
    """Where it was dropped, or is taken along; as long as it is where it was got, the official files do not ask."""
    if event.kind == "move":
        return None
    last, moves, path = _carried(world, event.what)
    led = (moves if last.kind == "drop" else path)[-1:]
    return Question(f"Where is the {event.what}?", led[0].what, (last, *led)) if led else None


def _where_before(random: Random, world: World, event: Event) -> Question | None:
    """Before one of the places to which the last holder took it; the last time, if twice to the same."""
    if event.kind == "move":
        return None
    last, _, path = _carried(world, event.what)
    if len(path) < 2 or not (found := arrival(path, random.choice(path[1:]).what)):
        return None
    before, after = found
    return Question(f"Where was the {event.what} before the {after.what}?", before.what, (last, after, before))


def _possessions(world: World, actor: str) -> dict[str, list[Event]]:
    """What the actor ever had, in the order of getting it first, with the events by which it came and went."""
    things: dict[str, list[Event]] = {}
    for event in world.history:
        if event.kind != "move" and actor in (event.actor, event.other):
            things.setdefault(event.what, []).append(event)
    return things


def _how_many(random: Random, world: World, event: Event) -> Question | None:
    """All that came and went supports the number, in the order in which it did."""
    if event.kind == "move":
        return None
    supports = sorted(sum(_possessions(world, event.actor).values(), []))
    answer = NUMBERS[len(world.held(event.actor))]
    return Question(f"How many objects is {event.actor} carrying?", answer, tuple(supports))


def _which(random: Random, world: World, event: Event) -> Question | None:
    """All that came and went supports the list, object by object."""
    if event.kind == "move":
        return None
    things = _possessions(world, event.actor)
    answer = ",".join(thing for thing in things if world.holder.get(thing) == event.actor) or "nothing"
    return Question(f"What is {event.actor} carrying?", answer, tuple(sum(things.values(), [])))


TASKS = {2: two_supporting_facts, 3: three_supporting_facts, 7: counting, 8: lists_sets}
