"""Parallel text: two files, plain or gzipped, of which line n of one is the translation of line n of the other."""

from __future__ import annotations

import gzip
import html
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation.pairs import Pair

PARTS = {"train": "train", "valid": "val", "test": "test_2016_flickr"}  # of Multi30k, as its files are named


def read(source: Path, target: Path, *, escaped: bool = False) -> Iterator[Pair]:
    """The pairs in order, one at a time; empty lines are pairs like others (`pairs.counted` leaves them out).

    escaped: the text is Moses's, with &apos; for an apostrophe.

    Raises DataNotPrepared, and DataCorrupt for what is not UTF-8 (with file and line), for a damaged archive, and at
    the end where one file has more lines.
    """
    count = 0
    for count, (left, right) in enumerate(zip_longest(lines(source), lines(target)), start=1):
        if left is None or right is None:
            longer, shorter = (target, source) if left is None else (source, target)
            raise DataCorrupt(
                f"{shorter} has {count - 1:,} lines and {longer} has more: line n of one must be the translation of "
                "line n of the other."
            )
        yield Pair(html.unescape(left), html.unescape(right)) if escaped else Pair(left, right)
    if not count:
        raise DataCorrupt(f"{source} and {target} are empty.")


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, gzipped where its name ends in .gz, without their ends. Raises as `read` does.

    Only a line feed ends a line (or one behind a carriage return), so that counts agree with those of other tools.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for at, raw in enumerate(file, start=1):
                raw = raw.removeprefix(b"\xef\xbb\xbf") if at == 1 else raw
                try:
                    yield raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
                except UnicodeDecodeError as error:
                    raise DataCorrupt(
                        f"{path}, line {at}: byte {error.start + 1} is not UTF-8: {raw[:80]!r}. Convert the file, as "
                        "with iconv."
                    ) from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataNotPrepared(f"There is no file {path}.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataCorrupt(f"{path} is no whole gzip file ({error}). Copy or download it again.") from error


def multi30k(folder: Path, source: str, target: str, split: str) -> Iterator[Pair]:
    """A split (train, valid, test: test_2016_flickr) of Multi30k (Elliott et al. 2016), languages en, de, fr, cs.

    folder: it holds train.en.gz, val.en.gz, test_2016_flickr.en.gz and so on, or these unpacked. Raises as `read` does.
    """
    if split not in PARTS:
        raise ValueError(f"Multi30k has the splits {', '.join(PARTS)}, not {split!r}")
    return read(*(_there(folder, f"{PARTS[split]}.{language}") for language in (source, target)))


def _there(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataNotPrepared(
        f"There is no {name} or {name}.gz in {folder}. Multi30k's files are in data/task1/raw of "
        "https://github.com/multi30k/dataset; put them there, or name another folder."
    )
