"""Files that are written whole or not at all, and where what can be made again is kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def cache(name: str) -> Path:
    """A folder for what can be made again, `$XDG_CACHE_HOME/deepx/NAME`; it need not be there."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "deepx" / name


@contextlib.contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write in a `with` block. It has a temporary name until the block ends: a reader never sees half of it,
    and where the block raises, what was there before stays.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Writes a text."""
    with whole(path) as file:
        file.write(text.encode())
