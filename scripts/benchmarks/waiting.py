"""./scripts/bench waiting: the share of training time that the device waits for the host's data.

In turns, dispatches are given what the host reads, and one batch again and again: what the former take longer is
waiting. Where data are on the device, no host reads any, and nothing waits.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time

import jax

from deepx.engine.data import HostData
from deepx.engine.errors import UserError
from scripts.benchmarks.runs import Rows, built_of, names_given
from scripts.benchmarks.worker import prepare_jax

NAMES = ("gan/context_encoder", "seq2seq/multi30k_ende", "vqa/clevr:smoke")
ROUNDS, SECONDS = 7, 2.0


def measured(name: str) -> str:
    """Percent of the time, the median over rounds."""
    made = built_of(name)
    if not isinstance(made.experiment.train_data, HostData):
        return "data on the device"
    program = made.program()
    carry, taken, feed = program.init(), 0, program.feed(0)
    same = itertools.repeat(next(feed))

    def seconds(feed) -> float:
        """Of a dispatch. As in training, one is under way while the next one's data are fetched."""
        nonlocal carry, taken
        begun, count, outcome = time.perf_counter(), 0, None
        while time.perf_counter() - begun < SECONDS or count < 2:
            carry, outcome = program.dispatch(carry, taken, next(feed))
            taken, count = taken + program.run.steps_per_call, count + 1
        jax.block_until_ready(outcome)
        return (time.perf_counter() - begun) / count

    seconds(same)
    waits = [100 * (1 - seconds(same) / seconds(feed)) for _ in range(ROUNDS)]
    return f"{statistics.median(waits):.1f}% ({min(waits):.1f} to {max(waits):.1f})"


def main() -> None:
    names = names_given("waiting", __doc__, NAMES)
    prepare_jax()
    rows = Rows(names, "waits", width=len("-10.0% (-10.0 to 10.0)"))
    for name in names:
        try:
            rows.add(name, measured(name))
        except UserError as error:
            rows.add(name, "not measured")
            print(f"  {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
