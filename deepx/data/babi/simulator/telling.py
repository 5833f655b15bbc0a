"""How the story of a `World` is told: two sentences at a time, then a question on one of the last events.

A sentence may be told after the next one (task 14) or tell two events (12 and 13), so a line gets its number only when
it stands; until then, what supports an answer are events.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from deepx.data.babi.simulator.world import Event, World, act
from deepx.data.babi.story import Line, Story

RECENT = 5  # events that a question may be about
THERE = {"get": 1.0, "drop": 0.2}  # how often the sentence ends in 'there'

VERBS = {
    "move": ("went to", "journeyed to", "travelled to", "went back to", "moved to"),
    "get": ("got", "grabbed", "took", "picked up"),
    "drop": ("dropped", "left", "discarded", "put down"),
    "give": ("gave", "handed", "passed"),
    "is": ("is in",),
    "left": ("is not in", "is no longer in"),
    "either": ("is either in",),
}
REST = {"give": " to {other}", "either": " or the {other}"}


class Sentence(NamedTuple):
    text: str
    events: tuple[Event, ...]  # that it tells


class Question(NamedTuple):
    text: str
    answer: str
    supports: tuple[Event, ...]


Tell = Callable[[Random, World], list[Sentence]]  # two sentences, in the order in which it happens
Ask = Callable[[Random, World, Event], Question | None]  # a question that the event gives rise to, if any
Arrange = Callable[[Random, list[Sentence]], list[Sentence]]  # the sentences between two questions, as they are told


def clause(random: Random, event: Event, subject: str = "") -> str:
    """'Mary went to the office', without the stop; `subject` stands for the actor."""
    rest = REST.get(event.kind, "").format(other=event.other)
    return f"{subject or event.actor} {random.choice(VERBS[event.kind])} the {event.what}{rest}"


def sentence(text: str, *events: Event) -> Sentence:
    return Sentence(f"{text[0].upper()}{text[1:]}.", events)


def twice(tell: Callable[[Random, World], Sentence]) -> Tell:
    return lambda random, world: [tell(random, world), tell(random, world)]


def acting(*kinds: str, there: dict[str, float] = THERE) -> Tell:
    """Two deeds, each in a sentence of its own."""

    def deed(random: Random, world: World) -> Sentence:
        event = act(random, world, kinds)
        adverb = " there" if random.random() < there.get(event.kind, 0) else ""
        return sentence(clause(random, event) + adverb, event)

    return twice(deed)


def in_order(random: Random, sentences: list[Sentence]) -> list[Sentence]:
    return sentences


def narrate(random: Random, world: World, tell: Tell, ask: Ask, questions: int, arrange: Arrange = in_order) -> Story:
    """A story with so many questions. After every two sentences comes one on an event drawn from those of the last five
    that give rise to a question, if any does."""
    lines: list[Line] = []
    number: dict[int, int] = {}  # of the line that tells the event of this time
    waiting: list[Sentence] = []
    while questions:
        waiting += tell(random, world)
        recent = world.history[-RECENT:]
        asked = (ask(random, world, event) for event in random.sample(recent, len(recent)))
        question = next(filter(None, asked), None)
        if question is None:
            continue
        for told in arrange(random, waiting):
            lines.append(Line(told.text))
            number |= {event.time: len(lines) for event in told.events}
        waiting = []
        supports = tuple(number[event.time] for event in question.supports)
        lines.append(Line(question.text, question.answer, supports))
        questions -= 1
    return tuple(lines)
