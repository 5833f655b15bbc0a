"""Configurations: one table of literals a benchmark, its variants as differences from the paper's, overrides by flags.

A config file defines `PAPER`, a nested dict that reads like the paper's table, and its variants as dicts from dotted
names to values; `get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE)` makes it loadable by
`--config=FILE[:variant]`.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from deepx.engine.errors import UserError, nearest

# What a config says about itself rather than about the computation.
DESCRIPTIVE = ("benchmark", "variant", "cost", "reported")
# How a run is carried out, which is no setting of the paper's.
MECHANICS = tuple(
    f"run.{name}"
    for name in (
        *("seed", "replicas", "steps_per_call", "log_every", "eval_every", "checkpoint_every", "keep"),
        *("mesh.data", "mesh.model", "shard_state"),
    )
)


def variants(paper: Mapping[str, Any], **others: Mapping[str, Any]) -> Callable[[str], ConfigDict]:
    """The `get_config` of a config file; the default variant is `paper`.

    Raises UserError for a variant that does not exist, and for a difference that names no key of the paper's table.
    """

    def get_config(variant: str = "paper") -> ConfigDict:
        if variant != "paper" and variant not in others:
            names = ["paper", *others]
            raise UserError(
                f"{paper['benchmark']} has no variant {variant!r}; it has {', '.join(names)}.{nearest(variant, names)}"
            )
        config = ConfigDict({**copy.deepcopy(dict(paper)), "variant": variant})  # placeholders are changed in place
        for name, value in others.get(variant, {}).items():
            check_name(name, config)
            config.update_from_flattened_dict({name: copy.deepcopy(value)})
        return config.lock()

    return get_config


def load(path: Path, variant: str) -> ConfigDict:
    """One variant of a config file. Raises UserError when there is no such file or variant."""
    if not path.is_file():
        raise UserError(f"There is no config file {path}. ./scripts/reproduce --list shows those of this project.")
    spec = importlib.util.spec_from_file_location("config", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.get_config(variant)


def about(path: Path) -> str:
    """What a config file says it is about: the first line of its docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return docstring.partition("\n")[0].rstrip(".")


def check_name(name: str, config: ConfigDict) -> None:
    """Raises UserError, with the nearest valid name, unless `name` is a dotted name of `config`."""
    valid = flatten(config)
    sections = {key.rsplit(".", depth)[0] for key in valid for depth in range(1, key.count(".") + 1)}
    if name not in valid and name not in sections:
        last = {key.rsplit(".", 1)[-1]: key for key in valid}
        hint = nearest(name, [*valid, *sections]) or nearest(name.rsplit(".", 1)[-1], last)
        section = name.rsplit(".", 1)[0]
        siblings = [key for key in valid if key.startswith(section + ".")] or sorted({k.split(".")[0] for k in valid})
        raise UserError(f"The config has no key {name!r}.{hint} Valid here: {', '.join(siblings)}.")


def flags_of(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values of `--name=value` and `--name value`."""
    for argument, following in zip(argv, [*argv, ""][1:], strict=True):
        if argument.startswith("-"):
            name, joined, value = argument.lstrip("-").partition("=")
            yield name, value if joined else following


def check_overrides(argv: Sequence[str], config: ConfigDict) -> None:
    """Checks the names of every `--config.a.b=...` in `argv` (see `check_name`)."""
    for flag, _ in flags_of(argv):
        if flag.startswith(("config.", "noconfig.")):
            check_name(flag.split(".", 1)[1], config)


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves by dotted name, in the order of the file; `reported` counts as one leaf."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping | ConfigDict) and prefix + key != "reported":
            leaves.update(flatten(value, f"{prefix}{key}."))
        else:
            leaves[prefix + key] = _lists(value)
    return leaves


def _lists(value: Any) -> Any:
    """Tuples as the lists that JSON makes of them."""
    return [_lists(part) for part in value] if isinstance(value, tuple | list) else value


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Dotted name -> (our value, their value) where two configs differ; a missing key counts as None."""
    a, b = flatten(ours), flatten(theirs)
    names = [name for name in {**a, **b} if name.split(".")[0] not in DESCRIPTIVE]
    return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}


def part_of_name(key: str, value: Any) -> str:
    """A changed value in the name of a file: the key's last part, and of a path its last name."""
    return f"{key.rpartition('.')[2]}={str(value).rpartition('/')[2]}"


def departures(ours: Mapping[str, Any], paper: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Where a config departs from the paper's in what it computes, in words (`told`)."""
    return {name: pair for name, pair in told(ours, paper).items() if name not in MECHANICS}


def told(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], shown: Callable[[Any], str] = str
) -> dict[str, tuple[str, str]]:
    """Dotted name -> (our value, their value), for a reader, where two configs differ.

    Of sections that only one of them has, such as the conditions of a test, nothing but their names is told.
    """
    a, b = flatten(ours), flatten(theirs)
    pairs = [
        _sections(name, ours, theirs) or (name, (_in_words(a, name, shown), _in_words(b, name, shown)))
        for name in differences(ours, theirs)
    ]
    return dict(pairs)


def _sections(name: str, ours: Any, theirs: Any) -> tuple[str, tuple[str, str]] | None:
    """Where `name` is in a section that only one config has: the section around that, and what both have in it."""
    around: list[str] = []
    for key in name.split(".")[:-1]:
        if not (isinstance(ours.get(key), Mapping) and isinstance(theirs.get(key), Mapping)):
            return (".".join(around), (", ".join(ours), ", ".join(theirs))) if around else None
        ours, theirs = ours[key], theirs[key]
        around.append(key)
    return None


def _in_words(config: Mapping[str, Any], name: str, shown: Callable[[Any], str]) -> str:
    if name not in config:
        return "not there"
    return "not set" if config[name] in (None, "", []) else shown(config[name])
