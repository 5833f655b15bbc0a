"""What a sweep adds to each of its trials: empty programs, started by the engine and by themselves, in turns.

python -m scripts.benchmarks.sweep               on this machine
python -m scripts.benchmarks.sweep --engine=ray  in .venv-ray, whose start of the cluster does not count
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from experiments.sweep_engines import Local, Pool, Resources, supervise
from experiments.sweep_trials import Trial

ROUNDS = 20


def timed(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def pool_of(engine: str) -> Pool:
    if engine == "local":
        return Local(1, Resources())
    from experiments import sweep_ray

    sweep_ray.connect(None)
    return sweep_ray.Cluster(1, Resources(cpus=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    pool = pool_of(parser.parse_args().engine)
    with tempfile.TemporaryDirectory() as folder:
        # What ends with status 2 is not begun again.
        empty = Trial("empty", {}, ["-c", "raise SystemExit(2)"], "empty", Path(folder), 1)
        (Path(folder) / "sweep.json").write_text("{}")

        def alone() -> None:
            subprocess.run([sys.executable, *empty.command], start_new_session=True)

        added = []
        for _ in range(ROUNDS + 1):
            swept = timed(lambda: list(supervise([empty], pool, lambda: 0)))
            added.append(swept - timed(alone))
    added = [1000 * seconds for seconds in added[1:]]
    print(f"{statistics.median(added):.0f} ms a trial (of {ROUNDS}: {min(added):.0f} to {max(added):.0f} ms)")


if __name__ == "__main__":
    main()
