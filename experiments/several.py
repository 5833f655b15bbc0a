"""Several benchmarks in their ordinary work directories: what a figure is made of, or all that there are.

What is finished is left alone, what was begun goes on, and one that fails does not hold up the others.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deepx.engine.config import differences, flags_of, load, part_of_name
from deepx.engine.errors import UserError
from deepx.engine.workdir import Workdir, workdir_of
from experiments import forked
from experiments.reproduce import CONFIGS, benchmarks, named_variant, width
from experiments.sweep import Stopping
from experiments.sweep_engines import Local, Resources, supervise
from experiments.sweep_table import COLOURS, Board
from experiments.sweep_trials import DONE, MISTAKE, SAVED, WAITING, Outcome, Trial, config_of, settled

MOST = 8  # smoke runs at a time, a gigabyte each


class Reproduction(Trial):
    """A trial that lives where its benchmark does, not in the folder of a sweep."""

    @property
    def workdir(self) -> Path:
        return self.folder

    @property
    def log(self) -> Path:
        return self.folder / "output.log"


def planned(words: Sequence[str]) -> tuple[Reproduction, Outcome]:
    """Of what one would type after ./scripts/reproduce, BENCHMARK[:variant] and flags: the run, and how it stands.

    What flags change of the config is added to the name of its directory: runs/ntm/copy-controller=none. A directory
    there that was made with another config is a mistake. Raises UserError for names that do not exist and values that
    make no sense.
    """
    (name, variant), flags = named_variant(words[0]), list(words[1:])
    file = CONFIGS / f"{name}.py"
    overrides = {flag.removeprefix("config."): value for flag, value in flags_of(flags) if flag.startswith("config.")}
    config = config_of(file, variant, overrides)
    changed = {key: ours for key, (ours, _) in differences(config, load(file, variant)).items() if key in overrides}
    plain = workdir_of(name, variant)
    workdir = plain.with_name("-".join([plain.name, *(part_of_name(key, value) for key, value in changed.items())]))
    flags.append(f"--workdir={workdir}")
    command = ["-P", "-m", f"experiments.{name.split('/')[0]}", f"--config={file}:{variant}", *flags]
    said = shlex.join(["./scripts/reproduce", f"{name}:{variant}", *flags])
    run = Reproduction(str(workdir.relative_to("runs")), changed, command, said, workdir, config.run.steps)
    if (workdir / "config.json").exists():
        try:
            Workdir(workdir).check(config)
        except UserError as error:
            return run, Outcome(MISTAKE, str(error))
    return run, Outcome(DONE if settled(run) == Outcome(DONE) else WAITING)


def carried(plans: Sequence[tuple[Reproduction, Outcome]], jobs: int) -> Board:
    """Carries out what waits, `jobs` at a time: a board that knows how each run stands, and what it took.

    Ctrl-C and SIGTERM let the runs save and end.
    """
    runs, waiting = [run for run, _ in plans], [run for run, outcome in plans if outcome.state == WAITING]
    start = None
    if len(waiting) > 1 and forked.usable():
        forked.prepare()
        start = forked.fork
    with Board(runs, {run.name: outcome for run, outcome in plans}, "") as board:
        if len(waiting) < len(runs):
            board.say(f"{len(runs)} runs: {board.counts()}.")
        with Stopping() as stopping:
            for event in supervise(waiting, Local(jobs, Resources(), start), stopping):
                board.tell(event)
    return board


def status(board: Board) -> int:
    """0: all are done; 1: some failed; 130: stopped, and can go on."""
    states = {outcome.state for outcome in board.outcomes.values()}
    return 130 if states & {SAVED, WAITING} else int(states != {DONE})


def all_of(variant: str, flags: Sequence[str], jobs: int | None) -> int:
    """Every benchmark's variant; by default one at a time, or of smoke runs, which need little, one a core.

    Returns the exit status. Raises UserError where not every benchmark has the variant.
    """
    begun = time.monotonic()
    plans = [planned([f"{name}:{variant}", *flags]) for name in benchmarks()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    board = carried(plans, jobs or (min(cores, MOST) if variant == "smoke" else 1))
    console = Console(width=width())
    console.print(told([run for run, _ in plans], board))
    console.print(f"{board.counts()}, in {time.monotonic() - begun:.0f} s.", highlight=False)
    if status(board) == 130:
        console.print("The same command goes on.")
    return status(board)


def told(runs: Sequence[Reproduction], board: Board) -> Table:
    """A line a run: how it stands, what it took now, why it failed; those that failed come last."""
    table = Table(box=None, pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("")
    table.add_column("seconds", justify="right")
    table.add_column("", overflow="fold")
    for run in sorted(runs, key=lambda run: board.outcomes[run.name].state != DONE):
        state, message = board.outcomes[run.name]
        seconds = f"{board.took[run.name]:.0f}" if run.name in board.took else ""
        table.add_row(escape(run.name), f"[{COLOURS[state]}]{state}", seconds, escape(message))
    return table
