"""`./scripts/reproduce`: from the name of a benchmark, or of a figure, to the command that makes it.

    ./scripts/reproduce ntm/copy             variant cpu, into runs/ntm/copy, resuming what is there
    ./scripts/reproduce ntm/copy:smoke --config.run.seed=3 --workdir=runs/third
    ./scripts/reproduce figure-9.25          into runs/figures/, with the runs that it needs

    NAME[:variant]      a benchmark or a figure; variants: cpu (the default), paper, smoke, others
    --list              the chapter: every benchmark and figure, its cost, what has been made here
    --all:smoke         every benchmark, in minutes, then a table; what is finished is left alone
    --jobs=N            of a figure's runs, or of all: how many at a time
    --index [FOLDER]    a page of all runs in a folder (runs), beside one another: FOLDER/index.html
    --completion        tab completion for bash: source <(./scripts/reproduce --completion)

What follows the name of a benchmark goes to the experiment: --config.a.b=value changes one value of the config,
--mode=eval tests a finished run again, --data_dir=DIR says where prepared data sets are (for figures and --all too).
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from deepx.engine import choice
from deepx.engine.config import about, flags_of, load, part_of_name
from deepx.engine.errors import UserError, nearest
from deepx.engine.usage import fitted
from deepx.engine.workdir import workdir_of
from experiments import runs
from experiments.chapter import FIGURES, SECTIONS, UNKNOWN_NUMBERS, Figure

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"
DEFAULT_VARIANT = "cpu"
COMPLETION = """\
# bash: source <(./scripts/reproduce --completion)
_deepx_reproduce() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    if [[ $word == : ]]; then  # bash takes a colon for a word
        COMPREPLY=(cpu paper smoke)
    elif [[ $before == : ]]; then
        COMPREPLY=($(compgen -W "cpu paper smoke" -- "$word"))
    elif [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "NAMES" -- "$word"))
    else
        COMPREPLY=($(compgen -W "--config. --mode= --workdir= --data_dir= --devices= --jobs=" -- "$word"))
    fi
    [[ ${COMPREPLY[0]} == *= || ${COMPREPLY[0]} == *. ]] && compopt -o nospace
    return 0
}
complete -F _deepx_reproduce ./scripts/reproduce scripts/reproduce reproduce
"""


def benchmarks() -> list[str]:
    """Every benchmark by name: `ntm/copy` is configs/ntm/copy.py; `__init__.py` holds what a family shares."""
    files = (path for path in CONFIGS.glob("*/*.py") if path.name != "__init__.py")
    return sorted(str(path.relative_to(CONFIGS).with_suffix("")) for path in files)


def named_variant(text: str) -> tuple[str, str]:
    """A benchmark's name and variant, of NAME[:variant]. Raises UserError where there is no such benchmark."""
    name, _, variant = text.partition(":")
    if name not in benchmarks():
        hint = nearest(name, [*benchmarks(), *FIGURES])
        if name.startswith("figure"):
            hint = f"{hint} {UNKNOWN_NUMBERS} They are: {', '.join(FIGURES)}."
        what = "benchmark" if "/" in name else "benchmark or figure"
        raise UserError(f"There is no {what} {name!r}.{hint} --list shows them all.")
    return name, variant or DEFAULT_VARIANT


def command_for(argv: list[str]) -> list[str]:
    """The experiment's command line for the arguments of this one.

    A run that is only looked at (--mode) has its own config, with the flags it was made with, unless some are given.

    Raises UserError for a missing or unknown name, and where there is no run to be looked at.
    """
    if argv[0].startswith("-"):
        raise UserError(f"Name the benchmark first, one of: {', '.join(benchmarks())}. --list tells more.")
    (name, variant), flags = named_variant(argv[0]), argv[1:]
    config, given = f"--config={CONFIGS / name}.py:{variant}", dict(flags_of(flags))
    if given.get("mode") in choice.MODES[1:] and not any(flag.startswith("config.") for flag in given):
        here = looked_at(argv)
        config = f"--workdir={here}" if here else config
    return [sys.executable, "-P", "-m", f"experiments.{name.split('/')[0]}", config, *flags]


def looked_at(argv: list[str]) -> Path | None:
    """Where the run lives that is meant: where --workdir says, or in the ordinary place, or, where no variant is named,
    the only one of its benchmark; None where the run that lives there is another.

    Raises UserError, with what to type, where there is none.
    """
    (name, variant), flags = named_variant(argv[0]), argv[1:]
    given, named = dict(flags_of(flags)).get("workdir"), ":" in argv[0]
    here = Path(given or workdir_of(name, variant))
    if (here / "config.json").exists():
        return here if _is_of(here, name, variant if named else None) else None
    others = [] if given else [run for run in runs.found(Path("runs")) if run.config.get("benchmark") == name]
    if len(others) == 1 and not named:
        print(f"The only run of {name} here is {others[0].path}.", file=sys.stderr)
        return others[0].path
    first = f"{here} holds no run yet."
    if others:
        told = "".join(f"\n  {shlex.join(looking(run, flags))}" for run in others)
        raise UserError(f"{first} Other runs of {name} are:{told}")
    training = [argv[0], *([f"--workdir={given}"] if given else [])]
    raise UserError(f"{first} Train one: {shlex.join(['./scripts/reproduce', *training])}")


def _is_of(workdir: Path, name: str, variant: str | None) -> bool:
    """Whether a run of this benchmark lives there; of this variant, if one is named."""
    try:
        theirs = json.loads((workdir / "config.json").read_text())
    except (OSError, json.JSONDecodeError):
        return False
    return theirs.get("benchmark") == name and variant in (None, theirs.get("variant"))


