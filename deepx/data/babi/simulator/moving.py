"""Tasks 1, 11, 12, 13: where is an actor? One moves, or two do together, and go on as 'he', 'she' or 'they'."""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.telling import Question, Sentence, acting, clause, narrate, sentence, twice
from deepx.data.babi.simulator.world import HOUSE, Event, Setting, World, act, elsewhere
from deepx.data.babi.story import Story

PRONOUNS = {"John": "he", "Mary": "she", "Sandra": "she", "Daniel": "he"}
LINKS = ("after that", "following that", "then", "afterwards")


def single_supporting_fact(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 1: John moved to the office. Where is John?"""
    return narrate(random, World(random, setting), acting("move"), _where, questions)


def basic_coreference(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 11: John moved to the office. Then he went to the garden. `PRONOUNS` must know the actors."""
    return narrate(random, World(random, setting), _alone, _where_after_two, questions)


def conjunction(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 12: Mary and John moved to the office."""
    return narrate(random, World(random, setting), twice(_together), _where, questions)


def compound_coreference(random: Random, questions: int = 5, setting: Setting = HOUSE) -> Story:
    """Task 13: Mary and John moved to the office. Then they went to the garden."""
    return narrate(random, World(random, setting), _together_and_on, _where_after_two, questions)


def _alone(random: Random, world: World) -> list[Sentence]:
    first = act(random, world, ("move",))
    told = sentence(clause(random, first), first)
    return [told, _and_on(random, world, told, PRONOUNS[first.actor])]


def _together(random: Random, world: World) -> Sentence:
    """Two actors move to a place where neither is."""
    while True:
        pair, place = random.sample(world.actors, 2), random.choice(world.places)
        if all(world.place[actor] != place for actor in pair):
            return _joint_move(random, world, pair, place, " and ".join(pair))


def _together_and_on(random: Random, world: World) -> list[Sentence]:
    told = _together(random, world)
    return [told, _and_on(random, world, told, "they")]


def _and_on(random: Random, world: World, told: Sentence, pronoun: str) -> Sentence:
    """Those who moved to a place move on to another one."""
    actors = [event.actor for event in told.events]
    place = elsewhere(random, world, actors[0])
    return _joint_move(random, world, actors, place, f"{random.choice(LINKS)} {pronoun}")


def _joint_move(random: Random, world: World, actors: list[str], place: str, subject: str) -> Sentence:
    events = [world.tell("move", actor, place) for actor in actors]
    return sentence(clause(random, events[0], subject), *events)


def _where(random: Random, world: World, event: Event) -> Question:
    move = world.moves(event.actor)[-1]
    return Question(f"Where is {event.actor}?", move.what, (move,))


def _where_after_two(random: Random, world: World, event: Event) -> Question:
    """The last move is told with a pronoun, the last but one says whose."""
    first, then = world.moves(event.actor)[-2:]
    return Question(f"Where is {event.actor}?", then.what, (first, then))


TASKS = {1: single_supporting_fact, 11: basic_coreference, 12: conjunction, 13: compound_coreference}
