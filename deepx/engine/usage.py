"""What `--help` says of an experiment: what it is, three examples, the flags; on one screen. `--helpfull` has all."""

from __future__ import annotations

import textwrap
from pathlib import Path

from absl import flags

WIDTH, MARGIN = 100, 20  # of a screen, which has 40 lines

REPEATED = ";\n    repeat this option to specify a list of values"  # what absl adds to help that says so itself


def fitted(text: str) -> str:
    """Help whose paragraphs are filled to the screen's width; what is indented, such as examples, stays as it is."""
    paragraphs = text.strip("\n").split("\n\n")
    filled = [
        one if "\n " in f"\n{one}" else textwrap.fill(one, WIDTH, break_long_words=False, break_on_hyphens=False)
        for one in paragraphs
    ]
    return "\n\n".join(filled)


def usage(module: str, about: str, configs: Path) -> str:
    """Of `experiments.FAMILY`, which `about` describes. configs: the folder with those of the family."""
    first = next(iter(sorted(path for path in configs.glob("*.py") if path.name != "__init__.py")), configs / "NAME.py")
    config, run = f"configs/{configs.name}/{first.name}", f"runs/{configs.name}/{first.stem}"
    examples = (
        f"python -m {module} --config={config}:cpu",
        f"python -m {module} --config={config}:smoke --dump_hlo",
        f"python -m {module} --workdir={run} --mode=eval",
    )
    lines = [
        fitted(about.strip().partition("\n\n")[0]),
        "",
        "examples:",
        *(f"  {example}" for example in examples),
        "",
        "flags:",
    ]
    for flag in _ours():
        told = textwrap.wrap(" ".join(flag.help.replace(REPEATED, "").split()), WIDTH - MARGIN)
        name = f"  --{flag.name}" + ("" if flag.boolean else "=...")
        lines += [f"{name:{MARGIN - 1}} {told[0]}", *(" " * MARGIN + line for line in told[1:])]
    return "\n".join([*lines, "", "--helpfull has the flags of the packages beneath, too."])


def _ours() -> list[flags.Flag]:
    """The flags of the engine, then the family's."""
    of_module = flags.FLAGS.flags_by_module_dict()
    engine = of_module.get("deepx.engine.entry", [])
    return [
        *engine,
        *(flag for name in sorted(of_module) if name.startswith("experiments.") for flag in of_module[name]),
    ]
