"""When a step is not finite: find out what went wrong first, and keep what it takes to see it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from deepx.engine.errors import UserError
from deepx.engine.hosts import primary
from deepx.engine.program import Carry, Program

BUNDLE = "failure"


class Diagnosis(NamedTuple):
    """A failed step: the first leaf that is not finite, the metrics, the largest gradient norms."""

    step: int
    leaf: str
    metrics: dict[str, Any]
    gradient_norms: dict[str, float]

    def __str__(self) -> str:
        metrics = ", ".join(f"{name} {value}" for name, value in self.metrics.items())
        norms = "".join(f"\n    {norm:12.5g}  {name}" for name, norm in self.gradient_norms.items())
        return (
            f"Step {self.step} is not finite. First leaf that is not finite: {self.leaf}. Metrics: {metrics}.\n"
            f"  Gradient norms, those that are not finite first, then the largest:{norms}"
        )


def diagnose(program: Program, carry: Carry, batch: Any) -> Diagnosis:
    """Takes the step after `carry` on `batch` once more, alone, and says what of it is not finite."""
    step = int(carry.step)
    key = program.key_at(step)
    whole = program.whole  # so that every process sees every number
    state, metrics = jax.jit(program.experiment.train_step, out_shardings=whole)(carry.state, batch, key)
    metrics = {name: np.round(np.float64(m.total) / np.float64(m.count), 6).tolist() for name, m in metrics.items()}
    gradients = {}
    if program.experiment.gradients is not None:
        gradients = jax.jit(program.experiment.gradients, out_shardings=whole)(carry.state, batch, key)
    norms = {
        jax.tree_util.keystr(path): float(jnp.linalg.norm(leaf.ravel()))
        for path, leaf in jax.tree_util.tree_leaves_with_path(gradients)
    }
    worst = sorted(norms, key=lambda name: (np.isfinite(norms[name]), -norms[name]))[:10]
    # In the order in which one would make the next not finite.
    leaf = _first_not_finite(batch=batch, gradients=gradients, state=state, metrics=metrics)
    return Diagnosis(step, leaf, metrics, {name: norms[name] for name in worst})


def _first_not_finite(**trees: Any) -> str:
    for name, tree in trees.items():
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            values = np.asarray(leaf)
            if np.issubdtype(values.dtype, np.inexact) and not np.isfinite(values).all():
                where = np.argwhere(~np.isfinite(values))[0].tolist()
                return f"{name}{jax.tree_util.keystr(path)}{where or ''} = {values[tuple(where)]}"
    return "none (finite when taken alone)"


def save_bundle(workdir: Path, carry: Carry, batch: Any, diagnosis: Diagnosis) -> Path:
    """Writes the state before the step, its batch and the diagnosis; `--mode=replay` takes the step again from them."""
    bundle = (workdir / BUNDLE).absolute()
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(bundle / "arrays", {"carry": carry, "batch": batch}, force=True)
    if primary():
        (bundle / "diagnosis.json").write_text(json.dumps(diagnosis._asdict(), indent=1))
    return bundle


def replay(program: Program, workdir: Path) -> Diagnosis:
    """Takes the step kept in the work directory's bundle again, on whatever devices there are.

    Raises UserError where there is no bundle.
    """
    bundle = (workdir / BUNDLE).absolute()
    if not (bundle / "arrays").exists():
        raise UserError(f"{workdir} holds no failed step to take again: there is no {BUNDLE}/ in it.")
    wanted = {"carry": program.abstract(), "batch": program.abstract_batch()}
    with ocp.StandardCheckpointer() as checkpointer:
        arrays = checkpointer.restore(bundle / "arrays", wanted)
    return diagnose(program, arrays["carry"], arrays["batch"])
