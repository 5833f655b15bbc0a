"""./scripts/bench startup: seconds from the command to the first training row, which the first steps are behind.

cold: no program compiled before, neither XLA's nor our kernels. warm: the same command again, in another directory.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from rich.console import Console

from experiments.reproduce import ROOT, command_for
from scripts.benchmarks.runs import Rows, names_given

NAMES = ("ntm/copy", "babi/memn2n_pe_ls_rn", "gan/toy_density", "seq2seq/grammar_enfr", "vqa/easy_vqa")
ROUNDS = 3  # warm ones
LONGEST = 600.0  # seconds


def first_row(name: str, workdir: Path, caches: Path) -> float:
    """Starts the run, and ends it when its first row is there."""
    command = command_for([name, f"--workdir={workdir}", "--config.run.steps_per_call=1", "--config.run.log_every=1"])
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(caches)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - begun < LONGEST:
            rows = workdir / "metrics.jsonl"
            if rows.exists() and rows.stat().st_size:
                return time.perf_counter() - begun
            if process.poll() is not None:
                raise SystemExit(process.communicate()[1].decode())
            time.sleep(0.005)
        raise SystemExit(f"{name} made no row in {LONGEST:.0f} s.")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def main() -> None:
    names = names_given("startup", __doc__, NAMES)
    rows = Rows(names, "cold, s", "warm, s")
    for name in names:
        with tempfile.TemporaryDirectory() as folder, Console(stderr=True).status(name):
            cold, *warm = (first_row(name, Path(folder) / str(i), Path(folder) / "caches") for i in range(1 + ROUNDS))
        rows.add(name, f"{cold:.1f}", f"{statistics.median(warm):.1f}")


if __name__ == "__main__":
    main()
