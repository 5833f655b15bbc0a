"""The trials of a sweep and its directory: what each is called, its command, what its files say of it.

sweep.json         what is varied, and the config that it is varied in
trials/NAME/       an ordinary work directory, which goes on by itself or with the sweep
logs/NAME.log      what the trial said, attempt after attempt
sweep.csv, summary.md, figures/    what came out
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from absl import flags
from ml_collections import ConfigDict, config_flags

from deepx.engine.config import check_name, flatten, load, told
from deepx.engine.errors import UserError
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir
from experiments.reproduce import CONFIGS
from experiments.sweep_space import Overrides

SEED = "run.seed"
DIAGNOSIS = Path("failure/diagnosis.json")  # of deepx/engine/failure.py, which takes seconds to import
LONGEST = 100  # letters of a trial's name: a file system's limit is 255
DONE, NOT_FINITE, STOPPED = "done", "not finite", "stopped early"  # results, which no later call takes up again
WAITING, RUNNING, SAVED, MISTAKE, CRASHED = "waiting", "running", "saved", "mistake", "crashed"


class Trial(NamedTuple):
    """One run of a sweep. `values`: what is varied, as its config has it; `command`: arguments of a Python."""

    name: str
    values: dict[str, Any]
    command: list[str]
    said: str  # the command as one would type it
    folder: Path  # of the sweep
    steps: int

    @property
    def workdir(self) -> Path:
        return self.folder / "trials" / self.name

    @property
    def log(self) -> Path:
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def stop_file(self) -> Path:
        """Says at which step the scheduler stopped the trial for good."""
        return self.folder / "stopped" / f"{self.name}.json"


class Outcome(NamedTuple):
    """How a trial stands, and what there is to say of it."""

    state: str
    message: str = ""


def config_of(file: Path, variant: str, overrides: Overrides) -> ConfigDict:
    """The config that a trial's flags make, by the parser that the trial itself uses.

    Raises UserError for unknown names (with the nearest), and for values of another type or none that a run can have.
    """
    known = load(file, variant)
    for name in overrides:
        check_name(name, known)
    arguments = ["sweep", f"--config={file}:{variant}", *flags_for(overrides)]
    parser = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=parser, sys_argv=arguments)
    try:
        parser(arguments)
        config = parser.config
    except (flags.Error, AttributeError, ValueError, TypeError) as error:
        given = ", ".join(f"{name}={text}" for name, text in overrides.items())
        raise UserError(f"{given}: {str(error).strip().splitlines()[-1]}") from error
    Run(**config.run)
    return config


def flags_for(overrides: Overrides) -> list[str]:
    return [f"--config.{name}={text}" for name, text in overrides.items()]


def trials_of(
    file: Path, variant: str, common: Overrides, space: Sequence[Overrides], folder: Path, more: Sequence[str] = ()
) -> list[Trial]:
    """Every different trial of the space. `common`: overrides that all share; `more`: further flags of each.

    Raises UserError as `config_of` does, and where one name is both varied and given for all.
    """
    if both := sorted(set(common) & {name for overrides in space for name in overrides}):
        raise UserError(f"{', '.join(both)} is both varied and given for all trials.")
    base = config_of(file, variant, common)
    module, benchmark = f"experiments.{base.benchmark.split('/')[0]}", base.benchmark
    known = file.resolve() == CONFIGS / f"{benchmark}.py"
    trials: dict[str, Trial] = {}
    short = short_names(list(dict.fromkeys(name for overrides in space for name in overrides)))
    for overrides in space:
        config = config_of(file, variant, {**common, **overrides})
        leaves = flatten(config)
        values = {name: leaves[name] for name in overrides}
        name = named({short[key]: value for key, value in values.items()})
        arguments = [*flags_for({**common, **overrides}), f"--workdir={folder / 'trials' / name}", *more]
        command = ["-P", "-m", module, f"--config={file.resolve()}:{variant}", *arguments]
        said = ["./scripts/reproduce", f"{benchmark}:{variant}", *arguments] if known else ["python", *command]
        trials.setdefault(name, Trial(name, values, command, shlex.join(said), folder, config.run.steps))
    return list(trials.values())


def short_names(names: Sequence[str]) -> dict[str, str]:
    """The last parts of dotted names; two of them where one would not do, and so on."""
    short = {}
    for name in names:
        parts = name.split(".")
        ends = [".".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        alone = (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in names) == 1)
        short[name] = next(alone, name)
    return short


def named(values: dict[str, Any]) -> str:
    """A folder's name: `controller=lstm,seed=0`. A hash tells apart what had letters that a file system may refuse."""
    whole = ",".join(f"{name}={value}" for name, value in values.items())
    safe = re.sub(r"[^\w.=,+-]+", "_", whole)
    if safe == whole and len(safe) <= LONGEST:
        return safe
    return f"{safe[:LONGEST]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def claim(workdir: Workdir, file: Path, variant: str, common: Overrides, trials: Sequence[Trial]) -> None:
    """Keeps what is swept in `sweep.json`.

    Raises UserError, which names the difference, where another sweep is kept there already, or none but other files.
    """
    base = config_of(file, variant, common)
    mine = {
        "benchmark": base.benchmark,
        "variant": variant,
        "config": base.to_dict(),
        "trials": {trial.name: trial.values for trial in trials},
    }
    mine = json.loads(json.dumps(mine))
    path = workdir.path / "sweep.json"
    if not path.exists():
        if (workdir.path / "config.json").exists():
            raise UserError(f"{workdir.path} is the directory of one run, not of a sweep; choose another --workdir.")
        workdir.write_json("sweep.json", mine)
        return
    try:
        theirs = json.loads(path.read_text())
        lines = differing(mine, theirs)
    except (json.JSONDecodeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error!r}). Restore it, or choose another --workdir.") from None
    if lines:
        raise UserError(
            f"{workdir.path} holds another sweep:\n  "
            + "\n  ".join(lines)
            + "\nGive the same command to go on with it, or another --workdir to keep both."
        )


