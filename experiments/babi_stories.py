"""Which stories a run reads: the official ones or simulated ones, in training and in test, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ml_collections import ConfigDict

from deepx.data import prepared
from deepx.data.babi import builder, simulator
from deepx.data.babi.story import TASKS, Example, Story, examples
from deepx.engine.errors import UserError

SOURCES = ("simulated", "official")
TEST_SEED = 2**31 - 1  # simulated test stories are the same for every run


class Split(NamedTuple):
    """The questions of one task. Validation questions are held out of the training ones, at random."""

    train: Sequence[Example]
    valid: Sequence[Example]
    test: Sequence[Example]


def splits(data: ConfigDict) -> tuple[dict[str, Split], str]:
    """By task, 'qa1' and so on, its questions; and in words, where they came from.

    Raises UserError for settings that make no sense, DataNotPrepared, DataCorrupt.
    """
    tasks = tuple(data.tasks)
    unknown = [task for task in tasks if task not in TASKS]
    if unknown or not tasks:
        raise UserError(f"data.tasks is {tasks}; they must be some of 1 to {len(TASKS)}.")
    for part in ("train", "test"):
        if data[part] not in SOURCES:
            raise UserError(f"data.{part} is {data[part]!r}; it must be one of {', '.join(SOURCES)}.")
    held_out = round(data.questions * data.held_out)
    if not 0 < held_out < data.questions:
        raise UserError(f"data.held_out is {data.held_out}; of {data.questions} questions it leaves one side none.")
    order = np.random.RandomState(0).permutation(data.questions)
    made, simulated = {}, []
    for task in tasks:
        stories = None
        if data.train == "official":
            if data.fill_gaps and not builder.has(task, "train", data.language):
                simulated.append(task)
            else:
                stories = builder.load(task, "train", data.language)
        everything = first(stories or simulator.simulate(task, data.questions, seed=0), data.questions, task)
        test = (
            builder.load(task, "test", data.language)
            if data.test == "official"
            else simulator.simulate(task, data.test_questions, seed=TEST_SEED)
        )
        train, valid = ([everything[i] for i in part] for part in (order[held_out:], order[:held_out]))
        made[f"qa{task}"] = Split(train, valid, list(examples(test)))
    return made, provenance(data, simulated)


def first(stories: Sequence[Story], count: int, task: int) -> list[Example]:
    """The first questions of the stories. Raises UserError where there are fewer."""
    questions = list(examples(stories))
    if len(questions) < count:
        raise UserError(f"data.questions is {count}, but task {task} has {len(questions)} training questions.")
    return questions[:count]


def provenance(data: ConfigDict, simulated: Sequence[int]) -> str:
    """Where training and test questions came from."""
    official = prepared.provenance(f"babi/{data.language}") if "official" in (data.train, data.test) else ""
    said = {"official": official, "simulated": "simulated stories"}
    of = f"first {data.questions:,} of " if data.train == "official" else f"{data.questions:,} questions a task on "
    gaps = f" (no training file of task {', '.join(map(str, simulated))}: simulated)" if simulated else ""
    if data.train == data.test:
        return f"{of}{said[data.train]}{gaps}"
    return f"train: {of}{said[data.train]}{gaps}; test: {said[data.test]}"
