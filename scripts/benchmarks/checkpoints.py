"""./scripts/bench checkpoints: how long a run's checkpoint takes to save and to restore.

Saving blocks training until the state is copied; the rest is written while training goes on.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import jax

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.program import Carry
from scripts.benchmarks.runs import Rows, built_of, names_given
from scripts.benchmarks.worker import prepare_jax

NAMES = ("ntm/copy", "resnet/cifar10_resnet56:smoke", "seq2seq/grammar_enfr", "seq2seq/grammar_enfr:paper")
ROUNDS = 7


def measured(name: str) -> list[str]:
    """Megabytes, and milliseconds by which training is held up, until all is written, and of reading."""
    program = built_of(name).program()
    carry, times = program.init(), []
    goal, _, metric = program.run.select.partition(" ")
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = Checkpoints(Path(folder), program.run)
        for turn in range(1, ROUNDS + 1):
            at = Carry(carry.step + turn, carry.state)
            begun = time.perf_counter()
            checkpoints.save(at, {"sums": {}}, None if goal == "last" else {metric: 0.0})
            held = time.perf_counter()
            checkpoints.wait()
            written = time.perf_counter()
            jax.block_until_ready(checkpoints.newest(program.abstract(), print))
            times.append((held - begun, written - begun, time.perf_counter() - written))
        checkpoints.close()
    megabytes = sum(a.nbytes for a in jax.tree.leaves(carry.state)) / 1e6
    return [f"{megabytes:.1f}", *(f"{1000 * statistics.median(part):.0f}" for part in zip(*times, strict=True))]


def main() -> None:
    names = names_given("checkpoints", __doc__, NAMES)
    prepare_jax()
    rows = Rows(names, "MB", "training held up, ms", "all written, ms", "restored, ms", width=8)
    for name in names:
        rows.add(name, *measured(name))


if __name__ == "__main__":
    main()
