"""Benchmarks from a REPL or a notebook: what `./scripts/reproduce` does, in this process, and what it learnt at hand.

from experiments.interactive import run

copy = run("ntm/copy:smoke", changes={"run.steps": 80})
copy.curves                  # a figure
copy.metrics["bits_per_sequence/len4"]
copy.state.params            # as `ntm.apply` takes them
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from matplotlib.figure import Figure as Picture
from ml_collections import ConfigDict

from deepx.engine import curves, log
from deepx.engine.checkpoint import Checkpoints
from deepx.engine.config import check_name, load
from deepx.engine.experiment import Experiment
from deepx.engine.finish import completed
from deepx.engine.interrupt import Interrupt
from deepx.engine.program import Program
from deepx.engine.progress import Progress
from deepx.engine.replicated import of_seeds
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir, workdir_of
from experiments import reproduce


@dataclass(frozen=True, repr=False)
class Finished:
    """A finished run: its directory, its config, the experiment made of it, the selected state, and `result.json`."""

    path: Path
    config: ConfigDict
    experiment: Experiment
    state: Any
    record: Mapping[str, Any]

    @property
    def metrics(self) -> dict[str, float]:
        """What was measured, by name; the mean over seeds."""
        return {name: entry["mean"] for name, entry in self.record["metrics"].items()}

    @property
    def curves(self) -> Picture:
        """All metrics against training steps."""
        return curves.curves(log.read(self.path), self.experiment.units).picture

    def __repr__(self) -> str:
        measured = "".join(f"\n  {name}: {value:.4g}" for name, value in self.metrics.items())
        return f"{self.config.benchmark}:{self.config.variant}, {self.config.run.steps} steps, in {self.path}{measured}"


def run(benchmark: str, workdir: str | Path | None = None, changes: Mapping[str, Any] | None = None) -> Finished:
    """Trains, tests and draws a benchmark, NAME[:VARIANT], on one device; where it was stopped, it goes on.

    workdir: as of the command; by default runs/NAME. changes: values of the config by dotted name.

    Raises UserError for a name that does not exist, a config that makes no sense, or a directory of another config;
    `loop.Interrupted`, after saving, when it is interrupted; `loop.NotFinite` at a step that is not finite.
    """
    config = config_of(benchmark, changes or {})
    experiment = importlib.import_module(f"experiments.{config.benchmark.split('/')[0]}").build(config)
    settings = Run(**config.run)
    with contextlib.ExitStack() as ending:
        directory = Workdir(Path(workdir or workdir_of(config.benchmark, config.variant)))
        ending.callback(directory.release)
        directory.check(config)
        program = Program(of_seeds(experiment, settings.replicas), settings, jax.local_devices()[:1])
        checkpoints = Checkpoints(directory.path / "checkpoints", settings)
        ending.callback(checkpoints.close)
        progress = ending.enter_context(Progress(config.benchmark, settings.steps))
        paper = config_of(f"{config.benchmark}:paper", {}).to_dict()
        command = f"run({benchmark!r}, changes={dict(changes or {})!r})"
        record = completed(program, checkpoints, directory, config, paper, progress, Interrupt(), command)
        assert record is not None  # of the only process
        state = checkpoints.selected(program.abstract(), progress.say).carry.state
    return Finished(directory.path, config, program.experiment, state, record)


def config_of(benchmark: str, changes: Mapping[str, Any]) -> ConfigDict:
    """The config of NAME[:VARIANT] with changes. Raises UserError for names that do not exist, with the nearest."""
    name, variant = reproduce.named_variant(benchmark)
    config = load(reproduce.CONFIGS / f"{name}.py", variant)
    for key, value in changes.items():
        check_name(key, config)
        config.update_from_flattened_dict({key: value})
    return config
