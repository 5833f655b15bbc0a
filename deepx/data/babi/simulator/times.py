"""Task 14: moves are told with the time of day, and out of order."""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.telling import Question, Sentence, clause, narrate, sentence, twice
from deepx.data.babi.simulator.world import TOWN, Event, Setting, World, arrival, elsewhere
from deepx.data.babi.story import Story

TIMES = ("yesterday", "this morning", "this afternoon", "this evening")


def time_reasoning(random: Random, questions: int = 5, setting: Setting = TOWN) -> Story:
    """Task 14: This morning Fred went to the park. Fred moved to the office yesterday. Where was Fred before the park?

    Raises ValueError if so many questions need more moves than one of everybody at each time.
    """
    return narrate(random, World(random, setting), twice(_timely_move), _where_before, questions, _disorder)


def _timely_move(random: Random, world: World) -> Sentence:
    """An actor's n-th move is at the n-th time."""
    free = [actor for actor in world.actors if len(world.moves(actor)) < len(TIMES)]
    if not free:
        raise ValueError("questions must be fewer, or actors more: everybody has moved at every time")
    actor = random.choice(free)
    time = TIMES[len(world.moves(actor))]
    event = world.tell("move", actor, elsewhere(random, world, actor))
    return sentence(" ".join(random.sample((clause(random, event), time), 2)), event)


def _disorder(random: Random, sentences: list[Sentence]) -> list[Sentence]:
    """A cyclic permutation (Sattolo 1986), so that no sentence keeps its place and two change theirs."""
    mixed = list(sentences)
    for i in range(len(mixed) - 1, 0, -1):
        j = random.randrange(i)
        mixed[i], mixed[j] = mixed[j], mixed[i]
    return mixed


def _where_before(random: Random, world: World, event: Event) -> Question | None:
    """Before the place of the event; the last time, if the actor moved there twice."""
    if (moves := arrival(world.moves(event.actor), event.what)) is None:
        return None
    before, after = moves
    return Question(f"Where was {event.actor} before the {after.what}?", before.what, (after, before))


TASKS = {14: time_reasoning}
