"""bAbI task 19, path finding: rooms on a grid, told by their neighbours, and the way from one to another over a third.

The laws of chance are inferred from the official files, and so is that two of the other rooms may lie at one point: the
corner that completes a bent path to a square can be taken from both of its ends (in 7% of the stories).
"""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.relations import ROOMS, SIDES, told
from deepx.data.babi.story import Line, Story


def path_finding(random: Random, others: int = 3) -> Story:
    """A path of two steps, and so many other rooms (at most 3) beside those on it. The answer names the steps' sides by
    their first letters, 's,w'; the supports are the sentences of the two steps, in their order.

    Raises ValueError where there are not so many rooms.
    """
    if not 0 <= others <= len(ROOMS) - 3:
        raise ValueError(f"there must be 0 to {len(ROOMS) - 3} rooms beside the path, not {others}")
    start, via, goal, *rest = random.sample(ROOMS, 3 + others)
    first = random.choice(list(SIDES))
    second = random.choice([step for step in SIDES if step != -first])
    place = {start: -first, via: 0, goal: second}
    neighbours = {start: [via], via: [start, goal], goal: [via]}
    free = [(room, step) for room in place for step in SIDES if place[room] + step not in place.values()]
    for room, (neighbour, step) in zip(rest, random.sample(free, others), strict=True):
        place[room] = place[neighbour] + step
        neighbours[neighbour].append(room)
        neighbours[room] = [neighbour]
    facts = told(random, neighbours)
    line = {frozenset(fact): number for number, fact in enumerate(facts, start=1)}
    sentences = [Line(f"The {a} is {SIDES[place[a] - place[b]]} of the {b}.") for a, b in facts]
    supports = line[frozenset((start, via))], line[frozenset((via, goal))]
    answer = f"{SIDES[first][0]},{SIDES[second][0]}"
    return *sentences, Line(f"How do you go from the {start} to the {goal}?", answer, supports)


TASKS = {19: path_finding}
