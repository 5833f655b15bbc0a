"""Dispatches of a few steps of a run, over as many devices as the process has; `variant` is not used."""

import dataclasses

import jax

from scripts.benchmarks.runs import built_of
from scripts.benchmarks.stepping import Step

STEPS = 2  # a dispatch


def build(case: str, variant: str) -> Step:
    made = built_of(case)
    program = made._replace(run=dataclasses.replace(made.run, steps_per_call=STEPS)).program()
    carry, feed, taken = program.init(), program.feed(0), 0

    def take() -> None:
        nonlocal carry, taken
        carry, _ = jax.block_until_ready(program.dispatch(carry, taken, next(feed)))
        taken += STEPS

    return Step(take)
