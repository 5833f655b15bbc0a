"""Several processes that train one run, usually one a host. With one process, nothing of this is used.

All take the same steps, each on its own devices and with its own part of the data; arrays over all devices and the
collectives are JAX's. Process 0 writes rows, pictures and the record, all write checkpoints. What the processes agree
on beside numbers goes through `channel`, so that a process that is gone or stuck is named by all the others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from deepx.engine.errors import UserError
from deepx.engine.interrupt import Interrupt
from deepx.engine.link import Link, signed

_link: Link | None = None


def connected(link: Link) -> None:
    """From now on, this process is one of several."""
    global _link
    _link = link


def several() -> bool:
    """Whether there are other processes."""
    return _link is not None


def primary() -> bool:
    """Whether this process writes and speaks for all."""
    return _link is None or _link.process == 0


def signature() -> str:
    """How messages of this process begin."""
    return signed(0 if _link is None else _link.process)


def exchange(value: Any, seconds: float | None = None) -> list[Any]:
    """What every process gives here (anything JSON can hold), in their order. All must come here, in the same order.

    Raises TimeoutError after so many seconds.
    """
    return [value] if _link is None else _link.exchange(value, seconds)


def of_first(value: Any) -> Any:
    """What process 0 gives here; all must come here."""
    return exchange(value)[0]


def alike(what: str, value: Any) -> None:
    """Raises UserError, in all processes, unless `value` is the same in all."""
    if _link is None:
        return
    every = exchange(value)
    for i, other in enumerate(every):
        if other != every[0]:
            raise UserError(
                f"Process 0 ({_link.hosts[0]}) has {what} {every[0]}, process {i} ({_link.hosts[i]}) {other}: they "
                "must be the same."
            )


def resume_from(told: Callable[[], str]) -> None:
    """What to add where another process went away: from where the run would go on."""
    if _link is not None:
        _link.resumes = told


def interrupt(step: Callable[[], int], stuck_after: float) -> Interrupt:
    """What stops training: in one process by its signals, in several in all of them after the same dispatch.

    step:         where training stands, for what is said of a process that is gone.
    stuck_after:  seconds without a dispatch that comes back, after which all end.
    """
    return Interrupt() if _link is None else Together(_link, step, stuck_after)


class Together(Interrupt):
    """An `Interrupt` for all processes: a signal to one of them stops them all after the same dispatch.

    Dispatches are counted by looks at `requested`. To agree, every process takes hold of its loop between two looks,
    says which dispatch it is at, and goes on to the furthest.
    """

    def __init__(self, link: Link, step: Callable[[], int], stuck_after: float):
        super().__init__()
        self._link, self._stuck_after = link, stuck_after
        self._hold, self._looks = threading.Lock(), 0
        self._last: int | None = None
        self._asked, self._training = False, False
        link.step = step

    def __enter__(self) -> Together:
        super().__enter__()
        self._came, self._training = time.monotonic(), True
        self._link.on_stop, self._link.on_agreed, self._link.look = self._held, self._agreed, self._beat
        self._link.answer()
        return self

    def __exit__(self, *error: object) -> None:
        self._training = False  # but where another asks, it is still told how far this process came
        super().__exit__(*error)

    @property
    def requested(self) -> bool:
        with self._hold:
            self._looks, self._came = self._looks + 1, time.monotonic()
            return self._last is not None and self._looks >= self._last

    def _held(self) -> int:
        self._hold.acquire()
        return self._looks + 1

    def _agreed(self, last: int) -> None:
        self._last = last
        self._hold.release()

    def _beat(self) -> None:
        if self.noted and not self._asked:
            self._asked = True
            self._link.stop()
        if self._training and time.monotonic() - self._came > self._stuck_after:
            steps = ", ".join(f"process {i}: {step}" for i, step in sorted(self._link.steps.items()))
            self._link.give_up(
                f"No dispatch of {self._link.name} has come back for {self._stuck_after / 60:g} minutes. The steps "
                f"last told: {steps}. A device or the network between hosts stands still."
            )


def end(status: int, text: str) -> None:
    """Before this process ends with a status: all others end with it, and say why."""
    if _link is not None:
        _link.end(status, text)


def leave() -> None:
    """At the end of a run: returns when all have come to it."""
    if _link is not None:
        _link.leave()
