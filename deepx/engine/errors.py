"""Mistakes that a user can mend: the entry points print the message, without a traceback, and exit with status 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """What was wrong, where, and what to do, in one paragraph."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """' Did you mean ...?' for the valid name nearest to `name`; empty when none is near."""
    near = difflib.get_close_matches(name, list(valid), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
