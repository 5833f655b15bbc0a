"""One side of a benchmark, in a process of its own: builds cases and times them as it is told.

Requests and answers are lines of JSON. {"case": c} builds it and answers with the seconds that took, first step
included, and what a step is at the least (`stepping.Step`); {"case": c, "seconds": s} takes steps for about that long
and answers with the seconds of one.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time


def main(module: str, variant: str) -> None:
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever else prints is not an answer
    if module.endswith("_jax"):
        prepare_jax()
    build = importlib.import_module(f"scripts.benchmarks.{module}").build
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        case = request["case"]
        if case not in steps:
            begun = time.perf_counter()
            built = build(case, variant)
            steps[case] = getattr(built, "take", built)
            steps[case]()
            answer = {"build": time.perf_counter() - begun}
            answer |= {unit: getattr(built, unit) for unit in ("gigaflops", "gigabytes") if hasattr(built, unit)}
        else:
            answer = {"seconds": seconds_a_step(steps[case], request["seconds"])}
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(answer), file=out, flush=True)


def seconds_a_step(step, seconds: float) -> float:
    """The mean over as many steps as fit, two at least, after one that is not counted; but a step that is far longer is
    taken once.
    """
    begun, taken = time.perf_counter(), 0
    step()
    first = time.perf_counter() - begun
    if first >= 4 * seconds:
        return first
    begun = time.perf_counter()
    while taken < 2 or time.perf_counter() - begun < seconds:
        step()
        taken += 1
    return (time.perf_counter() - begun) / taken


def prepare_jax() -> None:
    """As the entry points do."""
    from deepx.nn.cpu import allocator

    allocator.keep_memory()
    from deepx.nn.cpu import kernels

    kernels.enable()


if __name__ == "__main__":
    main(*sys.argv[1:])