def differing(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """What sets two sweeps apart, a line each."""
    if mine["benchmark"] != theirs["benchmark"]:
        return [f"of {theirs['benchmark']} there, of {mine['benchmark']} now"]
    changed = told(mine["config"], theirs["config"], repr)
    lines = [f"{name}: {old} there, {new} now" for name, (new, old) in changed.items()]
    axes = [varied(sweep["trials"]) for sweep in (mine, theirs)]
    for name in dict.fromkeys([*axes[0], *axes[1]]):
        new, old = (axis.get(name, ["not varied"]) for axis in axes)
        if sorted(map(str, new)) != sorted(map(str, old)):
            lines.append(f"{name}: {listed(old)} there, {listed(new)} now")
    if not lines and mine["trials"].keys() != theirs["trials"].keys():
        counts = [f"{len(a['trials'].keys() - b['trials'].keys())}" for a, b in ((theirs, mine), (mine, theirs))]
        lines.append(f"the same values in other combinations: {counts[0]} trials only there, {counts[1]} only here")
    return lines


def varied(trials: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
    """Every name that is varied with its different values, in the order of the trials."""
    axes: dict[str, dict[str, Any]] = {}
    for values in trials.values():
        for name, value in values.items():
            axes.setdefault(name, {})[str(value)] = value
    return {name: list(values.values()) for name, values in axes.items()}


def listed(values: Sequence[Any], most: int = 8) -> str:
    return ", ".join(map(str, values[:most])) + (f", ... ({len(values)})" if len(values) > most else "")


def settled(trial: Trial) -> Outcome | None:
    """The outcome that a trial's files speak of; None while there is something left to do."""
    if (trial.workdir / "result.json").exists():
        return Outcome(DONE)
    failure = trial.workdir / DIAGNOSIS
    if failure.exists():
        return Outcome(NOT_FINITE, f"at step {json.loads(failure.read_text())['step']}")
    if trial.stop_file.exists():
        return Outcome(STOPPED, f"at step {json.loads(trial.stop_file.read_text())['step']}")
    return None


def record(trial: Trial) -> dict[str, Any] | None:
    """The record of a finished trial."""
    path = trial.workdir / "result.json"
    return json.loads(path.read_text()) if path.exists() else None


def last_words(trial: Trial) -> str:
    """What a trial that failed said in the end: its message to the user, or the last line of a traceback."""
    lines = trial.log.read_text(errors="replace").splitlines() if trial.log.exists() else []
    attempt = max((i for i, line in enumerate(lines) if line.startswith("=== ")), default=-1)
    spoken = [line.strip() for line in lines[attempt + 1 :] if line.strip()]
    message = [line.removeprefix("deepx: ") for line in spoken if line.startswith("deepx: ")]
    return (message or spoken or [""])[-1]
