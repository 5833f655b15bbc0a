"""bAbI task 4, two-argument relations: three rooms in a row, and on which side of one another they are.

Rooms are points of the complex plane, east 1 and north i; tasks 17 and 19 do the same. The laws of chance are inferred
from the official files: so the ends of the row are subjects twice as often as its middle, which `told` explains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from deepx.data.babi.story import Line, Story

ROOMS = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
SIDES = {1: "east", 1j: "north", -1: "west", -1j: "south"}


def told(random: Random, neighbours: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """All pairs of neighbours in the order in which they are told, the one that was drawn first, then its neighbour.

    Each time a name is drawn, then one of its neighbours; a pair that was told already is passed over. So what has many
    neighbours is drawn first less often, and its pairs come late.
    """
    names, pairs = list(neighbours), {}
    edges = sum(map(len, neighbours.values())) // 2
    while len(pairs) < edges:
        drawn = random.choice(names)
        other = random.choice(neighbours[drawn])
        pairs.setdefault(frozenset((drawn, other)), (drawn, other))
    return list(pairs.values())


def two_arg_relations(random: Random) -> Story:
    """Two sentences and a question, which one of them answers: 'What is east of the office?', or turned round, 'What is
    the office west of?'. The answer is always the subject of that sentence."""
    end, middle, far_end = random.sample(ROOMS, 3)
    step = random.choice((1, 1j))
    place = {end: -step, middle: 0, far_end: step}
    facts = told(random, {end: [middle], middle: [end, far_end], far_end: [middle]})
    sentences = [Line(f"The {a} is {SIDES[place[a] - place[b]]} of the {b}.") for a, b in facts]
    asked = random.randrange(len(facts))
    answer, given = facts[asked]
    side, opposite = (SIDES[sign * (place[answer] - place[given])] for sign in (1, -1))
    question = random.choice((f"What is {side} of the {given}?", f"What is the {given} {opposite} of?"))
    return *sentences, Line(question, answer, (asked + 1,))


TASKS = {4: two_arg_relations}
