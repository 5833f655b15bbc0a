"""A picture of a Turing machine at work. Shapes: T time, N cells of the tape."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from deepx.nn.turing_machine import Machine, Program

WIDTH = 10.0  # inches
SYMBOLS = ("#f7f7f7", "#9ecae1", "#fdd49e", "#c7c7c7", "#c7e9c0")  # the blank first
STATES = colormaps["Dark2"].colors


def tape_figure(history: Machine, program: Program, title: str) -> Figure:
    """The tape [N] against time, which runs to the right; symbols and states are colours, the head a dot of its state.

    `history` [T] is of `turing_machine.run`; what follows the halt and the cells which neither head nor symbol ever
    reached are left out, but for one cell on either side.

    Raises ValueError if the program has more symbols than there are colours.
    """
    if len(program.symbols) > len(SYMBOLS):
        raise ValueError(f"there are colours for {len(SYMBOLS)} symbols, not for {len(program.symbols)}")
    tape_TN, head_T, state_T, halted_T = (np.asarray(a) for a in history)
    steps = int(np.sum(~halted_T[:-1]))
    tape_TN, head_T, state_T = tape_TN[: steps + 1], head_T[: steps + 1], state_T[: steps + 1]
    used = np.flatnonzero(tape_TN.any(axis=0) | np.isin(np.arange(tape_TN.shape[1]), head_T))
    low, high = max(used.min() - 1, 0), min(used.max() + 2, tape_TN.shape[1])

    cell = WIDTH * 0.95 / max(steps + 1, 40)  # inches, of one step
    figure = Figure(figsize=(WIDTH, 1.5 + max(cell, 0.17) * (high - low)), layout="constrained")
    axis = figure.subplots()
    axis.imshow(
        tape_TN[:, low:high].T,
        cmap=ListedColormap(SYMBOLS),
        vmin=-0.5,
        vmax=len(SYMBOLS) - 0.5,
        extent=(-0.5, steps + 0.5, high - 0.5, low - 0.5),
        aspect="auto",
        interpolation="nearest",
    )
    axis.set_yticks(np.arange(low, high + 1) - 0.5, minor=True)
    axis.set_xticks(np.arange(steps + 2) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=0.5)
    axis.tick_params(which="minor", length=0)
    axis.set(xlabel="step", ylabel="cell of the tape", title=title)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.yaxis.get_major_locator().set_params(integer=True)

    axis.plot(head_T, color="black", linewidth=0.4, alpha=0.4)
    size = min(cell, 0.17) * 72 * 0.7
    legend = [
        Patch(facecolor=SYMBOLS[i], edgecolor="0.6", label=f"{s} on the tape") for i, s in enumerate(program.symbols)
    ]
    for i, name in enumerate(program.states):
        last = i == len(program.states) - 1
        look = {"linestyle": "", "marker": "X" if last else "o", "color": "black" if last else STATES[i % len(STATES)]}
        at = np.flatnonzero(state_T == i)
        axis.plot(at, head_T[at], markersize=size * (1.4 if last else 1), markeredgewidth=0, **look)
        legend.append(Line2D([], [], markersize=6, label=name if last else f"head, state {name}", **look))
    figure.legend(handles=legend, loc="outside lower center", ncols=len(legend), frameon=False, fontsize=9)
    return figure
