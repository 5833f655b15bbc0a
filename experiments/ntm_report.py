"""The figures of a trained network on an algorithmic task (Graves et al. 2014, figures 4 to 17), for the first seed."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import ntm_figures, turing_figures
from deepx.data.algorithmic import Batch, execution, ngrams
from deepx.engine.experiment import Figure, Key, Report
from deepx.nn import turing_machine
from experiments import ntm_tasks

PARTS = ("inputs", "targets", "outputs")
# The paper's figures of outputs, and of the memory in use.
IN_PAPER = {
    "copy": "figures 4 to 6",
    "repeat_copy": "figures 8 and 9",
    "associative_recall": "figures 11 and 12",
    "ngrams": "figures 14 and 15",
    "priority_sort": "figures 16 and 17",
}
SORTED = 200  # sequences in the figure of where a vector of which priority is written


def report(config: ConfigDict, model: Any, state: Any, key: Key) -> Report:
    """What was asked, wanted and answered under each condition; where the memory was written and read; of N-grams, the
    predictions beside the optimal ones; of sorting, the place that a priority is written to."""
    params = state.params
    if config.run.replicas > 1:
        params, key = jax.tree.map(lambda a: a[0], params), key[0]
    conditions = ntm_tasks.conditions(config)
    examples = {
        name: ntm_tasks.example(config, changed, jax.random.fold_in(key, i))
        for i, (name, changed) in enumerate(conditions.items())
    }
    apply, traced = jax.jit(model.apply), model.traced and jax.jit(model.traced)
    watched = examples[config.evaluation.watched]
    compared = f"; compare {IN_PAPER[config.task.name]}" if config.task.name in IN_PAPER else ""
    of = f"{config.model.controller} controller, seed {config.run.seed}{compared}."
    if config.task.name == "ngrams":
        return Report({"predictions": predictions(config, apply, params, watched, of)})
    figures = {"outputs": outputs(apply, params, examples, of)}
    if config.task.name == "execution":
        figures["machine"] = machine(config.task.program, watched)
    if traced is not None:
        figures["memory"] = memory(traced, params, watched, f"under {config.evaluation.watched}, {of}")
        if config.task.name == "priority_sort":
            figures["locations"] = locations(config, traced, params, key, of)
    return Report(figures)


def answered(apply, params, batch: Batch) -> np.ndarray:
    """Probabilities [T, O] of one sequence."""
    return np.asarray(jax.nn.sigmoid(apply(params, batch.inputs_BTI[None]))[0])


def outputs(apply, params, examples: dict[str, Batch], of: str) -> Figure:
    """What was shown, and, where it is judged, what was wanted and answered."""
    rows, numbers = {}, {}
    for name, batch in examples.items():
        judged = batch.mask_BT[:, None] > 0
        wanted, given = (np.where(judged, a, np.nan) for a in (batch.targets_BTO, answered(apply, params, batch)))
        rows[name] = (batch.inputs_BTI, wanted, given)
        numbers |= {f"{part}_{name}": a for part, a in zip(PARTS, rows[name], strict=True)}
    return Figure(ntm_figures.outputs_figure(rows), numbers, f"Outputs under {', '.join(rows)}: {of}")


def memory(traced, params, batch: Batch, of: str) -> Figure:
    """The memory in use, through the first write head and the first read head."""
    logits, trace = jax.tree.map(lambda a: np.asarray(a[0]), traced(params, batch.inputs_BTI[None]))
    shown = {
        "inputs": batch.inputs_BTI,
        "outputs": np.asarray(jax.nn.sigmoid(logits)) * batch.mask_BT[:, None],
        "adds": trace.add_BTEW[:, 0],
        "reads": trace.read_BTRW[:, 0],
        "write_w": trace.write_w_BTEN[:, 0],
        "read_w": trace.read_w_BTRN[:, 0],
    }
    return Figure(ntm_figures.memory_figure(**shown), shown, f"The memory in use {of}")


def predictions(config: ConfigDict, apply, params, batch: Batch, of: str) -> Figure:
    """The probability that the next bit is 1: the network's, and the optimal estimator's."""
    bits = batch.inputs_BTI[:, 0]
    numbers = {
        "bits": bits,
        "network": answered(apply, params, batch)[:, 0],
        "optimal": np.asarray(ngrams.optimal_estimate(jnp.asarray(bits)[None], config.task.context)[0]),
        "judged": batch.mask_BT,
    }
    return Figure(ntm_figures.predictions_figure(**numbers), numbers, f"Predictions of the next bit: {of}")


def machine(name: str, batch: Batch) -> Figure:
    """The Turing machine at work on the tape of the example."""
    program = execution.named(name).program
    cells = int(np.argmax(batch.mask_BT > 0)) - 1
    tape = jnp.asarray(batch.inputs_BTI[:cells, : len(program.symbols)].argmax(-1))
    _, history = turing_machine.run(program.table, tape, 1, 0, 2 * cells)
    history = jax.tree.map(np.asarray, history)
    picture = turing_figures.tape_figure(history, program, name.replace("_", " "))
    return Figure(picture, {"tape": history.tape, "head": history.head}, f"A Turing machine: {name.replace('_', ' ')}.")


def locations(config: ConfigDict, traced, params, key: Key, of: str) -> Figure:
    """Where each vector is written, against its priority (figure 17: on a line, once sorting is learned)."""
    task, settings = ntm_tasks.task_of(config)
    batch = task.sample(key, batch_size=SORTED, **settings)
    _, trace = traced(params, batch.inputs_BTI)
    shown = slice(0, settings["items"])
    numbers = {
        "priority": np.asarray(batch.inputs_BTI[:, shown, -2]),
        "slot": np.asarray(trace.write_w_BTEN[:, shown].argmax(-1)),
    }
    return Figure(ntm_figures.locations_figure(**numbers), numbers, f"Where a priority is written: {of}")
