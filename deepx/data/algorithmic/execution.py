"""Execution: what does the tape of a Turing machine hold when it has halted? Not of the paper; ours.

Shapes: N cells of a tape, S symbols of the machine; else as in the package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepx.data.algorithmic import Array, Batch
from deepx.data.algorithmic.layout import Count, at_least_one, draw, longest, question_and_answer
from deepx.data.algorithmic.text import Form, only
from deepx.nn import turing_machine as tm


class Exercise(NamedTuple):
    """A program, and `write(key, length, cells)`: random symbols [cells] of which it is given the first `length`."""

    program: tm.Program
    write: Callable[[Array, Array, int], Array]


def number(key: Array, length: Array, cells: int) -> Array:
    """Fair binary digits, leading zeros among them."""
    return jax.random.randint(key, (cells,), 1, 3)  # the symbols 0 and 1


def sum_of_two(key: Array, length: Array, cells: int) -> Array:
    """Ones, with a plus uniformly anywhere among them; either number may be nought."""
    return jnp.where(jnp.arange(cells) == jax.random.randint(key, (), 0, length), 2, 1)


EXERCISES = {
    "binary_increment": Exercise(tm.BINARY_INCREMENT, number),
    "unary_addition": Exercise(tm.UNARY_ADDITION, sum_of_two),
}


def sizes(*, program: str = "binary_increment") -> tuple[int, int]:
    """A symbol, one-hot with the blank, and a delimiter in; a symbol out."""
    symbols = len(named(program).program.symbols)
    return symbols + 1, symbols


def named(program: str) -> Exercise:
    if program not in EXERCISES:
        raise ValueError(f"program must be one of {', '.join(EXERCISES)}, not {program!r}")
    return EXERCISES[program]


def sample(
    key: Array,
    *,
    batch_size: int,
    program: str = "binary_increment",
    min_length: Count = 1,
    max_length: Count = 10,
    padded_length: int | None = None,
) -> Batch:
    """A machine's tape cell by cell, a delimiter, and silence for the tape on which the machine has halted.

    A tape of n symbols, uniform and drawn for every sequence, has a blank cell on either side, is shown and wanted in
    n + 2 steps each, and the machine starts on its first symbol. T = 2 x (padded_length + 2) + 1.

    Raises ValueError for an unknown program, if batch_size is below 1, or unless 1 <= min_length <= max_length <=
    padded_length.
    """
    at_least_one(batch_size=batch_size)
    exercise = named(program)
    padded_length = longest(padded_length, max_length, "length")
    length_key, tape_key = jax.random.split(key)
    length_B = draw(length_key, batch_size, min_length, max_length, padded_length, "length")
    written_BL = jax.vmap(lambda k, n: exercise.write(k, n, padded_length))(
        jax.random.split(tape_key, batch_size), length_B
    )
    return encode(jnp.where(jnp.arange(padded_length) < length_B[:, None], written_BL, 0), length_B, program)


def encode(symbols_BL: Array, length_B: Array, program: str = "binary_increment") -> Batch:
    """Tapes with `length_B` symbols, blank behind them."""
    tape_BN, symbols = jnp.pad(symbols_BL, ((0, 0), (1, 1))), sizes(program=program)[1]
    steps = 2 * tape_BN.shape[1]  # to the right end and back again
    final, _ = jax.vmap(lambda tape: tm.run(named(program).program.table, tape, 1, 0, steps))(tape_BN)
    shown_BNS, wanted_BNS = (jax.nn.one_hot(tape, symbols) for tape in (tape_BN, final.tape))
    return question_and_answer(shown_BNS, length_B + 2, wanted_BNS, length_B + 2)


def typed(line: str, *, program: str = "binary_increment") -> Batch:
    """'1011', or '111+11'. Raises ValueError, also for a tape on which the machine does not halt."""
    chosen, tape = named(program).program, "".join(line.split())
    only(tape, chosen.symbols[1:])
    symbols_L = np.array([chosen.symbols.index(symbol) for symbol in tape])
    final, _ = tm.run(chosen.table, jnp.pad(symbols_L, 1), 1, 0, 2 * (len(tape) + 2))
    if final.state != len(chosen.states) - 1:
        raise ValueError(f"The machine of {program} does not halt on {tape!r}.")
    return encode(jnp.asarray(symbols_L)[None], jnp.array([len(tape)]), program)


def written(batch: Batch, *, program: str = "binary_increment") -> str:
    cells = int(batch.inputs_BTI[:, -1].argmax())
    return "".join(said(batch.inputs_BTI[1 : cells - 1, :-1], program=program))


def said(vectors_LS: np.ndarray, *, program: str = "binary_increment") -> list[str]:
    """The symbols; a question mark for what is none."""
    symbols = named(program).program.symbols
    return [symbols[vector_S.argmax()] if (vector_S > 0.5).sum() == 1 else "?" for vector_S in vectors_LS]


FORM = Form("Type the symbols of a tape for {program}", typed, written, said)
