"""What a side of a benchmark is asked to do again and again, and the least that any machine must do for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from deepx.analysis import cost


class Step(NamedTuple):
    """take: does the work, and returns when it is done.

    gigaflops: of its matrix products and convolutions. gigabytes: what it is given and what it makes, each read or
    written once. Where a loop's length is not known beforehand, both are 0.
    """

    take: Callable[[], Any]
    gigaflops: float = 0.0
    gigabytes: float = 0.0


def stepping(function: Callable[..., Any], state: Any, *given: Any) -> Step:
    """Steps `state = function(state, *given)`, compiled; states are donated, as the engine does it."""
    compiled, least = jax.jit(function, donate_argnums=0), counted(function, state, *given)

    def take() -> None:
        nonlocal state
        state = jax.block_until_ready(compiled(state, *given))

    return Step(take, *least)


def calling(function: Callable[..., Any], *given: Any) -> Step:
    """Steps `function(*given)`, compiled."""
    compiled = jax.jit(function)
    return Step(lambda: jax.block_until_ready(compiled(*given)), *counted(function, *given))


def counted(function: Callable[..., Any], *given: Any) -> tuple[float, float]:
    """The least there is to do: gigaflops and gigabytes of a step."""
    traced = jax.make_jaxpr(function)(*given)
    counts = cost.count(traced)
    if counts.open_loops:
        return 0.0, 0.0
    moved = cost.size(*traced.in_avals, *traced.out_avals)
    return counts.products.total() / 1e9, moved / 1e9
