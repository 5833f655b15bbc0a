"""Commands as a user gives them, each a process of its own, forked from one that has imported what takes seconds.

What `python -m MODULE ...` would do besides is to start Python, to import, and to run `atexit`.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([
    *("experiments.ntm", "experiments.resnet", "experiments.reproduce"),
    *("deepx.engine.report", "matplotlib.backends.backend_agg", "tensorboardX"),  # which a run imports late
])  # fmt: skip


def start(folder: Path, *argv: str, cwd: Path = ROOT, given: str = "", **environment: str) -> multiprocessing.Process:
    """Starts MODULE with arguments in `cwd`, with the standard input `given`. Files in `folder` get what it says,
    `stdout` and `stderr`, and the names of all `modules` that it had imported in the end.
    """
    folder.mkdir(exist_ok=True)
    (folder / "stdin").write_text(given)
    xla = os.environ["XLA_FLAGS"].replace("--xla_force_host_platform_device_count=8", "")  # one device, as at home
    its = {"XLA_FLAGS": xla, "COLUMNS": "200", "PYTHONPATH": str(ROOT), **environment}
    process = FORKED.Process(target=_run, args=(folder, cwd, argv, its))
    process.start()
    return process


def call(
    *argv: str, cwd: Path = ROOT, given: str = "", patience: float = 240, **environment: str
) -> subprocess.CompletedProcess:
    """The same, to its end, for at most `patience` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        process = start(Path(folder), *argv, cwd=cwd, given=given, **environment)
        process.join(timeout=patience)
        process.kill()
        said = [Path(folder, name).read_text() for name in ("stdout", "stderr")]
        return subprocess.CompletedProcess(argv, process.exitcode, *said)


def _run(folder: Path, cwd: Path, argv: tuple[str, ...], environment: dict[str, str]) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin = (folder / "stdin").open()
    os.environ.update(environment)
    os.chdir(cwd)
    os.execv = _become
    try:
        _as_main(*argv)
    finally:
        (folder / "modules").write_text("\n".join(sys.modules))


def _become(_python: str, command: list[str]) -> NoReturn:
    """`os.execv` of [PYTHON, -P, -m, MODULE, ...], in this process."""
    _as_main(*command[3:])
    sys.exit()


def _as_main(*argv: str) -> None:
    sys.argv = list(argv)
    sys.modules.pop(argv[0], None)  # it is run anew, as the main module
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
