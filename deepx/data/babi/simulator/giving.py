"""Task 5: who gave what to whom?"""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.telling import Question, acting, narrate
from deepx.data.babi.simulator.world import HOUSE, Event, Setting, World
from deepx.data.babi.story import Story

FRIENDS = HOUSE._replace(actors=("Mary", "Fred", "Bill", "Jeff"))

QUESTIONS = {  # by the part of the gift that is asked for
    "what": ("What did {actor} give to {other}?",),
    "actor": ("Who gave the {what}?", "Who gave the {what} to {other}?"),
    "other": ("Who received the {what}?", "Who did {actor} give the {what} to?"),
}


def three_arg_relations(random: Random, questions: int = 5, setting: Setting = FRIENDS) -> Story:
    """Task 5: Fred gave the milk to Jeff. Who received the milk?"""
    return narrate(random, World(random, setting), acting("move", "get", "drop", "give"), _ask, questions)


def _ask(random: Random, world: World, event: Event) -> Question | None:
    """On the last gift of this object; the giver may have given another one to the same since."""
    if event.kind != "give":
        return None
    gift = [e for e in world.handling(event.what) if e.kind == "give"][-1]
    part = random.choice(tuple(QUESTIONS))
    text = random.choice(QUESTIONS[part]).format(**gift._asdict())
    return Question(text, getattr(gift, part), (gift,))


TASKS = {5: three_arg_relations}
