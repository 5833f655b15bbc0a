"""`./scripts/sweep`: one config, many values: grids, lists and random draws, on this machine or on a Ray cluster.

examples:
  ./scripts/sweep --config=configs/ntm/copy.py:cpu --grid run.seed=0..4 --grid batch_size=16,32
  ./scripts/sweep --config=configs/ntm/copy.py:cpu --random lstm.learning_rate=log:1e-4..1e-1
  ./scripts/sweep --config=configs/ntm/copy.py:cpu --list=trials.csv --config.run.steps=400
  ./scripts/sweep ... --engine=ray --ray-address=auto --cpus=4       # `ray start` on every machine
  ./scripts/sweep ... --engine=ray --asha=min --metric=bits_per_sequence/len20 --asha-grace=200

Grids, lists and draws are combined, every value of one with every value of the others. --config.a.b=VALUE is given to
all trials. Each is an ordinary work directory under trials/. Ctrl-C or SIGTERM lets those that run save; the same
command goes on, and makes tables and pictures again where all is done.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deepx.engine.config import flags_of
from deepx.engine.errors import UserError, nearest
from deepx.engine.usage import fitted
from deepx.engine.workdir import Workdir, workdir_of
from experiments.sweep_engines import Local, Resources, supervise
from experiments.sweep_space import Overrides, axis, space
from experiments.sweep_summary import default_metric, summarise
from experiments.sweep_table import Board
from experiments.sweep_trials import (
    CRASHED,
    DONE,
    MISTAKE,
    NOT_FINITE,
    SAVED,
    STOPPED,
    WAITING,
    Outcome,
    Trial,
    claim,
    config_of,
    settled,
    short_names,
    trials_of,
    varied,
)


def arguments_of(argv: Sequence[str]) -> tuple[argparse.Namespace, Overrides]:
    """The command's own flags, and the overrides that all trials share.

    Raises UserError for others.
    """
    parser = argparse.ArgumentParser(
        prog="sweep",
        usage="sweep --config=FILE[:variant] [--grid ...] [--list=...] [--random ...] [FLAGS]",
        description=fitted(__doc__),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=30),
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--config", required=True, metavar="FILE[:variant]", help="as an experiment takes it; the default is :paper")
    add("--workdir", type=Path, help="of the sweep; default: runs/sweeps/BENCHMARK-WHAT_IS_VARIED")
    add("--data_dir", help="where prepared data sets are")
    what = parser.add_argument_group("what is varied")
    add = what.add_argument
    add("--grid", action="append", default=[], metavar="NAME=V,V,...", help="values of the config; 0..4 is 0,1,2,3,4")
    add("--list", type=Path, metavar="FILE", help="a trial a line: .csv, or .jsonl of objects with dotted names")
    add("--random", action="append", default=[], metavar="NAME=RANGE", help="LOW..HIGH, log:LOW..HIGH, or a,b,c")
    add("--trials", type=int, default=0, metavar="N", help="random draws")
    add("--seed", type=int, default=0, help="of the random draws")
    where = parser.add_argument_group("where it runs, and what is looked at")
    add = where.add_argument
    add("--engine", choices=("local", "ray"), default="local")
    add("--max-parallel", type=int, metavar="N", help="trials at once; default: 1, with Ray all that fit")
    add("--ray-address", metavar="HOST:PORT", help="of a running cluster, or auto; default: this machine is one")
    add("--cpus", type=int, default=0, help="of a trial; default: an even share of the cores here, 1 with Ray")
    add("--gpus", type=int, default=0, help="of a trial")
    add("--metric", type=lambda text: text.split(","), help="of tables and pictures; default: the paper's first")
    add("--asha", choices=("min", "max"), help="with Ray: stop trials early whose metric is not among the best")
    add("--asha-grace", type=int, metavar="STEPS", help="no trial is stopped before; default: the first evaluation")
    add("--asha-factor", type=int, default=3, metavar="N", help="one in N goes on (%(default)s)")
    given, rest = parser.parse_known_args(argv)
    stray = [argument for argument in rest if not argument.startswith("--config.") or "=" not in argument]
    if stray:
        known = [option for action in parser._actions for option in action.option_strings]
        raise UserError(f"What is {stray[0]!r}?{nearest(stray[0].partition('=')[0], known)} --help shows all flags.")
    _refuse(given)
    return given, dict(axis(f"{flag}={value}") for flag, value in flags_of(rest))


def _refuse(given: argparse.Namespace) -> None:
    for name, least in (("trials", 0), ("max_parallel", 1), ("cpus", 0), ("gpus", 0), ("asha_grace", 1), ("seed", 0)):
        value = getattr(given, name)
        if value is not None and value < least:
            raise UserError(f"--{name.replace('_', '-')} is {value}; it must be at least {least}.")
    if given.asha_factor < 2:
        raise UserError(f"--asha-factor is {given.asha_factor}; it must be at least 2.")
    if given.asha and given.engine != "ray":
        raise UserError("--asha is Ray Tune's: add --engine=ray (without --ray-address, on this machine alone).")
    if given.ray_address and given.engine != "ray":
        raise UserError("--ray-address needs --engine=ray.")


class Stopping:
    """A context manager that counts SIGINT and SIGTERM: the first lets trials save, a second ends them."""

    def __enter__(self) -> Stopping:
        self.asked = 0
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> int:
        return self.asked

    def _note(self, number: int, _frame: object) -> None:
        self.asked += 1
        said = "the running trials save and end; once more ends them at once." if self.asked == 1 else "ending them."
        os.write(2, f"\n{signal.Signals(number).name}: {said}\n".encode())


def carry_out(
    given: argparse.Namespace, metric: str, trials: Sequence[Trial], board: Board, stopping: Stopping
) -> None:
    """Runs what has no result yet, by the engine that was chosen."""
    left = [trial for trial in trials if board.outcomes[trial.name].state == WAITING]
    if not left:
        return
    resources = Resources(given.cpus, given.gpus)
    if given.engine == "local":
        pool = Local(given.max_parallel or 1, resources)
    else:
        from experiments import sweep_ray  # in another environment

        sweep_ray.connect(given.ray_address)
        sweep_ray.refuse_impossible(resources)
        if given.asha:
            from experiments import sweep_asha

            every = config_of(*_file(given), {}).run.eval_every
            rule = sweep_asha.Rule(metric, given.asha, given.asha_grace or every, given.asha_factor)
            sweep_asha.halve(trials, rule, resources, given.max_parallel, stopping, board.tell)
            return
        pool = sweep_ray.Cluster(given.max_parallel, resources)
    for event in supervise(left, pool, stopping):
        board.tell(event)


def _file(given: argparse.Namespace) -> tuple[Path, str]:
    file, _, variant = given.config.partition(":")
    return Path(file), variant or "paper"


def sweep(argv: Sequence[str]) -> int:
    """The command. Exit status 0: every trial has a result, or all were asked to save; 1: some failed."""
    given, common = arguments_of(argv)
    if given.engine == "ray":
        _need_ray()
    file, variant = _file(given)
    chosen = space(given.grid, given.list, given.random, given.trials, given.seed)
    base = config_of(file, variant, common)
    short = short_names(list(dict.fromkeys(name for overrides in chosen for name in overrides)))
    default = Path("runs/sweeps", workdir_of(base.benchmark, variant).relative_to("runs"))
    folder = given.workdir or default.with_name("-".join([default.name, *short.values()])[:120])
    more = [f"--data_dir={given.data_dir}"] if given.data_dir else []
    trials = trials_of(file, variant, common, chosen, folder, more)
    workdir = Workdir(folder)
    claim(workdir, file, variant, common, trials)
    metrics = given.metric or [default_metric(trials, base.reported)]
    standing = {trial.name: settled(trial) or Outcome(WAITING) for trial in trials}
    axes = varied({trial.name: trial.values for trial in trials})
    title = f"{base.benchmark}:{variant} over {', '.join(axes)}"
    begun = time.monotonic()
    with Stopping() as stopping:
        with Board(trials, standing, metrics[0]) as board:
            board.say(f"{title}: {len(trials)} trials in {folder} ({board.counts()}).")
            carry_out(given, metrics[0], trials, board, stopping)
        outcomes = {trial.name: settled(trial) or board.outcomes[trial.name] for trial in trials}
        summarise(folder, title, trials, outcomes, given.metric or [default_metric(trials, base.reported)])
        return tell(trials, outcomes, board, time.monotonic() - begun, folder, bool(stopping.asked))


def tell(trials, outcomes, board: Board, seconds: float, folder: Path, stopped: bool) -> int:
    """The last lines: what failed and why, how to go on, where everything is."""
    states = [outcome.state for outcome in outcomes.values()]
    for state in (MISTAKE, CRASHED):
        for trial in trials:
            if outcomes[trial.name].state == state:
                board.say(f"{trial.name}: {state}: {outcomes[trial.name].message}")
    board.say(f"{board.counts()}, in {seconds:.0f} s. {folder} holds sweep.csv, summary.md and figures/.")
    if any(state in (SAVED, WAITING) for state in states):
        board.say(f"Go on with the same command:\n  {os.environ.get('DEEPX_COMMAND') or command(sys.argv[1:])}")
    results = (DONE, NOT_FINITE, STOPPED)
    return 0 if stopped or all(state in results for state in states) else 1


def command(argv: Sequence[str]) -> str:
    """What was typed."""
    return shlex.join(["./scripts/sweep", *argv])


def _need_ray() -> None:
    try:
        import ray  # noqa: F401
    except ImportError:
        raise UserError(
            "Ray is not in this environment. ./scripts/sweep --engine=ray makes one of its own, .venv-ray."
        ) from None


def main(argv: Sequence[str]) -> None:
    try:
        sys.exit(sweep(argv))
    except UserError as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
