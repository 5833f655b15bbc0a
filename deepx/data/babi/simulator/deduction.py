"""bAbI task 15, basic deduction: what somebody fears, by the kind of animal it is and what this kind fears.

The laws of chance are inferred from the official files.
"""

from __future__ import annotations

from random import Random

from deepx.data.babi.story import Line, Story

PLURAL = {"mouse": "mice", "sheep": "sheep", "wolf": "wolves", "cat": "cats"}
NAMES = ("Gertrude", "Winona", "Jessica", "Emily")


def basic_deduction(random: Random, questions: int = 4) -> Story:
    """Every kind's fear and everybody's kind, then the questions, in which names are lower-cased.

    A kind and a name are drawn together: if the kind's fear is not told yet, it is told, else the name's kind, unless
    that was. So the fear of a kind always stands above those who are of that kind.
    """
    story: list[Line] = []
    fears: dict[str, tuple[str, int]] = {}  # of a kind: which one, and the number of the line that tells
    kinds: dict[str, tuple[str, int]] = {}  # of a name
    while len(story) < len(PLURAL) + len(NAMES):
        kind, name = random.choice(list(PLURAL)), random.choice(NAMES)
        if kind not in fears:
            feared = random.choice([other for other in PLURAL if other != kind])
            story.append(Line(f"{PLURAL[kind].capitalize()} are afraid of {PLURAL[feared]}."))
            fears[kind] = feared, len(story)
        elif name not in kinds:
            story.append(Line(f"{name} is a {kind}."))
            kinds[name] = kind, len(story)
    for name in random.choices(NAMES, k=questions):
        kind, first = kinds[name]
        feared, second = fears[kind]
        story.append(Line(f"What is {name.lower()} afraid of?", feared, (first, second)))
    return tuple(story)


TASKS = {15: basic_deduction}
