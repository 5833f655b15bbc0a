"""SIGTERM and SIGINT as requests: the loop finishes the dispatch under way, saves and leaves."""

from __future__ import annotations

import os
import signal
import sys


class Interrupt:
    """While entered, a first SIGTERM or SIGINT is noted; a second SIGINT stops the process at once."""

    def __init__(self) -> None:
        self.noted = False

    @property
    def requested(self) -> bool:
        """Whether to stop now; looked at once after every dispatch."""
        return self.noted

    def __enter__(self) -> Interrupt:
        self._before = {s: signal.signal(s, self._note) for s in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: object) -> None:
        if self.noted and number == signal.SIGINT:
            sys.stderr.write("\nStopped without saving; the last checkpoint stays.\n")
            os._exit(130)
        self.noted = True
        sys.stderr.write(f"\n{signal.Signals(number).name}: saving after this dispatch.\n")
