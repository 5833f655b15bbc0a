"""Questions in English: some wordings of each form, some words for the same. Which one is used tells nothing."""

from __future__ import annotations

from random import Random

from deepx.data.scenes.questions.families import Asked
from deepx.data.scenes.questions.things import Description

# {one} and {other} are described things, {ones} and {others} the same in the plural.
WORDINGS = {
    "attribute": (
        "what {attribute} is the {one}?",
        "what is the {attribute} of the {one}?",
        "which {attribute} does the {one} have?",
    ),
    "exist": (
        "is there a {one}?",
        "can you see a {one}?",
        "does the picture show a {one}?",
    ),
    "count": (
        "how many {ones} are there?",
        "how many {ones} can you see?",
        "what is the number of {ones}?",
    ),
    "same": (
        "do the {one} and the {other} have the same {attribute}?",
        "is the {one} the same {attribute} as the {other}?",
    ),
    "differ": (
        "do the {one} and the {other} differ in {attribute}?",
        "is the {one} of another {attribute} than the {other}?",
    ),
    "alike": (
        "how many other {things} have the same {attribute} as the {one}?",
        "how many other {things} share the {attribute} of the {one}?",
    ),
    "beside": (
        "is the {one} {side} the {other}?",
        "does the {one} lie {side} the {other}?",
    ),
    "count_beside": (
        "how many {things} are {side} the {one}?",
        "how many {things} lie {side} the {one}?",
        "what is the number of {things} {side} the {one}?",
    ),
    "attribute_beside": (
        "what {attribute} is the {thing} {side} the {one}?",
        "what is the {attribute} of the {thing} {side} the {one}?",
        "which {attribute} does the {thing} {side} the {one} have?",
    ),
    "more": (
        "are there more {ones} than {others}?",
        "does the picture show more {ones} than {others}?",
    ),
    "fewer": (
        "are there fewer {ones} than {others}?",
        "does the picture show fewer {ones} than {others}?",
    ),
}
THINGS = ("thing", "object")
SAME_WORDS = {
    "small": ("small", "little"),
    "large": ("large", "big"),
    "left": ("left of", "to the left of"),
    "right": ("right of", "to the right of"),
    "above": ("above", "higher than"),
    "below": ("below", "lower than"),
}
PLURALS = {"cross": "crosses"}


def told(random: Random, asked: Asked) -> str:
    """The question in one of its wordings."""
    thing = random.choice(THINGS)
    one, other = phrase(random, asked.one), phrase(random, asked.other)
    return random.choice(WORDINGS[asked.form]).format(
        one=one,
        other=other,
        ones=plural(one),
        others=plural(other),
        thing=thing,
        things=plural(thing),
        side=random.choice(SAME_WORDS.get(asked.side, ("",))),
        attribute=asked.attribute,
    )


def phrase(random: Random, description: Description) -> str:
    """'large thing', 'red circle'."""
    noun = description.shape or random.choice(THINGS)
    before = [random.choice(SAME_WORDS.get(word, (word,))) for word in (description.size, description.colour) if word]
    return " ".join([*before, noun])


def plural(phrase: str) -> str:
    *before, noun = phrase.split()
    return " ".join([*before, PLURALS.get(noun, noun + "s")])
