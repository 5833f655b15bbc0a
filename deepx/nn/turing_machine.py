"""A Turing machine: a finite table of instructions moves a head that reads and writes a tape.

Shapes: N cells of the tape, S states, A symbols, T time. States and symbols are numbers; state 0 is the first, state S,
which has no instructions, halts. Everything is for one machine; `jax.vmap` runs many.

The tape is finite and has ends, so that a run that lacks room is never taken for one that has it: a machine whose head
leaves the tape stops there, in whatever state, and its `off_tape` tells.
"""

from __future__ import annotations

from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array

MOVES = {"L": -1, "R": 1}
HALT = "halt"


class Table(NamedTuple):
    """What to do in a state (row) on a symbol (column)."""

    next_state: Array  # [S, A], 0 .. S
    write: Array  # [S, A]
    move: Array  # [S, A], -1 left, 0, 1 right


class Machine(NamedTuple):
    """A machine at one time, or, with a leading axis T, at many."""

    tape: Array  # [N] symbols
    head: Array  # the cell it stands on; -1 or N: it left the tape
    state: Array
    halted: Array  # bool: nothing more happens

    @property
    def off_tape(self) -> Array:
        return (self.head < 0) | (self.head >= self.tape.shape[-1])


class Program(NamedTuple):
    """A table with the names of its states and symbols. Symbol 0 is the blank."""

    table: Table  # of NumPy arrays
    states: tuple[str, ...]  # the last one is 'halt'
    symbols: str


def step(table: Table, machine: Machine) -> Machine:
    """One instruction; a halted machine stays as it is."""
    table = jax.tree.map(jnp.asarray, table)
    halting, cells = table.next_state.shape[0], machine.tape.shape[0]
    row = jnp.minimum(machine.state, halting - 1), machine.tape[jnp.clip(machine.head, 0, cells - 1)]
    tape = jnp.where(jnp.arange(cells) == machine.head, table.write[row], machine.tape)
    after = Machine(tape, machine.head + table.move[row], table.next_state[row], jnp.array(False))
    after = after._replace(halted=(after.state == halting) | after.off_tape)
    return jax.tree.map(lambda old, new: jnp.where(machine.halted, old, new), machine, after)


def run(table: Table, tape: Array, head: int | Array, state: int | Array, steps: int) -> tuple[Machine, Machine]:
    """The machine after at most `steps` instructions, and its history [steps + 1], from before the first on.

    It took `jnp.sum(~history.halted[:-1])` instructions, the halting one counted.
    """
    chex.assert_rank(tape, 1)
    chex.assert_equal_shape(table)
    start = Machine(jnp.asarray(tape, jnp.int32), jnp.int32(head), jnp.int32(state), jnp.array(False))
    start = start._replace(halted=(start.state == table.next_state.shape[0]) | start.off_tape)

    def scanned(machine: Machine, _: None) -> tuple[Machine, Machine]:
        return step(table, machine), machine

    final, before = jax.lax.scan(scanned, start, length=steps)
    return final, jax.tree.map(lambda b, f: jnp.concatenate([b, f[None]]), before, final)


def program(symbols: str, instructions: str) -> Program:
    """The program written as lines `STATE SYMBOL -> SYMBOL MOVE STATE`, moves L and R, of which the first says where to
    start. `halt` is the halting state. Where there is no instruction, the machine halts without a move.

    Raises ValueError for a line that is none, or a second instruction for the same state and symbol.
    """
    rules = {}
    for line in filter(None, map(str.strip, instructions.splitlines())):
        try:
            state, read, arrow, write, move, after = line.split()
            rule = (state, symbols.index(read)), (symbols.index(write), MOVES[move], after)
            if arrow != "->" or state == HALT or not len(read) == len(write) == 1:
                raise ValueError
        except (ValueError, KeyError):
            raise ValueError(
                f"an instruction must be 'STATE SYMBOL -> SYMBOL L|R STATE' in {symbols!r}, not {line!r}"
            ) from None
        if rule[0] in rules:
            raise ValueError(f"state and symbol must have one instruction, not a second one: {line!r}")
        rules[rule[0]] = rule[1]
    states = (*dict.fromkeys(state for state, _ in rules), HALT)
    shape = len(states) - 1, len(symbols)
    table = Table(
        np.full(shape, len(states) - 1), np.tile(np.arange(len(symbols)), (shape[0], 1)), np.zeros(shape, int)
    )
    for (state, read), (write, move, after) in rules.items():
        if after not in states:
            raise ValueError(f"a state must have an instruction, or be {HALT!r}; {after!r} has none")
        cell = states.index(state), read
        table.next_state[cell], table.write[cell], table.move[cell] = states.index(after), write, move
    return Program(Table(*(a.astype(np.int32) for a in table)), states, symbols)


# Adds 1 to a binary number, its highest digit first; the head starts on any of its digits.
BINARY_INCREMENT = program(
    "_01",
    """
    right 0 -> 0 R right
    right 1 -> 1 R right
    right _ -> _ L carry
    carry 1 -> 0 L carry
    carry 0 -> 1 R halt
    carry _ -> 1 R halt
    """,
)

# 111+11 becomes 11111: the plus turns into a one, and the last one is erased. The head starts on the first symbol.
UNARY_ADDITION = program(
    "_1+",
    """
    join  1 -> 1 R join
    join  + -> 1 R end
    end   1 -> 1 R end
    end   _ -> _ L erase
    erase 1 -> _ L halt
    """,
)

# Of the machines of so many states and two symbols that halt on an empty tape, the ones that write the most ones or run
# the longest (Rado 1962, Lin and Rado 1965, Brady 1983). Two states: 4 ones in 6 steps, both the most there are.
BUSY_BEAVER_2 = program(
    "01",
    """
    A 0 -> 1 R B
    A 1 -> 1 L B
    B 0 -> 1 L A
    B 1 -> 1 R halt
    """,
)

# Three states, the most ones: 6, in 14 steps.
BUSY_BEAVER_3 = program(
    "01",
    """
    A 0 -> 1 R B
    A 1 -> 1 R halt
    B 0 -> 0 R C
    B 1 -> 1 R B
    C 0 -> 1 L C
    C 1 -> 1 L A
    """,
)

# Three states, the most steps: 21, with 5 ones.
BUSY_BEAVER_3_STEPS = program(
    "01",
    """
    A 0 -> 1 R B
    A 1 -> 1 R halt
    B 0 -> 1 L B
    B 1 -> 0 R C
    C 0 -> 1 L C
    C 1 -> 1 L A
    """,
)

# Four states: 13 ones in 107 steps, both the most there are.
BUSY_BEAVER_4 = program(
    "01",
    """
    A 0 -> 1 R B
    A 1 -> 1 L B
    B 0 -> 1 L A
    B 1 -> 0 L C
    C 0 -> 1 R halt
    C 1 -> 1 L D
    D 0 -> 1 R D
    D 1 -> 0 R A
    """,
)
