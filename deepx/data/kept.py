"""What takes long to generate, kept from one run to the next in `$XDG_CACHE_HOME/deepx/generated`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepx.files import cache

Arrays = Mapping[str, np.ndarray]


def kept(make: Callable[[], Arrays], settings: Mapping[str, Any], made_by: Iterable[Path]) -> Arrays:
    """The arrays of `make()`: made now, or found where the same settings and the same code made them before.

    settings: all that they depend on, as JSON can have it. made_by: files of the code, and folders of such. Where
    nothing can be kept, or what was kept is damaged, they are made.
    """
    path = cache("generated") / f"{key(settings, made_by)}.npz"
    try:
        with np.load(path, allow_pickle=False) as found:
            return dict(found)
    except (OSError, ValueError, zipfile.BadZipFile):
        made = make()
    partial = path.with_name(f"{path.stem}.{os.getpid()}.partial")  # several runs may begin at once
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **made)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
    return made


def key(settings: Mapping[str, Any], made_by: Iterable[Path]) -> str:
    """Differs where settings or code differ."""
    told = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for place in made_by:
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            told.update(b"\0" + file.name.encode() + b"\0" + file.read_bytes())
    return told.hexdigest()[:32]
