"""./scripts/bench: every family of deepx timed beside PyTorch, in turns, so that the ratio holds on a noisy machine.

    ./scripts/bench                       all families
    ./scripts/bench --only=conv,resnet    some
    ./scripts/bench --quick               fewer and shorter turns

Each side is a process that lives as long as its family. In every round each side is timed once on a case, in rotating
order; a ratio is that of one round, and what is reported is the median over rounds, with the smallest and the largest.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benchmarks import beam, conv, memn2n, ntm, peak, seq2seq

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Side:
    """An implementation: the module's suffix, what `build` is told, and what the environment says."""

    name: str
    module: str
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """Cases and the sides that run them. The first side is ours; `reference` is what its ratio is taken to."""

    cases: Sequence[str]
    sides: Sequence[Side]
    reference: str
    gigaflops: dict[str, float] = field(default_factory=dict)  # a step's floating-point operations / 1e9


IMAGES = (
    Side("deepx", "jax"),
    Side("jax", "jax", environment={"DEEPX_CPU_KERNELS": "xla"}),
    Side("torch", "torch", "contiguous"),
    Side("torch, channels last", "torch", "channels_last"),
)
STEPS = (Side("deepx", "jax"), Side("torch", "torch"))
LOOPS = (
    Side("deepx", "jax"),
    Side("torch, a sentence at a time", "torch", "sentence"),
    Side("torch, a hypothesis at a time", "torch", "hypothesis"),
)
FAMILIES = {
    "conv": Family(conv.CASES, IMAGES, "torch, channels last", conv.GIGAFLOPS),
    "resnet": Family(("resnet20", "resnet56"), IMAGES, "torch, channels last"),
    "dcgan": Family(("dcgan32",), IMAGES, "torch, channels last"),
    "ntm": Family(ntm.CASES, STEPS, "torch", ntm.GIGAFLOPS),
    "memn2n": Family(memn2n.CASES, STEPS, "torch"),
    "seq2seq": Family(seq2seq.CASES, STEPS, "torch"),
    "beam": Family(beam.CASES, LOOPS, "torch, a hypothesis at a time"),
}


class Worker:
    """A side at work, in a process."""

    def __init__(self, family: str, side: Side):
        python = os.environ["DEEPX_BENCH_PYTHON"] if side.module == "torch" else sys.executable
        command = [python, "-m", "scripts.benchmarks.worker", f"{family}_{side.module}", side.variant]
        environment = {**os.environ, **side.environment}
        self.name = side.name
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **request) -> dict[str, float]:
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"The side {self.name!r} ended at {request} (see above).")
        return json.loads(answer)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def workers(name: str) -> Iterator[list[Worker]]:
    started = [Worker(name, side) for side in FAMILIES[name].sides]
    try:
        yield started
    finally:
        for worker in started:
            worker.close()


def measure(name: str, rounds: int, seconds: float, say) -> Iterator[dict]:
    """A row for each case: build time, peak memory and seconds of each side, round by round."""
    family = FAMILIES[name]
    with workers(name) as sides:
        for case in family.cases:
            say(f"{name} {case}: compiling")
            first = {side.name: side.ask(case=case) for side in sides}
            times = {side.name: [] for side in sides}
            for turn in range(rounds):
                say(f"{name} {case}: round {turn + 1} of {rounds}")
                for i in range(len(sides)):
                    side = sides[(turn + i) % len(sides)]
                    times[side.name].append(side.ask(case=case, seconds=seconds)["seconds"])
            ours = times[family.sides[0].name]
            yield {
                "family": name,
                "case": case,
                "gigaflops": family.gigaflops.get(case),
                "sides": {
                    side: {
                        "seconds": statistics.median(times[side]),
                        "rounds": times[side],
                        "build_seconds": first[side]["build"],
                        "peak_mb": first[side]["peak_mb"],
                        "ratio": spread([theirs / mine for theirs, mine in zip(times[side], ours, strict=True)]),
                    }
                    for side in times
                },
            }


def peak_of(rounds: int, seconds: float) -> float:
    """GF/s of large matrix products, the best of all rounds."""
    worker = Worker("peak", Side("matrix products", "jax"))
    try:
        worker.ask(case="")
        return max(peak.GIGAFLOPS / worker.ask(case="", seconds=seconds)["seconds"] for _ in range(rounds))
    finally:
        worker.close()


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def table(name: str, rows: Sequence[dict], best: float) -> Table:
    family = FAMILIES[name]
    columns = Table("case", box=None, pad_edge=False)
    for side in family.sides:
        columns.add_column(f"{side.name}, {'GF/s' if family.gigaflops else 'ms'}", justify="right")
    columns.add_column(f"{family.reference} / {family.sides[0].name}", justify="right")
    if family.gigaflops:
        columns.add_column("of the peak", justify="right")
    for row in rows:
        cells = []
        for side in row["sides"].values():
            rate = row["gigaflops"] / side["seconds"] if row["gigaflops"] else 1000 * side["seconds"]
            cells.append(f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}")
        ratio = row["sides"][family.reference]["ratio"]
        cells.append(f"{ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})")
        if row["gigaflops"]:
            ours = row["sides"][family.sides[0].name]["seconds"]
            cells.append(f"{100 * row['gigaflops'] / ours / best:.0f}%")
        columns.add_row(row["case"], *cells)
    return columns


def main() -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=layout)
    parser.add_argument("--only", default=",".join(FAMILIES), help="families, with commas: " + ", ".join(FAMILIES))
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.2 s instead of 9 of 0.6 s")
    parser.add_argument("--out", type=Path, help="write the measurements there, as JSON")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := [name for name in names if name not in FAMILIES]:
        parser.error(f"there is no family {unknown[0]!r}; there are {', '.join(FAMILIES)}")
    console, rows = Console(width=max(120, Console().width)), []
    rounds, seconds = (3, 0.2) if arguments.quick else (9, 0.6)
    best = peak_of(rounds, seconds)
    console.print(f"{os.cpu_count()}-core {platform.machine()} CPU, {processor()}; median of {rounds} rounds")
    console.print(f"large matrix products: {best:.0f} GF/s")
    for name in names:
        with Console(stderr=True).status(name) as status:
            made = list(measure(name, rounds, seconds, status.update))
        console.print(f"\n[bold]{name}", table(name, made, best), sep="\n")
        rows += made
    if arguments.out:
        record = {
            "machine": f"{os.cpu_count()} x {processor()}",
            "rounds": rounds,
            "peak_gigaflops": best,
            "rows": rows,
        }
        arguments.out.write_text(json.dumps(record, indent=1) + "\n")


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
