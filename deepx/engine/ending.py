"""How a command ends that does not end well: in one paragraph, and with all processes of its run."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Iterator

import jax

from deepx.engine import hosts
from deepx.engine.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
TO_HEAR = 5.0  # seconds in which one hears of a process that is gone


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """A context in which mistakes, a full disk and Ctrl-C end in one paragraph, here and in the other processes."""
    try:
        yield
    except KeyboardInterrupt:
        text = "Stopped. What was saved stays; the same command goes on from there."
        hosts.end(130, text)
        print(f"\n{hosts.signature()}: {text}", file=sys.stderr, flush=True)
        os._exit(130)
    except Exception as error:
        if isinstance(error, UserError):
            text = str(error)
        elif _disk_full(error):
            text = (
                f"No space left while writing ({str(error).splitlines()[0][:200]}). Free some, then give the same "
                "command: the last complete checkpoint stays and the run resumes from it."
            )
        else:
            if hosts.several():
                _end_with_others(error)
            raise
        hosts.end(2, text)
        if os.environ.get("DEEPX_TRACEBACK"):
            traceback.print_exception(error)
        print(f"{hosts.signature()}: {text}", file=sys.stderr, flush=True)
        os._exit(2)  # background writers may be stuck on the same full disk: nothing of theirs is waited for


def _end_with_others(error: Exception) -> None:
    """A mistake of ours, or what becomes of a collective when another process is gone, of which the link then knows."""
    if isinstance(error, jax.errors.JaxRuntimeError):
        time.sleep(TO_HEAR)
    hosts.end(1, f"It failed ({type(error).__name__}: {(str(error).splitlines() or [''])[0][:300]}); see its output.")
    traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(1)


def terminated(_number: int, _frame: object) -> None:
    """The handler of SIGTERM where nothing is under way that could be saved."""
    raise KeyboardInterrupt


def unraisable(echo: sys.UnraisableHookArgs) -> None:
    """`sys.unraisablehook`, without the echo of a read or write that was reported."""
    if "Event loop is closed" not in str(echo.exc_value):
        sys.__unraisablehook__(echo)


def _disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(words in str(error) for words in ("No space left on device", "Disk quota exceeded", "File too large")):
            return True
        error = error.__cause__ or error.__context__
    return False
