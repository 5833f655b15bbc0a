"""`--mode=predict`: a trained network answers a sequence that was typed, beside the right answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict
from rich.console import Console
from rich.text import Text

from deepx.data.algorithmic import Batch, ngrams
from deepx.engine.experiment import Array
from deepx.engine.replicated import separate
from experiments import lines, ntm_tasks

LONGEST = 1000  # steps of a sequence that is typed
SHORTEST = 64  # steps of a program; others have twice as many, four times, ...
APART = 0.1  # from which on two probabilities are marked as different
TOGETHER = 10  # bits of N-grams without a space
LABEL = 10  # letters

Network = Callable[[np.ndarray], np.ndarray]  # inputs [T, I] -> probabilities [T, O]


def predict(config: ConfigDict, apply: Callable[[Any, Array], Array], state: Any) -> None:
    """Answers every line of standard input; an empty one is a random example. Raises UserError where there is none."""
    task, settings = ntm_tasks.task_of(config)
    typed, written, said = (ntm_tasks.told(f, settings) for f in (task.FORM.typed, task.FORM.written, task.FORM.said))
    params = separate(state.params, config.run.replicas)[0]
    program = jax.jit(lambda inputs_TI: jax.nn.sigmoid(apply(params, inputs_TI[None])[0]))
    key, examples = jax.random.key(config.run.seed), count()

    def network(inputs_TI: np.ndarray) -> np.ndarray:
        return np.asarray(program(padded(inputs_TI)))[: len(inputs_TI)]

    def each(line: str) -> None:
        if not line:
            line = written(ntm_tasks.example(config, {}, jax.random.fold_in(key, next(examples))))
            print(line)
        batch = jax.tree.map(lambda a: np.asarray(a[0]), typed(line))
        if len(batch.mask_BT) > LONGEST:
            raise ValueError(f"That takes {len(batch.mask_BT):,} steps; {LONGEST:,} are the most.")
        if config.task.name == "ngrams":
            show_expected(batch, network, config.task.context)
        else:
            show_answer(batch, network, said)

    lines.answer(f"{task.FORM.told.format(**settings)}, or nothing for a random example", each)


def padded(inputs_TI: np.ndarray) -> np.ndarray:
    """With zeros behind, up to the shortest program that holds it."""
    steps = SHORTEST
    while steps < len(inputs_TI):
        steps *= 2
    return np.pad(inputs_TI, ((0, steps - len(inputs_TI)), (0, 0)))


def show_answer(batch: Batch, network: Network, said: Callable[[np.ndarray], list[str]]) -> None:
    """The answer above the right one, and how many of its bits are wrong."""
    judged = batch.mask_BT > 0
    right, answered = batch.targets_BTO[judged], network(batch.inputs_BTI)[judged]
    wrong = int(((answered > 0.5) != (right > 0.5)).sum())
    rows = {"answered": said(answered), "right": said(right)}
    show(rows, [[a != b for a, b in zip(*pair, strict=True)] for pair in zip(*rows.values(), strict=True)])
    print(f"{wrong} of {right.size} bits wrong." if wrong else f"All {right.size} bits right.", flush=True)


def show_expected(batch: Batch, network: Network, context: int) -> None:
    """What was expected at every bit, beside what the optimal estimator expects, and the next bit's probability."""
    inputs_TI = batch.inputs_BTI
    p_T = network(inputs_TI)[:, 0]
    optimal_T = np.asarray(ngrams.optimal_estimate(jnp.asarray(padded(inputs_TI)[None, :, 0]), context))[0, : len(p_T)]
    told = f"The next bit is a 1 with probability {p_T[-1]:.2f}; {optimal_T[-1]:.2f} is the optimal estimate."
    judged = batch.mask_BT > 0
    if not judged.any():
        print(f"{told} It takes more than {context} bits to judge.", flush=True)
        return
    bits = inputs_TI[:, 0]
    before = context * "."
    rows = {
        "bits": "".join("01"[int(bit)] for bit in bits),
        "network": before + tenths(p_T[judged]),
        "optimal": before + tenths(optimal_T[judged]),
    }
    apart = [False] * context + list(abs(p_T - optimal_T)[judged] >= APART)
    show({label: grouped(row) for label, row in rows.items()}, grouped(apart))
    costs = [-np.log2(np.where(bits[context:] > 0.5, p, 1 - p)).sum() for p in (p_T[judged], optimal_T[judged])]
    print(
        f"A digit is the probability, in tenths, that the bit would be a 1: {APART} apart or more at {sum(apart)} of "
        f"{judged.sum()}.\nThe bits cost {costs[0]:.1f} bits, {costs[1]:.1f} by the optimal estimate.\n{told}",
        flush=True,
    )


def tenths(p_T: np.ndarray) -> str:
    return "".join(str(min(9, int(10 * p))) for p in p_T)


def grouped(row: Sequence[Any]) -> list[Any]:
    return [row[start : start + TOGETHER] for start in range(0, len(row), TOGETHER)]


def show(rows: Mapping[str, Sequence[str]], marks: Sequence[Sequence[bool]]) -> None:
    """Rows of words of one width, as many beside one another as the screen has room for; ^ below what is marked, and
    where there are colours, the first row is red there.
    """
    console = Console(highlight=False, soft_wrap=True)
    beside = max(1, (console.width - LABEL + 1) // (len(marks[0]) + 1))
    for start in range(0, len(marks), beside):
        part = slice(start, start + beside)
        if start:
            console.print()
        marked = " ".join("".join("^" if mark else " " for mark in of_word) for of_word in marks[part])
        for number, (label, words) in enumerate(rows.items()):
            text = Text(f"{label:{LABEL}}")
            for letter, mark in zip(" ".join(words[part]), marked, strict=True):
                text.append(letter, "bold red" if mark == "^" and not number else "")
            text.rstrip()
            console.print(text)
        if marked.strip():
            console.print(Text(" " * LABEL + marked.rstrip(), "red"))
