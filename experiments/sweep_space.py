"""What a sweep tries: the product of grids, a list from a file, and random draws, as values of flags by dotted name.

Values are text, as one would give them to --config.NAME=; the config of the trial says of what type they are.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepx.engine.errors import UserError

Overrides = dict[str, str]
DIGITS = 4  # of a random number: enough for a search, and the whole of it fits into a folder's name


def space(
    grids: Sequence[str] = (),
    listed: Path | None = None,
    randoms: Sequence[str] = (),
    draws: int = 0,
    seed: int = 0,
) -> list[Overrides]:
    """Every trial's overrides. What comes later varies faster: list, random draws, grids in their order.

    Raises UserError for what cannot be read, and for a name that is given twice.
    """
    if bool(randoms) != bool(draws):
        raise UserError("Random search needs both --random NAME=LOW..HIGH and --trials=N, how many draws.")
    factors: list[tuple[list[str], list[Overrides]]] = []  # names, and what they are together
    if listed is not None:
        found = rows(listed)
        factors.append((list(dict.fromkeys(name for row in found for name in row)), found))
    if randoms:
        ranges = [axis(text) for text in randoms]
        every = [{name: drawn(name, text, seed, i) for name, text in ranges} for i in range(draws)]
        factors.append(([name for name, _ in ranges], every))
    factors += [([name], [{name: value} for value in values(name, text)]) for name, text in map(axis, grids)]
    if not factors:
        raise UserError("Say what to vary: --grid NAME=V,V,..., --list=FILE, or --random NAME=LOW..HIGH --trials=N.")
    given = [name for names, _ in factors for name in names]
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise UserError(f"{', '.join(twice)} is given more than once; a name can be varied in one way only.")
    return [
        {name: v for part in parts for name, v in part.items()}
        for parts in itertools.product(*(those for _, those in factors))
    ]


def axis(text: str) -> tuple[str, str]:
    """NAME and TEXT of `NAME=TEXT`."""
    name, _, value = text.partition("=")
    name = name.removeprefix("--").removeprefix("config.")
    if not name or not value:
        raise UserError(f"{text!r} says not what to vary; write NAME=V,V,... as in run.seed=0..4.")
    return name, value


def values(name: str, text: str) -> list[str]:
    """The values of a grid: parts between commas, of which `2..5` stands for 2,3,4,5."""
    every: list[str] = []
    for part in split(text):
        low, dots, high = part.partition("..")
        if not dots or not re.fullmatch(r"[-+\d.e]*", part):
            every.append(part)
        elif not (integer(low) and integer(high)):
            raise UserError(f"{name}: {part!r} counts from one integer to another; --random draws between numbers.")
        elif int(low) > int(high):
            raise UserError(f"{name}: {part!r} is empty, as {low} is more than {high}.")
        else:
            every += map(str, range(int(low), int(high) + 1))
    if "" in every:
        raise UserError(f"{name}={text} has an empty value: a comma too many?")
    return every


def split(text: str) -> list[str]:
    """Parts between commas that stand in no bracket: `(1,2),(3,)` is two tuples."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def drawn(name: str, text: str, seed: int, index: int) -> str:
    """Draw `index` of `[log:]LOW..HIGH`, uniform in the value or in its logarithm, or of choices `a,b,c`.

    It depends on nothing else: neither on how many draws there are nor on what else is varied. Between two integers,
    integers are drawn, both ends among them.
    """
    generator = np.random.default_rng([seed, index, zlib.crc32(name.encode())])
    logarithmic, span = text.startswith("log:"), text.removeprefix("log:")
    low, dots, high = span.partition("..")
    if not dots:
        choices = values(name, text)
        if logarithmic or len(choices) < 2:
            raise UserError(f"{name}={text}: write LOW..HIGH, log:LOW..HIGH, or several choices with commas between.")
        return choices[generator.integers(len(choices))]
    try:
        first, last = float(low), float(high)
    except ValueError:
        raise UserError(f"{name}={text}: {low!r} and {high!r} must be numbers.") from None
    if not (first < last and math.isfinite(last - first)):
        raise UserError(f"{name}={text}: {low} must be less than {high}.")
    if logarithmic and first <= 0:
        raise UserError(f"{name}={text}: a logarithm needs numbers above 0.")
    whole = integer(low) and integer(high)
    if whole and not logarithmic:
        return str(generator.integers(int(low), int(high), endpoint=True))
    share = generator.random()
    value = first * (last / first) ** share if logarithmic else first + (last - first) * share
    return str(round(value)) if whole else f"{value:.{DIGITS}g}"


def integer(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+", text) is not None


def rows(path: Path) -> list[Overrides]:
    """The trials of a file: JSON, an object a line, or CSV with names in its first line; empty cells are left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The list {path} cannot be read: {error}.") from None
    if path.suffix == ".csv":
        found = list(_csv(path, text))
    elif path.suffix == ".jsonl":
        found = list(_json(path, text))
    else:
        raise UserError(f"The list {path} should end in .csv or .jsonl, which says how it is written.")
    if not any(found):
        raise UserError(f"The list {path} names no trial.")
    return found


def _csv(path: Path, text: str) -> Iterator[Overrides]:
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        if None in row or None in row.values():
            raise UserError(f"{path}, line {reader.line_num}: it has not as many cells as the first line.")
        yield {axis(f"{name}=_")[0]: value.strip() for name, value in row.items() if value.strip()}


def _json(path: Path, text: str) -> Iterator[Overrides]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number} is no JSON: {error}.") from None
        if not isinstance(row, dict) or any(isinstance(value, dict | None) for value in row.values()):
            raise UserError(f'{path}, line {number}: write {{"a.b": value, ...}}, dotted names with plain values.')
        yield {name: flag_text(value) for name, value in row.items()}


def flag_text(value: Any) -> str:
    """A value of JSON as one would give it to a flag."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(tuple(value)) if isinstance(value, list) else str(value)
