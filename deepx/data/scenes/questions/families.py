"""What can be asked of a scene, a function a form of question. Each draws one question at random, or finds none.

Words of a question are drawn so that every name of a class is as good as any other (red as blue, left as above). Where
an attribute is asked for, no description tells it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from deepx.data.scenes.attributes import SHAPES
from deepx.data.scenes.questions.things import COLOURS, TOLD, VALUES, Description, Thing, Things, describe


class Asked(NamedTuple):
    """A question before it is put into words.

    form: what is asked, a key of `wordings.WORDINGS`. among: the answers that there are to be, all equally frequent; a
    question with another one is not asked. one, other, side, attribute: what it speaks of, as far as the form does.
    """

    form: str
    answer: str
    among: tuple[str, ...]
    one: Description = Description()
    other: Description = Description()
    side: str = ""
    attribute: str = ""


Form = Callable[[Random, Things], Asked | None]

YES_NO = ("no", "yes")
ASKED_FOR = {"colour": COLOURS, "shape": SHAPES}
SIDES = {"left": ("column", -1), "right": ("column", 1), "above": ("row", -1), "below": ("row", 1)}


def numbers(least: int, most: int) -> tuple[str, ...]:
    return tuple(map(str, range(least, most + 1)))


def beside(things: Things, side: str, thing: Thing) -> list[Thing]:
    """Those in a column, or a row, that lies farther to the side."""
    line, way = SIDES[side]
    return [t for t in things if way * (getattr(t, line) - getattr(thing, line)) > 0]


def attribute(random: Random, things: Things) -> Asked | None:
    name = random.choice(tuple(ASKED_FOR))
    if not (described := things.described[name]):
        return None
    one = random.choice(described)
    return Asked("attribute", getattr(things.one_each[one], name), ASKED_FOR[name], one, attribute=name)


def words(random: Random, things: Things, told: tuple[bool, ...]) -> Description:
    """A description of nothing in particular. A single word is any. Each of two or more is true of something, if not
    all of one thing, so that it is not enough to know which colours and which shapes there are."""
    if sum(told) < 2:
        return describe([random.choice(values) for values in VALUES.values()], told)
    return describe([random.choice(things)[i] for i in range(len(VALUES))], told)


def exist(random: Random, things: Things) -> Asked | None:
    one = words(random, things, random.choice(TOLD[1:]))
    return Asked("exist", YES_NO[things.count(one) > 0], YES_NO, one)


def count(random: Random, things: Things) -> Asked | None:
    told = random.choice(TOLD[:-1])
    one = words(random, things, told)
    return Asked("count", str(things.count(one)), MOST_COUNTED[sum(told)], one)


MOST_COUNTED = (numbers(2, 5), numbers(0, 3), numbers(0, 2))  # by the number of words; more is too rare to be balanced


def same(random: Random, things: Things) -> Asked | None:
    name, form = random.choice(tuple(ASKED_FOR)), random.choice(("same", "differ"))
    if not (pair := two(random, things, without=name)):
        return None
    alike = len({getattr(things.one_each[d], name) for d in pair}) == 1
    return Asked(form, YES_NO[alike == (form == "same")], YES_NO, *pair, attribute=name)


def two(random: Random, things: Things, without: str = "") -> tuple[Description, Description] | None:
    """Descriptions of two things."""
    described = things.described[without]
    if not described:
        return None
    one, other = random.choice(described), random.choice(described)
    return (one, other) if things.one_each[one] != things.one_each[other] else None


def alike(random: Random, things: Things) -> Asked | None:
    name = random.choice(tuple(ASKED_FOR))
    if not (described := things.described[name]):
        return None
    one = random.choice(described)
    thing = things.one_each[one]
    others = sum(getattr(t, name) == getattr(thing, name) for t in things) - 1
    return Asked("alike", str(others), numbers(0, 2), one, attribute=name)


def is_beside(random: Random, things: Things) -> Asked | None:
    side = random.choice(tuple(SIDES))
    if not (pair := two(random, things)):
        return None
    one, other = (things.one_each[d] for d in pair)
    line, _ = SIDES[side]
    if getattr(one, line) == getattr(other, line):
        return None
    return Asked("beside", YES_NO[one in beside(things, side, other)], YES_NO, *pair, side)


def count_beside(random: Random, things: Things) -> Asked | None:
    side = random.choice(tuple(SIDES))
    if not (described := things.described[""]):
        return None
    one = random.choice(described)
    return Asked("count_beside", str(len(beside(things, side, things.one_each[one]))), numbers(0, 3), one, side=side)


def attribute_beside(random: Random, things: Things) -> Asked | None:
    name, side = random.choice(tuple(ASKED_FOR)), random.choice(tuple(SIDES))
    if not (described := things.described[name]):
        return None
    one = random.choice(described)
    found = beside(things, side, things.one_each[one])
    if len(found) != 1:
        return None
    return Asked("attribute_beside", getattr(found[0], name), ASKED_FOR[name], one, side=side, attribute=name)


def more(random: Random, things: Things) -> Asked | None:
    """There are some of both, and not as many of the one as of the other."""
    (name, values), form = random.choice(tuple(VALUES.items())), random.choice(("more", "fewer"))
    one, other = (Description()._replace(**{name: value}) for value in random.sample(values, 2))
    of_one, of_other = things.count(one), things.count(other)
    if not of_one or not of_other or of_one == of_other:
        return None
    return Asked(form, YES_NO[(of_one > of_other) == (form == "more")], YES_NO, one, other)


FAMILIES: dict[str, tuple[Form, ...]] = {
    "attribute": (attribute,),
    "exist": (exist,),
    "count": (count,),
    "compare": (same, alike),
    "place": (is_beside, count_beside, attribute_beside),
    "more": (more,),
}
