"""`./scripts/reproduce`: from the name of a benchmark to the command that runs it.

    ./scripts/reproduce ntm/copy                       variant cpu, into runs/ntm/copy, resuming what is there
    ./scripts/reproduce ntm/copy:smoke --config.run.seed=3 --workdir=runs/third
    ./scripts/reproduce --list                         every benchmark, its cost, what has been run

What follows the name goes to the experiment: --config.a.b=value changes one value of the config, --mode=eval tests a
finished run again, --data_dir=DIR says where prepared data sets are.
"""

from __future__ import annotations

import ast
import json
import os
import shlex
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deepx.engine.config import flags_of, load
from deepx.engine.errors import UserError, nearest
from deepx.engine.workdir import workdir_of

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"
DEFAULT_VARIANT = "cpu"


def benchmarks() -> list[str]:
    """Every benchmark by name: `ntm/copy` is configs/ntm/copy.py; `__init__.py` holds what a family shares."""
    files = (path for path in CONFIGS.glob("*/*.py") if path.name != "__init__.py")
    return sorted(str(path.relative_to(CONFIGS).with_suffix("")) for path in files)


def command_for(argv: list[str]) -> list[str]:
    """The experiment's command line for the arguments of this one.

    A run that is only looked at (--mode) has its own config, with the flags it was made with, unless some are given.

    Raises UserError for a missing or unknown name.
    """
    if argv[0].startswith("-"):
        raise UserError(f"Name the benchmark first, one of: {', '.join(benchmarks())}. --list tells more.")
    (name, _, variant), flags = argv[0].partition(":"), argv[1:]
    variant = variant or DEFAULT_VARIANT
    if name not in benchmarks():
        raise UserError(f"There is no benchmark {name!r}.{nearest(name, benchmarks())} --list shows them all.")
    config, given = f"--config={CONFIGS / name}.py:{variant}", dict(flags_of(flags))
    workdir = Path(given.get("workdir") or workdir_of(name, variant))
    if given.get("mode", "train") != "train" and not any(flag.startswith("config.") for flag in given):
        config = f"--workdir={workdir}" if _is_of(workdir, name, variant) else config
    return [sys.executable, "-P", "-m", f"experiments.{name.split('/')[0]}", config, *flags]


def _is_of(workdir: Path, name: str, variant: str) -> bool:
    """Whether a run of this benchmark's variant lives there."""
    try:
        theirs = json.loads((workdir / "config.json").read_text())
    except (OSError, json.JSONDecodeError):
        return False
    return (theirs.get("benchmark"), theirs.get("variant")) == (name, variant)


def catalogue() -> Table:
    """One line a benchmark: what it is, what it costs, what of it has been run."""
    table = Table(box=None, pad_edge=False)
    table.add_column("benchmark", no_wrap=True, min_width=max(map(len, benchmarks())))  # to be copied from here
    for column, share in (("what", 3), (f"cost ({DEFAULT_VARIANT})", 2), ("run here", 2)):
        table.add_column(column, ratio=share, overflow="fold")
    for name in benchmarks():
        docstring = ast.get_docstring(ast.parse((CONFIGS / f"{name}.py").read_text())) or ""
        cost = load(CONFIGS / f"{name}.py", DEFAULT_VARIANT).cost
        table.add_row(name, escape(docstring.splitlines()[0].rstrip(".")), escape(cost), escape(_run_here(name)))
    return table


def _run_here(name: str) -> str:
    found = []
    for workdir in sorted([workdir_of(name, DEFAULT_VARIANT), *Path("runs").glob(f"{name}-*")]):
        if not (workdir / "config.json").exists():
            continue
        try:
            config = json.loads((workdir / "config.json").read_text())
            done = json.loads((workdir / "result.json").read_text()) if (workdir / "result.json").exists() else None
        except json.JSONDecodeError:
            found.append(f"{workdir}: damaged")
            continue
        if done is not None:
            found.append(f"{config['variant']}: done {done['date']}")
        else:
            steps = [int(step.name) for step in (workdir / "checkpoints").glob("*") if step.name.isdigit()]
            found.append(f"{config['variant']}: step {max(steps, default=0)} of {config['run']['steps']}")
    return ", ".join(found) or "not yet"


def main(argv: list[str]) -> None:
    if not argv or {"-h", "--help"} & set(argv):
        print(__doc__.strip())
    elif argv == ["--list"]:
        Console(width=None if sys.stdout.isatty() else 120).print(catalogue())
    else:
        try:
            command = command_for(argv)
        except UserError as error:
            print(f"deepx: {error}", file=sys.stderr)
            sys.exit(2)
        os.environ["DEEPX_COMMAND"] = shlex.join(["./scripts/reproduce", *argv])
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
