"""Runs of configs, as training would make them, for measurements of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import jax

from deepx.engine import config as configuration
from deepx.engine.experiment import Experiment
from deepx.engine.program import Program
from deepx.engine.run import Run
from experiments.plan import built

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


class Built(NamedTuple):
    experiment: Experiment
    run: Run

    def program(self) -> Program:
        """Over all devices."""
        return Program(self.experiment, self.run, jax.devices())


def built_of(name: str) -> Built:
    """The run of a benchmark, 'ntm/copy:cpu'; its variant is `cpu` unless said. Raises UserError."""
    benchmark, _, variant = name.partition(":")
    return Built(*built(configuration.load(CONFIGS / f"{benchmark}.py", variant or "cpu")))
