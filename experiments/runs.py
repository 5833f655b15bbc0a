"""The runs of a folder, read from their files alone: what each is, how it stands, and what is wrong with it.

Nothing is taken for granted, as folders come from other machines and versions, and runs die while they write.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepx.engine import log
from deepx.engine.workdir import saved_steps

SIGNS = {"config.json", "result.json", "metrics.jsonl"}  # files by any of which a directory is a run's
DEEPEST = 30  # tables within tables, in files of ours
LONGEST = 200  # letters of a metric's name
CONFIG = {"benchmark": str, "variant": str, "run": dict}
RECORD = {
    **{name: str for name in ("benchmark", "variant", "date")},
    **{name: list for name in ("seeds", "differs_from_paper")},
    **{name: dict for name in ("metrics", "paper")},
    "wall_seconds": (int, float),
}
ENTRY = {"mean": (int, float), "values": list, "unit": str}
PAPER = {"value": (int, float), "tolerance": (int, float), "better": str, "source": str, "confidence": str}

Row = tuple[int, str, Mapping[str, np.ndarray]]  # step, split, values [seeds] by metric


class Seen(NamedTuple):
    """A directory: of a run, with its config, and its record where it is finished; or of none, with the reason."""

    path: Path
    config: dict[str, Any]
    record: dict[str, Any] | None = None
    step: int = 0
    wrong: str = ""

    @property
    def state(self) -> str:
        if self.wrong:
            return "damaged"
        return "done" if self.record else f"step {self.step} of {self.config['run']['steps']}"


def found(folder: Path) -> Iterator[Seen]:
    """Every run in the folder, at any depth, and every directory that holds files but no run, in order of their names.

    A link is followed where it leads to a run.
    """
    unreadable: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=unreadable.append):
        path = Path(here)
        linked = [name for name in folders if (path / name).is_symlink()]
        if SIGNS & set(files):
            yield seen(path)
            folders.clear()
        elif "sweep.json" in files:
            folders[:] = [name for name in folders if name == "trials"]
        elif files and not folders and path != folder:
            yield Seen(path, {}, wrong="no run: there is no config.json")
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=_counted)
        yield from (seen(path / name) for name in sorted(linked) if (path / name / "config.json").is_file())
    yield from (Seen(Path(error.filename), {}, wrong=f"cannot be read: {error.strerror}") for error in unreadable)


def _counted(name: str) -> list[str | int]:
    """A key to sort by: seed=9 before seed=10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def seen(path: Path) -> Seen:
    """The run of a work directory."""
    config: dict[str, Any] = {}
    try:
        config = _json(path / "config.json", CONFIG)
        _check(config["run"], {"steps": int}, "config.json, run")
        record = _record(path / "result.json") if (path / "result.json").exists() else None
        return Seen(path, config, record, max(saved_steps(path), default=0))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return Seen(path, config, wrong=str(reason) or type(error).__name__)


def rows(path: Path) -> list[Row]:
    """The rows of a run, with the mean over names of METRIC/NAME as METRIC.

    Raises ValueError where they are damaged.
    """
    read: list[Row] = []
    try:
        for row in log.read(path):
            _check(row, {"step": int, "split": str, "values": dict}, "a row")
            values = {name: np.atleast_1d(np.asarray(value, float)) for name, value in row["values"].items()}
            if any(value.ndim != 1 or not value.size for value in values.values()):
                raise ValueError("a row holds what is no number")
            read.append((row["step"], row["split"], log.over_names(values)))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"metrics.jsonl cannot be read ({error})") from None
    return read


def _record(path: Path) -> dict[str, Any]:
    record = _json(path, RECORD)
    for name, entry in record["metrics"].items():
        if not 0 < len(name) <= LONGEST:
            raise ValueError(f"result.json: a metric has a name of {len(name)} letters")
        _check(entry, ENTRY, f"result.json, {name}")
        ends = [entry.get("low"), entry.get("high")]
        if ends != [None, None] and not all(fits(end, (int, float)) for end in ends):
            raise ValueError(f"result.json: the interval of {name} is none")
        entry |= {"low": ends[0], "high": ends[1]}
    for name, entry in record["paper"].items():
        _check(entry, PAPER, f"result.json, paper's {name}")
    return record


def _json(path: Path, keys: Mapping[str, Any]) -> dict[str, Any]:
    if not path.exists():
        raise ValueError(f"there is no {path.name}")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged ({error})") from None
    level = [content]
    for _ in range(DEEPEST):
        level = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
    if level:
        raise ValueError(f"{path.name} has tables within tables without end")
    _check(content, keys, path.name)
    return content


def _parts(content: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return content.values() if isinstance(content, dict) else content


def _check(content: Any, keys: Mapping[str, Any], what: str) -> None:
    """Raises ValueError unless the content has these keys, with values of these types."""
    if not isinstance(content, dict):
        raise ValueError(f"{what} is no table of names and values")
    if missing := [key for key, kind in keys.items() if not fits(content.get(key), kind)]:
        raise ValueError(f"{what} has no {', '.join(missing)} that deepx could read")


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of the type; a number is one that a float can hold."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return False
    return not isinstance(value, int) or abs(value) < 2**63
