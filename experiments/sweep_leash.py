"""Starts a trial's process on a leash: it is asked to save and end when the process that started it dies.

    python sweep_leash.py PARENT LOCK CORES COMMAND...

PARENT is the process to follow, CORES those it may use ('0,1'; '' for any). LOCK is the work directory's: what a
former process of the trial still saves is waited for. Standard library only, as it is started before every trial.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PATIENCE = 120  # seconds to wait for another process of the same trial


def follow(parent: int) -> None:
    """Lets the kernel send SIGTERM to this process, whatever it becomes, when its parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it has died already
        sys.exit(-signal.SIGTERM % 256)


def wait_for(lock: str) -> None:
    """Until nobody holds the lock; after `PATIENCE` the trial says itself that another process is at work."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(FileNotFoundError), open(lock, "r+") as file:
        while time.monotonic() < deadline:
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.1)


if __name__ == "__main__":
    parent, lock, cores, *command = sys.argv[1:]
    follow(int(parent))
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, map(int, cores.split(",")))
    wait_for(lock)
    os.execv(command[0], command)
