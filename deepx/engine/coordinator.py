"""JAX's coordination service in a process of its own, which outlives the process that started it by a few seconds.

A client of the service that loses it ends its process at once, with a stack of C++ for a message. Were the service in
process 0, as `jax.distributed.initialize` has it, the death of process 0 would end the others so, before they can say
what happened. This file imports nothing of ours and is run by its path: `hosts.join` starts it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

GRACE = 5.0  # seconds for the others to learn that process 0 is gone, and to say so
NEVER = 7 * 24 * 3600  # seconds; who is gone, `channel` finds out sooner and says better


def start(port: int, processes: int) -> subprocess.Popen:
    """Starts the service of so many processes; when this returns, it answers. Raises OSError where it cannot be."""
    command = [sys.executable, "-P", __file__, str(port), str(processes)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, start_new_session=True, **pipes)  # so that Ctrl-C does not reach it
    if not child.stdout or child.stdout.readline() != b"ready\n":
        raise OSError(f"JAX's coordination service does not start on port {port}")
    return child


def stop(child: subprocess.Popen) -> None:
    """Ends the service; nobody needs it any more."""
    child.communicate(b"done\n")


def serve(port: int, processes: int) -> None:
    """Serves until told that it is not needed, or until the process that started it has been gone for `GRACE`."""
    from jaxlib import _jax

    service = _jax.get_distributed_runtime_service(
        f"[::]:{port}", processes, heartbeat_timeout=NEVER, cluster_register_timeout=600, shutdown_timeout=60
    )
    print("ready", flush=True)
    if sys.stdin.readline() != "done\n":
        time.sleep(GRACE)
    del service
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
