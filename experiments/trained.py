"""What earlier runs have learnt, for those that go on from there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from ml_collections import ConfigDict

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment
from deepx.engine.program import Program
from deepx.engine.replicated import of_seeds, separate
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir

Build = Callable[[ConfigDict], Experiment]


def trained(path: Path, build: Build) -> tuple[ConfigDict, Any]:
    """Config and selected variables of the run in `path`, an experiment of `build`; of several replicas, the first's.

    Raises UserError where there is no such run, or nothing to be loaded.
    """
    config, variables = every_seed(path, build)
    return config, variables[0]


def config_of(path: Path) -> ConfigDict:
    """The config of the run in `path`. Raises UserError where there is none."""
    if not (path / "config.json").exists():
        raise UserError(f"{path} holds no run (no config.json).")
    return Workdir(path).config()


def every_seed(path: Path, build: Build) -> tuple[ConfigDict, list[Any]]:
    """The same of every replica."""
    config = config_of(path)
    run, experiment = Run(**config.run).on_one_device, build(config)
    program = Program(of_seeds(experiment, run.replicas), run, jax.devices()[:1])
    checkpoints = Checkpoints(path / "checkpoints", run)
    try:
        state = checkpoints.selected(program.abstract(), lambda text: print(text, file=sys.stderr)).carry.state
    finally:
        checkpoints.close()
    variables = {"params": state.params, "batch_stats": state.stats}
    return config, separate(variables, run.replicas)
