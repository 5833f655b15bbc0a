"""Becoming one of the processes of a run, and ceasing to be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
from jax._src import clusters, distributed
from jax._src.lib import _jax

from deepx.engine import coordinator, hosts
from deepx.engine.channel import Hub
from deepx.engine.errors import UserError
from deepx.engine.link import Link

_service: subprocess.Popen | None = None


class Place(NamedTuple):
    """Which of how many processes this is, and where process 0 listens, HOST:PORT."""

    coordinator: str
    process: int
    processes: int


def detected() -> Place:
    """What SLURM, Open MPI or a Cloud TPU say of this process; where they start one a GPU, it takes its own only.

    Raises UserError where none of them started it.
    """
    given = clusters.ClusterEnv.auto_detect_unset_distributed_params(None, None, None, None, None, 300)
    address, processes, process, local_devices = given
    if address is None or processes is None or process is None:
        raise UserError(
            "--hosts=auto finds no SLURM, Open MPI or Cloud TPU that has started this process. Give "
            "--coordinator=HOST:PORT, --processes=N and --process=I."
        )
    if local_devices:
        for name in ("jax_cuda_visible_devices", "jax_rocm_visible_devices"):
            jax.config.update(name, ",".join(map(str, local_devices)))
    return Place(address, process, processes)


def checked(address: str | None, process: int | None, processes: int | None) -> Place:
    """The three flags as a place. Raises UserError unless all are given and make sense."""
    if address is None or process is None or processes is None:
        raise UserError("--coordinator=HOST:PORT, --processes=N and --process=I belong together: give all three.")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise UserError(f"--coordinator={address} must be HOST:PORT, the host of process 0 and a free port there.")
    if not 0 <= process < processes:
        raise UserError(f"--process={process}: with --processes={processes} they count from 0 to {processes - 1}.")
    return Place(address, process, processes)


def join(place: Place, facts: Mapping[str, Any], within: float) -> None:
    """Joins the other processes; must come before anything touches JAX's devices.

    facts:   what must be the same for all, by name.
    within:  seconds until all must have come.
    Raises UserError, in all that have come, where they are not as many or not alike, and where process 0 cannot be
    reached.
    """
    global _service
    address, process, processes = place
    hub = Hub(int(address.rpartition(":")[2]), processes, within) if process == 0 else None
    try:
        if hub is not None:
            port = _free_port()
            _service = coordinator.start(port, processes)
            hub.service(port)
        link = Link(address, process, processes, facts, within)
    except (UserError, OSError) as error:
        if hub is not None:
            hub.drain()
        raise UserError(str(error)) from error
    link.start(hub)
    hosts.connected(link)
    _start_jax(f"{address.rpartition(':')[0]}:{link.service}", process, processes)
    _silence_standard_output()


def _start_jax(address: str, process: int, processes: int) -> None:
    """As `jax.distributed.initialize`, with the service elsewhere and without a handler for SIGTERM, which is ours."""
    host, _, port = address.rpartition(":")
    try:  # JAX's own client would end the process without a word of ours
        socket.create_connection((host.strip("[]"), int(port)), timeout=20.0).close()
    except OSError as error:
        raise UserError(
            f"Process 0 was reached, but not JAX's service beside it, at {address} ({error.strerror or error}). The "
            "processes of a run must be able to open all ports to one another."
        ) from None
    state = distributed.global_state
    state.coordinator_address, state.process_id, state.num_processes = address, process, processes
    state.client = _jax.get_distributed_runtime_client(
        address,
        process,
        init_timeout=120,
        heartbeat_timeout=coordinator.NEVER,
        shutdown_timeout=60,
        use_compression=True,
    )
    state.client.connect()


def _silence_standard_output() -> None:
    """Keeps what C++ writes to it from what we print: Gloo tells of every connection there."""
    sys.stdout.flush()
    ours = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    sys.stdout = os.fdopen(ours, "w", buffering=1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def leave() -> None:
    """At the end of a run: returns when all have come to it."""
    hosts.leave()
    jax.distributed.shutdown()
    if _service is not None:
        coordinator.stop(_service)
