"""./scripts/bench: every family of deepx timed beside PyTorch, in turns, so that the ratio holds on a noisy machine.

    ./scripts/bench                       all families
    ./scripts/bench --only=conv,resnet    some
    ./scripts/bench --quick               a case or two of each, fewer and shorter turns: under 3 minutes
    ./scripts/bench --out=docs/bench      keeps docs/bench.json, and draws it: docs/bench.md, docs/bench.png

Each side is a process that lives as long as its family. In every round each side is timed once on a case, in rotating
order; a ratio is that of one round, and what is reported is the median over rounds, with the smallest and the largest.
The limit is the time that the machine's best matrix product, or its memory, would take for the same work.
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
from pathlib import Path

from rich.console import Console

from deepx.files import write
from scripts.benchmarks import limits
from scripts.benchmarks.chart import chart
from scripts.benchmarks.families import FAMILIES, OURS, Side
from scripts.benchmarks.tables import about, in_markdown, in_terminal

ROOT = Path(__file__).resolve().parents[2]


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
        assert self._process.stdin and self._process.stdout  # pipes
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def ask(self, **request) -> dict[str, float]:
        print(json.dumps(request), file=self._requests, flush=True)
        answer = self._answers.readline()
        if not answer:
            raise SystemExit(f"The side {self.name!r} ended at {request} (see above).")
        return json.loads(answer)

    def close(self) -> None:
        self._requests.close()
        self._process.wait()


@contextmanager
def workers(family: str, sides: Sequence[Side]) -> Iterator[list[Worker]]:
    started = [Worker(family, side) for side in sides]
    try:
        yield started
    finally:
        for worker in started:
            worker.close()


def measure(name: str, quick: bool, say) -> Iterator[dict]:
    """A row for each case: build time, peak memory and seconds of each side, round by round."""
    family = FAMILIES[name]
    rounds, seconds = pace(quick)
    with workers(name, [side for side in family.sides if not (quick and side.slow)]) as sides:
        for case in family.quick if quick else family.cases:
            first, times = in_turns(sides, case, rounds, seconds, say)
            ours = times[OURS.name]
            yield {
                "family": name,
                "case": case,
                **{unit: first[OURS.name][unit] for unit in ("gigaflops", "gigabytes")},
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


def in_turns(sides: Sequence[Worker], case: str, rounds: int, seconds: float, say) -> tuple[dict, dict]:
    """By the name of each side, what it says of itself when the case is built, and the seconds of a step, by round."""
    say(f"{case}: compiling")
    first = {side.name: side.ask(case=case) for side in sides}
    times = {side.name: [] for side in sides}
    for turn in range(rounds):
        say(f"{case}: round {turn + 1} of {rounds}")
        for i in range(len(sides)):
            side = sides[(turn + i) % len(sides)]
            times[side.name].append(side.ask(case=case, seconds=seconds)["seconds"])
    return first, times


def pace(quick: bool) -> tuple[int, float]:
    """Rounds, and seconds of a turn."""
    return (3, 0.2) if quick else (9, 0.6)


def best(quick: bool) -> dict[str, float]:
    """GF/s of large matrix products and GB/s of memory, the best of all rounds."""
    (rounds, seconds), rates = pace(quick), {}
    with workers("limits", [OURS]) as [worker]:
        for case, unit in zip(limits.CASES, ("gigaflops", "gigabytes"), strict=True):
            work = worker.ask(case=case)[unit]
            rates[unit] = max(work / worker.ask(case=case, seconds=seconds)["seconds"] for _ in range(rounds))
    return rates


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def main() -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=layout)
    parser.add_argument("--only", default=",".join(FAMILIES), help="families, with commas: " + ", ".join(FAMILIES))
    parser.add_argument("--quick", action="store_true", help="a case or two of each, 3 rounds of 0.2 s, not 9 of 0.6 s")
    parser.add_argument("--out", type=Path, help="keep the measurements there: OUT.json, OUT.md, OUT.png")
    arguments = parser.parse_args()
    names, quick = arguments.only.split(","), arguments.quick
    if unknown := [name for name in names if name not in FAMILIES]:
        parser.error(f"there is no family {unknown[0]!r}; there are {', '.join(FAMILIES)}")
    console = Console(width=max(120, Console().width))
    machine = f"{os.cpu_count()}-core {platform.machine()}, {processor()}"
    record = {"machine": machine, "rounds": pace(quick)[0], "limits": best(quick), "rows": []}
    console.print(about(record))
    for name in names:
        with Console(stderr=True).status(name) as status:
            made = list(measure(name, quick, status.update))
        if made:
            console.print(f"\n[bold]{name}", in_terminal(made, record["limits"]), sep="\n")
        record["rows"] += made
        if arguments.out:
            keep(record, arguments.out)


def keep(record: dict, out: Path) -> None:
    """Writes OUT.json, OUT.md and OUT.png."""
    write(out.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    write(out.with_suffix(".md"), in_markdown(record))
    chart(record).savefig(out.with_suffix(".png"), dpi=150)


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
