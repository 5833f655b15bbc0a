"""After training: select a state, read the test set once, draw, and write down what was measured."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from ml_collections import ConfigDict
from rich.console import Console
from rich.table import Table

from deepx.engine import log
from deepx.engine.checkpoint import Checkpoints
from deepx.engine.curves import curves
from deepx.engine.hosts import primary
from deepx.engine.interrupt import Interrupt
from deepx.engine.loop import Trained, refuse_fewer_steps, train
from deepx.engine.program import Carry, Program
from deepx.engine.progress import Progress
from deepx.engine.record import families, line_by_line, result
from deepx.engine.report import save_figures, write_report
from deepx.engine.watch import watcher_of
from deepx.engine.workdir import Workdir


def completed(
    program: Program,
    checkpoints: Checkpoints,
    workdir: Workdir,
    config: ConfigDict,
    paper: dict[str, Any] | None,
    progress: Progress,
    interrupt: Interrupt,
    command: str,
) -> dict[str, Any] | None:
    """Trains to `run.steps` and finishes: the record, None where this process is not the first.

    A run that was complete before is left as it is. Raises Interrupted, NotFinite and UserError as `train` does.
    """
    refuse_fewer_steps(checkpoints, program.run.steps)
    workdir.claim(config)
    if max(checkpoints.steps(), default=0) < program.run.steps:
        workdir.reopen()
    with interrupt:
        trained = train(program, checkpoints, workdir.path, progress, interrupt)
    record = None if trained.steps_taken else workdir.result()
    if record is None:
        return finish(program, checkpoints, trained, workdir, config, paper, progress, command)
    progress.say(f"This run was complete on {record['date']}. Delete its result.json to test and draw it again.")
    return record


def finish(
    program: Program,
    checkpoints: Checkpoints,
    trained: Trained,
    workdir: Workdir,
    config: ConfigDict,
    paper: dict[str, Any] | None,
    progress: Progress,
    command: str,
) -> dict[str, Any] | None:
    """Tests the selected state, writes figures, `result.json` and `report.html`, and returns the record.

    All processes test; what follows is the first one's, and the others get None.
    """
    carry = trained.carry
    if program.run.select != "last":
        carry = checkpoints.selected(program.abstract(), progress.say).carry
    step = int(carry.step)
    progress.say(f"Testing the state of step {step}.")
    tested, state = test(program, carry), program.gathered(carry.state)
    if not primary():
        return None
    values = {**_logged(workdir, step), **tested}
    figures = {"curves": curves(log.read(workdir.path), program.experiment.units)}
    if watcher := watcher_of(program, workdir.path):
        figures = {**watcher.film(program.run.steps), **figures}
    if program.experiment.report is not None:
        report = program.experiment.report(state, program.report_key)
        values |= report.metrics
        figures = {**report.figures, **figures}
    if program.experiment.summary is not None:
        summary = program.experiment.summary(values)
        values |= summary.metrics
        figures = {**summary.figures, **figures}
    record = result(
        config,
        paper,
        values,
        units=program.experiment.units,
        provenance=program.experiment.provenance,
        seeds=program.run.seeds,
        selection=_selection(program.run.select, step),
        wall_seconds=trained.wall_seconds,
        commits=trained.commits,
        devices=program.mesh.devices.ravel().tolist(),
        command=command,
    )
    save_figures(workdir.path, figures)
    write_report(workdir.path, record, config.to_dict(), figures)
    workdir.write_json("result.json", record)  # last: it says that the run is complete
    return record


def test(program: Program, carry: Carry) -> dict[str, np.ndarray]:
    """The metrics of every test split by name; the only place where test data is read."""
    return log.by_name(program.test(carry.state))


def evaluate_selected(program: Program, checkpoints: Checkpoints, workdir: Workdir) -> int:
    """`--mode=eval`: the selected checkpoint's metrics, measured again and printed."""
    carry = checkpoints.selected(program.abstract(), said).carry
    named = log.by_name(program.validate(carry.state)) | test(program, carry)
    entries = {name: {"mean": float(np.mean(v)), "values": np.atleast_1d(v).tolist()} for name, v in named.items()}
    if primary():
        show(entries, workdir.config().reported.to_dict())
    return 0


def said(text: str) -> None:
    """Says something where there is no bar."""
    if primary():
        print(text, file=sys.stderr)


def show(metrics: dict[str, Any], paper: dict[str, Any]) -> None:
    """Tables of results beside the paper's: a line a metric; of metrics with many names, METRIC/NAME, a line a name."""
    if lines := line_by_line(metrics, paper):
        table = Table(*lines[0], box=None, pad_edge=False)
        for line in lines[1:]:
            table.add_row(*line)
        Console().print(table, "")
    wide = families(metrics)
    table = Table("metric", "ours", "each seed", "paper", box=None, pad_edge=False)
    for name, entry in metrics.items():
        if name.partition("/")[0] not in wide:
            each = " ".join(f"{value:.4g}" for value in entry["values"]) if len(entry["values"]) > 1 else ""
            theirs = str(paper[name]["value"]) if name in paper else ""
            table.add_row(name, f"{entry['mean']:.4g}", each, theirs)
    Console().print(table)


def _logged(workdir: Workdir, step: int) -> dict[str, Any]:
    """Training and evaluation metrics as they were logged at the selected step."""
    rows = {row["split"]: row["values"] for row in log.read(workdir.path) if row["step"] == step}
    named = {name: np.asarray(value) for name, value in log.by_name(rows).items()}
    return {name: value for name, value in named.items() if not name.startswith("train_gradient_norm")}


def _selection(select: str, step: int) -> str:
    return "last step, every seed reported" if select == "last" else f"step {step}: {select} over evaluations"
