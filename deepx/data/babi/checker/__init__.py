"""Right answers to the questions of bAbI stories, derived from the text alone, and what is wrong with those given.

Independent of whatever made the story: sentences are parsed into facts (`people`, `relations`, `kinds`, `motives`),
pronouns are resolved (`reference`), and a reasoner for each form of question derives the answers. Forms of sentences
and rules were read off the official data (Weston et al. 2015, arXiv 1502.05698; version 1.2, English, 10 000 questions
a task), all of whose questions pass `check`.

Several answers can be right in two tasks:
- 5: 'What did Fred give to Jeff?' when he gave him two things. The official answer is any of those not given again.
- 19: of two shortest ways any is right. In the official data there is one.

Elsewhere the data have one answer by a rule that plain logic does not give:
- 5: a gift is asked for only until its thing is given again.
- 8: a list has the order in which things were got for the first time; what was left and taken again keeps its place.
- 10: 'either in the park or the park' leaves 'Is Fred in the park?' at 'maybe'.
- 14, 3: 'before the park' is before the last time there.
- 16: the colour is that of the animal of the same kind whose kind was told last, of those with a known colour.
- 17: things lie on a grid; what is told to be to the left is level, and neither above nor below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from deepx.data.babi.checker import kinds, motives, people, relations, replay
from deepx.data.babi.checker.reading import Table, read
from deepx.data.babi.checker.reference import Resolved, resolve
from deepx.data.babi.story import Line, Story


class Rules(NamedTuple):
    """Of a task: the sentences that make a fact each, and those that ask a reasoner."""

    statements: Table
    questions: Table


RULES = {
    1: Rules(people.MOVES, replay.WHERE_WHO),
    2: Rules(people.MOVES | people.HANDS, replay.WHERE_WHAT),
    3: Rules(people.MOVES | people.HANDS, replay.BEFORE_WHAT),
    4: Rules(relations.COMPASS, relations.BESIDE),
    5: Rules(people.MOVES | people.HANDS | people.GIFTS, replay.GAVE),
    6: Rules(people.MOVES | people.HANDS, replay.IS_IN),
    7: Rules(people.MOVES | people.HANDS | people.GIFTS, replay.HOW_MANY),
    8: Rules(people.MOVES | people.HANDS, replay.CARRIES),
    9: Rules(people.MOVES | people.STATES | people.DENIALS, replay.IS_IN),
    10: Rules(people.MOVES | people.STATES | people.CHOICES, replay.IS_IN),
    11: Rules(people.MOVES | people.MOVES_OF_THE_SAME, replay.WHERE_WHO),
    12: Rules(people.MOVES_OF_PAIRS, replay.WHERE_WHO),
    13: Rules(people.MOVES_OF_PAIRS | people.MOVES_OF_THE_SAME, replay.WHERE_WHO),
    14: Rules(people.MOVES_AT_HOURS, replay.BEFORE_WHO),
    15: Rules(kinds.IS_A | kinds.FEARS, kinds.FEARED_BY),
    16: Rules(kinds.IS_A | kinds.COLORS, kinds.COLOR_OF),
    17: Rules(relations.PLANE, relations.IS_BESIDE),
    18: Rules(relations.SIZES, relations.IS_BIGGER),
    19: Rules(relations.COMPASS, relations.PATHS),
    20: Rules(people.MOVES | people.HANDS | motives.MOTIVES, motives.WHERE_TO | motives.WHY),
}

UNORDERED = {4, 14, 15, 17, 18, 19}  # the tasks whose lines do not follow the course of events, if there are any


def _read(task: int, sentences: Mapping[int, str]) -> dict[int, Resolved]:
    """The facts that the lines state, by the numbers of the lines."""
    facts = {}
    for number, sentence in sentences.items():
        fact, words = read(RULES[task].statements, sentence)
        facts[number] = fact(*words)
    return resolve(facts)


def _derive(task: int, facts: Mapping[int, Resolved], question: str, lines: Set[int]) -> set[str]:
    """The answers that follow from these lines. What is told of 'him' is nothing without the line that names him."""
    reasoner, words = read(RULES[task].questions, question)
    return reasoner([told.fact for number, told in facts.items() if {number, told.named_in} <= lines], *words)


def solve(task: int, sentences: Sequence[str], question: str) -> set[str]:
    """All right answers to a question that stands below the sentences, as the files write them; none if none follows.

    Raises ValueError for a sentence or a question that is not of the task.
    """
    facts = _read(task, dict(enumerate(sentences, start=1)))
    return _derive(task, facts, question, facts.keys())


def check(task: int, story: Story) -> list[str]:
    """What is wrong with the answers and supports of a story, in words, one problem an item.

    An answer must be a right one. Supports must be statements above the question, and an argument for the answer:

    - The answer follows from them alone, by what the world is like when nothing is said: people and things stay where
      they are and had what they leave; nobody has what he was not told to get (tasks 7 and 8); a grid (task 17).
    - It still follows when any other line above is added. This is for those defaults: 'none' would follow from no line
      at all, but not once it is known that a thing was taken. So tasks 7 and 8 need every getting and losing.
    - It does not follow without one of them.
    - It does not follow when one of them is exchanged for a later line: the news are the latest. Not so where nothing
      happens (one thing can be shown to be bigger than another in several ways), nor in task 14, told out of order.

    Not checked: the order of supports, and that the statements are possible together.

    Raises ValueError for a sentence or a question that is not of the task.
    """
    facts = _read(task, {number: line.text for number, line in enumerate(story, start=1) if line.answer is None})
    return [
        f"line {number}, {line.text!r}: {problem}"
        for number, line in enumerate(story, start=1)
        if line.answer is not None
        for problem in _problems(task, {above: fact for above, fact in facts.items() if above < number}, line)
    ]


def _problems(task: int, facts: Mapping[int, Resolved], asked: Line) -> Iterator[str]:
    def follows(lines: Set[int]) -> bool:
        return asked.answer in _derive(task, facts, asked.text, lines)

    if not follows(facts.keys()):
        right = " or ".join(sorted(_derive(task, facts, asked.text, facts.keys())))
        yield f"the answer {asked.answer!r} should be {right!r}" if right else f"nothing says {asked.answer!r}"
        return
    supports = set(asked.supports)
    if len(supports) < len(asked.supports):
        yield f"the supports {asked.supports} have a line twice"
    if strange := sorted(supports - facts.keys()):
        yield f"of the supports {asked.supports}, {strange} are no statements above"
    elif not follows(supports):
        yield f"the answer does not follow from the supports {asked.supports} alone"
    else:
        others = sorted(facts.keys() - supports)
        for line in others:
            if not follows(supports | {line}):
                yield f"line {line} takes the answer from the supports {asked.supports}, which leave it out"
        for line in asked.supports:
            if follows(supports - {line}):
                yield f"line {line} of the supports {asked.supports} is not needed"
            for later in others:
                if later > line and task not in UNORDERED and follows(supports - {line} | {later}):
                    yield f"line {line} of the supports {asked.supports} is older news than line {later}"
