"""Which stories a run reads: the official ones or simulated ones, in training and in test, task by task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ml_collections import ConfigDict

from deepx.data import prepared
from deepx.data.babi import builder, simulator, story
from deepx.data.babi.story import TASKS, Example, Line, Story, examples
from deepx.data.kept import kept
from deepx.engine.errors import UserError

SOURCES = ("simulated", "official")
MANY = 10_000  # simulated questions, from which on they are kept: fewer are made at once
MADE_BY = (Path(simulator.__file__).parent, Path(story.__file__), Path(__file__))
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
    made, gaps = {}, []
    if data.train == "official" and data.fill_gaps:
        gaps = [task for task in tasks if not builder.has(task, "train", data.language)]
    learnt = simulated(tasks if data.train == "simulated" else gaps, data.questions, seed=0)
    tested = simulated(tasks if data.test == "simulated" else (), data.test_questions, seed=TEST_SEED)
    for task in tasks:
        stories = learnt[task] if task in learnt else builder.load(task, "train", data.language)
        everything = first(stories, data.questions, task)
        test = builder.load(task, "test", data.language) if data.test == "official" else tested[task]
        train, valid = ([everything[i] for i in part] for part in (order[held_out:], order[:held_out]))
        made[f"qa{task}"] = Split(train, valid, list(examples(test)))
    return made, provenance(data, gaps)


def simulated(tasks: Sequence[int], questions: int, seed: int) -> dict[int, list[Story]]:
    """Simulated stories by task; many are made once, and found by later runs."""

    def made() -> dict[int, list[Story]]:
        return {task: simulator.simulate(task, questions, seed) for task in tasks}

    if len(tasks) * questions < MANY:
        return made()
    settings = {"tasks": list(tasks), "questions": questions, "seed": seed}
    found = kept(lambda: {"told": np.frombuffer(json.dumps(made()).encode(), np.uint8)}, settings, MADE_BY)
    return {
        int(task): [tuple(Line(text, answer, tuple(supports)) for text, answer, supports in one) for one in stories]
        for task, stories in json.loads(found["told"].tobytes()).items()
    }


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
