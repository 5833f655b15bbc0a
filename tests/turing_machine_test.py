"""The Turing machine: known programs, an independent interpreter, and the picture of a run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.analysis.turing_figures import STATES, tape_figure
from deepx.nn import turing_machine as tm


def interpret(table, tape, head, steps):
    """Machines before and after every instruction, (tape, head, state), by dictionaries and an if."""
    rules = {
        (s, a): (int(table.write[s, a]), int(table.move[s, a]), int(table.next_state[s, a]))
        for s in range(len(table.write))
        for a in range(len(table.write[0]))
    }
    cells, state, history = dict(enumerate(tape)), 0, [(list(tape), head, 0)]
    for _ in range(steps):
        if head in cells and state < len(table.write):
            cells[head], move, state = rules[state, cells[head]]
            head += move
        history.append(([cells[i] for i in range(len(cells))], head, state))
    return history


@st.composite
def machines(draw):
    states, symbols = draw(st.sampled_from([(1, 2), (2, 3), (4, 2)]))

    def entries(low, high):
        rows = st.lists(st.integers(low, high), min_size=symbols, max_size=symbols)
        return np.array(draw(st.lists(rows, min_size=states, max_size=states)))

    table = tm.Table(entries(0, states), entries(0, symbols - 1), entries(-1, 1))
    return table, draw(st.lists(st.integers(0, symbols - 1), min_size=6, max_size=6)), draw(st.integers(0, 5))


run = jax.jit(tm.run, static_argnames="steps")


@settings(deadline=None, max_examples=60)
@given(machines())
def test_every_machine_runs_as_an_independent_interpreter_runs_it(machine):
    table, tape, head = machine
    final, history = run(table, np.array(tape), head, 0, steps=15)
    expected = interpret(table, tape, head, 15)
    for t, (cells, at, state) in enumerate(expected):
        assert history.tape[t].tolist() == cells and int(history.head[t]) == at and int(history.state[t]) == state
        assert bool(history.halted[t]) == (state == len(table.write) or not 0 <= at < 6)
        assert bool(history.off_tape[t]) == (not 0 <= at < 6)
    jax.tree.map(lambda h, f: np.testing.assert_array_equal(h[-1], f), history, final)


def test_a_run_worked_by_hand():
    """Two states: A writes a 1 and goes right to B; B on a blank goes left to C without writing; C on a 1 halts."""
    program = tm.program("_1", "A _ -> 1 R B\n B _ -> _ L C\n C 1 -> _ R halt")
    assert program.states == ("A", "B", "C", "halt")
    final, history = run(program.table, np.zeros(3), 1, 0, steps=5)
    assert history.tape.tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert history.head.tolist() == [1, 2, 1, 2, 2, 2]
    assert history.state.tolist() == [0, 1, 2, 3, 3, 3]
    assert history.halted.tolist() == [False, False, False, True, True, True]
    jax.tree.map(np.testing.assert_array_equal, tm.step(program.table, final), final)


@pytest.mark.parametrize(
    "program, steps, ones",
    [
        (tm.BUSY_BEAVER_2, 6, 4),
        (tm.BUSY_BEAVER_3, 14, 6),
        (tm.BUSY_BEAVER_3_STEPS, 21, 5),
        (tm.BUSY_BEAVER_4, 107, 13),
    ],
)
def test_busy_beavers_are_as_busy_as_is_known(program, steps, ones):
    final, history = run(program.table, np.zeros(41), 20, 0, steps=120)
    assert final.halted and not final.off_tape and program.states[final.state] == tm.HALT
    assert int(jnp.sum(~history.halted[:-1])) == steps and int(final.tape.sum()) == ones


def compute(program, tape):
    symbols = np.array([program.symbols.index(s) for s in tape])
    final, _ = run(program.table, symbols, 1, 0, steps=40)
    assert final.halted and not final.off_tape
    return "".join(program.symbols[s] for s in final.tape)


@given(st.integers(0, 2**12 - 1))
@settings(deadline=None)
def test_binary_increment_adds_one(number):
    assert compute(tm.BINARY_INCREMENT, "_" + f"{number:b}".ljust(15, "_")).strip("_") == f"{number + 1:b}"


@given(st.integers(0, 7), st.integers(0, 7))
@settings(deadline=None)
def test_unary_addition_adds(a, b):
    assert compute(tm.UNARY_ADDITION, ("_" + "1" * a + "+" + "1" * b).ljust(17, "_")).strip("_") == "1" * (a + b)


def test_a_head_that_leaves_the_tape_stops_there_and_is_told_from_one_that_halts():
    left, right = (tm.program("_1", f"A _ -> 1 {move} A") for move in "LR")
    for program, end in ((left, -1), (right, 4)):
        final, history = run(program.table, np.zeros(4), 2, 0, steps=9)
        assert final.halted and final.off_tape and int(final.state) == 0 and int(final.head) == end
    assert final.tape.tolist() == [0, 0, 1, 1] and history.off_tape.tolist() == [False] * 2 + [True] * 8


def test_where_there_is_no_instruction_the_machine_halts_in_place():
    program = tm.program("_1", "A _ -> 1 R A")
    final, _ = run(program.table, np.array([0.0, 0, 1, 0]), 0, 0, steps=9)
    assert final.halted and not final.off_tape and int(final.head) == 2 and final.tape.tolist() == [1, 1, 1, 0]


def test_many_machines_run_side_by_side():
    tapes = jnp.array([[0, 2, 2, 0], [0, 1, 1, 0], [0, 2, 1, 0]])
    final, history = jax.vmap(lambda tape: tm.run(tm.BINARY_INCREMENT.table, tape, 1, 0, 8))(tapes)
    assert final.tape.tolist() == [[2, 1, 1, 0], [0, 1, 2, 0], [0, 2, 2, 0]]  # 11 + 1, 00 + 1, 10 + 1
    assert jnp.sum(~history.halted[:, :-1], axis=1).tolist() == [6, 4, 4]


@pytest.mark.parametrize(
    "line, message",
    [
        ("A 0 -> 1 R", "an instruction must be"),
        ("A 2 -> 1 R A", "an instruction must be"),
        ("A 0 -> 01 R A", "an instruction must be"),
        ("A 0 -> 1 S A", "an instruction must be"),
        ("A 0 = 1 R A", "an instruction must be"),
        ("halt 0 -> 1 R A", "an instruction must be"),
        ("A 1 -> 1 R A\n A 1 -> 0 R A", "must have one instruction"),
        ("A 0 -> 1 R B", "'B' has none"),
    ],
)
def test_a_program_must_be_readable(line, message):
    with pytest.raises(ValueError, match=message):
        tm.program("01", line)


def test_the_figure_shows_tape_head_and_state_until_the_halt():
    program = tm.BUSY_BEAVER_2
    _, history = run(program.table, np.zeros(41), 20, 0, steps=120)
    figure = tape_figure(history, program, "two states")
    axis = figure.axes[0]
    reached = slice(17, 23)  # cells 18 to 21, and one on either side
    np.testing.assert_array_equal(axis.images[0].get_array(), np.asarray(history.tape)[:7, reached].T)
    assert axis.images[0].get_extent() == [-0.5, 6.5, 22.5, 16.5]
    path, *dots = axis.lines
    np.testing.assert_array_equal(path.get_ydata(), np.asarray(history.head)[:7])
    assert [line.get_color() for line in dots] == [*STATES[:2], "black"]
    for state, line in enumerate(dots):
        np.testing.assert_array_equal(line.get_xdata(), np.flatnonzero(np.asarray(history.state)[:7] == state))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["0 on the tape", "1 on the tape", "head, state A", "head, state B", "halt"]
    with pytest.raises(ValueError, match="colours for 5 symbols"):
        tape_figure(history, program._replace(symbols="012345"), "")