def looking(run: runs.Seen, flags: list[str]) -> list[str]:
    """The command that looks at a run."""
    name, variant = run.config["benchmark"], run.config["variant"]
    ordinary = run.path == workdir_of(name, variant)
    return ["./scripts/reproduce", f"{name}:{variant}", *flags, *([] if ordinary else [f"--workdir={run.path}"])]


def catalogue() -> Group:
    """The chapter, section by section: a line a benchmark (what it is, what it costs, what of it has been run), then a
    line a figure (what it shows, of how many runs it is made, whether it has been)."""
    first = max(map(len, [*benchmarks(), *FIGURES]))  # to be copied from here
    shown: list[RenderableType] = []
    for section in SECTIONS:
        table = Table(box=None, pad_edge=False, title=section.title, title_justify="left", title_style="bold")
        table.add_column("benchmark", no_wrap=True, min_width=first)
        for column, share in (("what", 3), (f"cost ({DEFAULT_VARIANT})", 2), ("run here", 2)):
            table.add_column(column, ratio=share, overflow="fold")
        for name in benchmarks():
            if name.split("/")[0] in section.families:
                file = CONFIGS / f"{name}.py"
                cost = load(file, DEFAULT_VARIANT).cost
                table.add_row(name, escape(about(file)), escape(cost), escape(_run_here(name)))
        table.add_row(*(f"[bold]{head}[/]" for head in ("figure", "what it shows", "runs", "made here")))
        for name, figure in section.figures.items():
            table.add_row(name, escape(figure.title), escape(_needed(figure)), escape(_made_here(name)))
        shown += [table, ""]
    return Group(*shown)


def _needed(figure: Figure) -> str:
    """The benchmarks behind a figure: how many runs of each, or what its only run changes."""
    flags_by_name: dict[str, list[list[str]]] = {}
    for text in figure.runs.values():
        name, *flags = shlex.split(text)
        flags_by_name.setdefault(name, []).append(flags)
    told = []
    for name, every in flags_by_name.items():
        changed = [part_of_name(flag, value) for flag, value in flags_of(every[0]) if "{" not in value]
        note = f"{len(every)} runs" if len(every) > 1 else ", ".join(changed)
        told.append(f"{name} ({note})" if note else name)
    return ", ".join(told)


def _made_here(name: str) -> str:
    made = sorted(path.stem for path in Path("runs/figures").glob(f"{name}*.png"))
    its = [stem for stem in made if max((other for other in FIGURES if stem.startswith(other)), key=len) == name]
    return ", ".join(its) or "not yet"


def _run_here(name: str) -> str:
    told = []
    for workdir in sorted([workdir_of(name, DEFAULT_VARIANT), *Path("runs").glob(f"{name}-*")]):
        if not (workdir / "config.json").exists():
            continue
        run = runs.seen(workdir)
        if run.wrong:
            told.append(f"{workdir}: damaged")
            continue
        ordinary = workdir == workdir_of(name, run.config["variant"])
        its = run.config["variant"] if ordinary else workdir.name.removeprefix(f"{Path(name).name}-")
        told.append(f"{its}: {run.state}" + (f" {run.record['date']}" if run.record else ""))
    return ", ".join(told) or "not yet"


def width() -> int | None:
    """Of what is printed: the terminal's, or room for a table where there is none."""
    return None if sys.stdout.isatty() else 120


def completion() -> str:
    """A script for bash that completes names, variants and flags."""
    names = " ".join([*benchmarks(), *FIGURES, "--list", "--all", "--index", "--jobs=", "--completion", "--help"])
    return COMPLETION.replace("NAMES", names)


def answer(argv: list[str]) -> int | list[str]:
    """Does what is asked, and says with which status to end; or the experiment's command line. Raises UserError."""
    jobs, rest = _jobs(argv)
    name, _, variant = rest[0].partition(":") if rest else ("", "", "")
    if name in FIGURES:
        from experiments import figures  # takes a second to import

        return figures.make(name, variant, rest[1:], jobs or 1)
    if name == "--all":
        from experiments import several

        return several.all_of(variant or DEFAULT_VARIANT, rest[1:], jobs)
    if name == "--index":
        from experiments import index

        if len(rest) > 2 or jobs is not None:
            raise UserError("--index takes one folder and nothing else: ./scripts/reproduce --index runs/ntm")
        print(index.write_index(Path(rest[1] if len(rest) > 1 else "runs")))
        return 0
    if jobs is not None:
        raise UserError("--jobs is for figures and --all, which have several runs.")
    return command_for(rest)


def _jobs(argv: list[str]) -> tuple[int | None, list[str]]:
    """What --jobs says, and the other arguments."""
    given = [argument for argument in argv if argument.startswith("--jobs")]
    if not given:
        return None, argv
    number = given[-1].removeprefix("--jobs").removeprefix("=")
    if not number.isdigit() or int(number) < 1:
        raise UserError(f"{given[-1]}: how many runs at a time? --jobs=2, say.")
    return int(number), [argument for argument in argv if argument not in given]


def main(argv: list[str]) -> None:
    if not argv or {"-h", "--help"} & set(argv):
        print(fitted(__doc__))
    elif argv == ["--list"]:
        Console(width=width()).print(catalogue())
    elif argv == ["--completion"]:
        print(completion(), end="")
    else:
        try:
            command = answer(argv)
        except UserError as error:
            print(f"deepx: {error}", file=sys.stderr)
            sys.exit(2)
        if isinstance(command, int):
            sys.exit(command)
        os.environ["DEEPX_COMMAND"] = shlex.join(["./scripts/reproduce", *argv])
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
