"""bAbI task 17, positional reasoning: two shapes beside, above or below a third, and how the two lie to each other.

The laws of chance are inferred from the official files.
"""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator.relations import told
from deepx.data.babi.story import Line, Story

SHAPES = ("triangle", "pink rectangle", "blue square", "red sphere", "red square", "yellow square")
SIDES = {1: "to the right of", 1j: "above", -1: "to the left of", -1j: "below"}


def positional_reasoning(random: Random, questions: int = 8) -> Story:
    """Two sentences, then questions on the shapes that are not in both. Yes and no are equally likely, and so are then
    the relations that hold, or do not. The first support is the sentence on the question's subject."""
    one, middle, two = random.sample(SHAPES, 3)
    place = dict(zip((one, two), random.sample(list(SIDES), 2), strict=True)) | {middle: 0}
    facts = told(random, {one: [middle], middle: [one, two], two: [middle]})
    story = [Line(f"The {a} is {SIDES[place[a] - place[b]]} the {b}.") for b, a in facts]
    line = {shape: number for number, fact in enumerate(facts, start=1) for shape in fact}
    for _ in range(questions):
        subject, other = random.sample((one, two), 2)
        apart = place[subject] - place[other]
        holds = {side: (apart * side.conjugate()).real > 0 for side in SIDES}
        answer = random.choice((True, False))
        asked = SIDES[random.choice([side for side in SIDES if holds[side] == answer])]
        question = f"Is the {subject} {asked} the {other}?"
        story.append(Line(question, "yes" if answer else "no", (line[subject], line[other])))
    return tuple(story)


TASKS = {17: positional_reasoning}
