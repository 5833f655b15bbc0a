"""./scripts/bench devices: what it costs to share a step out over 2, 4 or 8 virtual devices of this CPU.

The work is the same for all and so are the cores: what is measured is the overhead of the partitioned program and its
sums over devices, less what small operations gain that one device's program does not spread over the cores. XLA's own
kernels serve them all, as ours serve one device only.
"""

from __future__ import annotations

import statistics

from rich.console import Console

from scripts.benchmarks.alternate import in_turns, workers
from scripts.benchmarks.families import Side
from scripts.benchmarks.runs import Rows, names_given

NUMBERS = (1, 2, 4, 8)
CASES = ("ntm/copy:cpu", "babi/memn2n_pe_ls_rn:cpu", "seq2seq/grammar_enfr:cpu")
ROUNDS, SECONDS = 7, 1.0


def side(devices: int) -> Side:
    flags = f"--xla_force_host_platform_device_count={devices}"
    name = f"{devices} device{'s' if devices > 1 else ''}"
    return Side(name, "jax", environment={"XLA_FLAGS": flags, "DEEPX_CPU_KERNELS": "xla"})


def main() -> None:
    names = names_given("devices", __doc__, CASES)
    rows = Rows(names, *(side(devices).name for devices in NUMBERS), width=len("x 10.00 (10.00 to 10.00)"))
    for case in names:
        with Console(stderr=True).status(case) as status, workers("devices", list(map(side, NUMBERS))) as sides:
            _, times = in_turns(sides, case, ROUNDS, SECONDS, status.update)
        one, *others = times.values()
        cells = [f"{1000 * statistics.median(one):.1f} ms"]
        for seconds in others:
            ratios = [many / single for many, single in zip(seconds, one, strict=True)]
            cells.append(f"x {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        rows.add(case, *cells)


if __name__ == "__main__":
    main()
