"""How near the simulated bAbI stories are to the official ones.

    python -m experiments.babi_statistics --official=tasks_1-20_v1-2/en-10k [--tasks=1,2] [--seed=0]

One row a task, as many simulated questions as official ones. Means are official / simulated. Distances are total
variations: 0 for equal distributions, 1 for those that have nothing in common; in parentheses is what chance makes of
two samples of this size from the same distribution.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deepx.analysis.story_statistics import Distance, Statistics, distance, mean, summary
from deepx.data.babi import files
from deepx.data.babi.simulator import simulate
from deepx.data.babi.story import TASKS, Story
from deepx.data.errors import DataCorrupt
from deepx.engine.errors import UserError

MEANS = {"lines": "lines", "questions": "questions", "sentences_above": "sentences above", "supports": "supports"}
DISTANCES = {
    "templates": "templates",
    "lines": "lines",
    "sentences_above": "sentences above",
    "answers_to": "answers",
    "supports": "supports",
}


def read(directory: Path, task: int) -> list[Story]:
    """The stories of the task's files, for training and for test, that are there. Raises UserError, DataCorrupt."""
    paths = sorted(directory.glob(f"qa{task}_*_*.txt"))
    if not paths:
        raise UserError(
            f"{directory} has no files qa{task}_..._train.txt or ..._test.txt. --official must be a directory such as"
            " tasks_1-20_v1-2/en-10k of the official archive."
        )
    return [story for path in paths for story in files.read(path)]


def row(task: int, official: Statistics, simulated: Statistics) -> list[str]:
    far = distance(official, simulated)
    means = (f"{mean(getattr(official, name)):.2f} / {mean(getattr(simulated, name)):.2f}" for name in MEANS)
    far_by = (f"{far.variation[name]:.3f} ({far.by_chance[name]:.3f})" for name in DISTANCES)
    return [f"{task} {TASKS[task]}", str(sum(official.answers.values())), *means, vocabulary(official, far), *far_by]


def vocabulary(official: Statistics, far: Distance) -> str:
    """How many words, and those that only one side has: '17 -office +park'."""
    missing = [f"-{word}" for word in sorted(far.only_first)]
    added = [f"+{word}" for word in sorted(far.only_second)]
    return " ".join((str(len(official.vocabulary)), *missing, *added))


def table(directory: Path, tasks: list[int], seed: int) -> Table:
    """Raises UserError, DataCorrupt."""
    made = Table(title="bAbI, official / simulated", caption="distance (by chance)")
    for column in ("task", "questions", *(f"mean {n}" for n in MEANS.values()), "words", *DISTANCES.values()):
        made.add_column(column, overflow="fold")
    for task in tasks:
        official = summary(read(directory, task))
        simulated = summary(simulate(task, sum(official.answers.values()), seed))
        made.add_row(*row(task, official, simulated))
    return made


def numbers(text: str) -> list[int]:
    """'1,2' as numbers of tasks."""
    tasks = [int(part) for part in text.split(",")]
    if unknown := [task for task in tasks if task not in TASKS]:
        raise argparse.ArgumentTypeError(f"tasks are numbered {min(TASKS)} to {max(TASKS)}, not {unknown[0]}")
    return tasks


def main() -> None:
    parser = argparse.ArgumentParser(description="Statistics of official and simulated bAbI stories.")
    parser.add_argument(
        "--official", type=Path, required=True, help="directory of the files qa1_..._train.txt and so on"
    )
    parser.add_argument("--tasks", type=numbers, default=list(TASKS), help="such as 1,2; all without it")
    parser.add_argument("--seed", type=int, default=0, help="of the simulated stories")
    flags = parser.parse_args()
    try:
        made = table(flags.official, flags.tasks, flags.seed)
    except (UserError, DataCorrupt) as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)
    Console(width=None if sys.stdout.isatty() else 220).print(made)


if __name__ == "__main__":
    main()
