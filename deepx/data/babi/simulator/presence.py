"""Tasks 6, 9, 10: is an actor at a place? Yes, no, or maybe."""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.telling import Question, Sentence, Tell, acting, clause, narrate, sentence, twice
from deepx.data.babi.simulator.world import HOUSE, TOWN, Event, Setting, World, act, elsewhere
from deepx.data.babi.story import Story

PLACING = ("move", "is", "left", "either")  # the events that tell where an actor is


def yes_no_questions(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 6: John moved to the office. Is John in the garden?"""
    return narrate(random, World(random, setting), acting("move", "get", "drop"), _is_there, questions)


def simple_negation(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 9: John is no longer in the office."""
    return narrate(random, World(random, setting), _moving_or("is", "left"), _is_there, questions)


def indefinite_knowledge(random: Random, questions: int = 5, setting: Setting = TOWN) -> Story:
    """Task 10: John is either in the office or the park. As in the official files, both places may be the same, and the
    answer is 'maybe' even then."""
    return narrate(random, World(random, setting), _moving_or("is", "either"), _is_there, questions)


def _moving_or(*silent: str) -> Tell:
    """Two moves. Half of them are silent, and what is told is one of these kinds of event."""

    def told(random: Random, world: World) -> Sentence:
        kind = random.choice(("move", random.choice(silent)))
        event = act(random, world, ("move",)) if kind == "move" else _silent_move(random, world, kind)
        return sentence(clause(random, event), event)

    return twice(told)


def _silent_move(random: Random, world: World, kind: str) -> Event:
    actor = random.choice(world.actors)
    old, new = world.place[actor], elsewhere(random, world, actor)
    world.place[actor] = new
    either = random.sample((new, random.choice(world.places)), 2)
    return world.tell(kind, actor, *{"is": [new], "left": [old], "either": either}[kind])


def _is_there(random: Random, world: World, event: Event) -> Question | None:
    """Half of the questions name the place where the actor is; those on one who has left, the place left."""
    actor = event.actor
    if event.kind not in PLACING:
        return None
    last = [e for e in world.history if e.actor == actor and e.kind in PLACING][-1]
    if last.kind == "left":
        place, answer = last.what, "no"
    else:
        place = random.choice((world.place[actor], elsewhere(random, world, actor)))
        told = "maybe" if last.kind == "either" else "yes"
        answer = told if place in (last.what, last.other) else "no"
    return Question(f"Is {actor} in the {place}?", answer, (last,))


TASKS = {6: yes_no_questions, 9: simple_negation, 10: indefinite_knowledge}
