"""Dispatches of a run over as many devices as the process has; `variant` is not used."""

import jax

from scripts.benchmarks.runs import built_of
from scripts.benchmarks.stepping import Step


def build(case: str, variant: str) -> Step:
    program = built_of(case).program()
    carry, feed, taken = program.init(), program.feed(0), 0

    def take() -> None:
        nonlocal carry, taken
        carry, _ = jax.block_until_ready(program.dispatch(carry, taken, next(feed)))
        taken += program.run.steps_per_call

    return Step(take)
