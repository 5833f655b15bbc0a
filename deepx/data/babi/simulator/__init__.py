"""Simulated bAbI stories (Weston et al. 2015, arXiv 1502.05698): the twenty tasks, inferred from the official files.

Each module makes the tasks in its `TASKS`, {number: function}; a function makes one story from a `random.Random`.
"""

from __future__ import annotations

from random import Random

from deepx.data.babi.simulator import (
    carrying,
    deduction,
    giving,
    induction,
    motivations,
    moving,
    paths,
    positions,
    presence,
    relations,
    sizes,
    times,
)
from deepx.data.babi.story import Story

_MODULES = (
    moving, carrying, giving, presence, times, relations, deduction, induction, positions, sizes, paths, motivations
)  # fmt: skip
TASKS = {number: make for module in _MODULES for number, make in module.TASKS.items()}


def simulate(task: int, questions: int, seed: int) -> list[Story]:
    """Stories of a task until so many questions were asked; the last one ends with that question.

    The same task and seed give the same stories; those of fewer questions are the first of those of more, but that the
    last one ends earlier. Raises ValueError for a task that is none, or no questions.
    """
    if task not in TASKS:
        raise ValueError(f"the task must be one of {min(TASKS)} to {max(TASKS)}, not {task}")
    if questions < 1:
        raise ValueError(f"there must be at least one question, not {questions}")
    random = Random(f"task {task}, seed {seed}")
    stories: list[Story] = []
    while questions:
        story = TASKS[task](random)
        asked = [number for number, line in enumerate(story, start=1) if line.answer is not None][:questions]
        stories.append(story if len(asked) < questions else story[: asked[-1]])
        questions -= len(asked)
    return stories
