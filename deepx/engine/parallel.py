"""`run.parallel = "pmap"`: the step mapped over replicas of the network, as multi-GPU papers did before `jit` divided
programs. A transform of the record.

Every device takes the step on its part of the batch, with dropout and noise of its own. Gradients are averaged before
the optimiser sees them, so all devices keep the same parameters. Batch normalisation uses the statistics of a device's
part (under `jit`, those of the whole batch); the running averages become the means over devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment

AXIS = "data"


def mapped(experiment: Experiment, mesh: Mesh) -> Experiment:
    """`experiment`, its step mapped over the `data` axis of `mesh`. Raises UserError where it is not `mappable`."""
    if not experiment.mappable:
        raise UserError(
            "This benchmark cannot be mapped over devices: what its step computes of a batch is no mean over examples. "
            "Use run.parallel=jit."
        )

    def over(function: Callable) -> Callable:
        return jax.shard_map(function, mesh=mesh, in_specs=(P(), P(AXIS), P()), out_specs=P(), check_vma=False)

    def train_step(state, batch, key):
        state, metrics = experiment.train_step(state, batch, _own(key))
        return state, lax.psum(metrics, AXIS)

    def gradients(of: Callable) -> Callable:
        return over(lambda state, batch, key: of(state, batch, _own(key)))

    of_step = experiment.gradients and gradients(experiment.gradients)
    return experiment._replace(train_step=over(train_step), gradients=of_step)


def averaged_over_replicas(tree: Any) -> Any:
    """The means over devices of the floating-point arrays in `tree`; `tree` itself where a step is not `mapped`."""
    if AXIS not in jax.sharding.get_abstract_mesh().manual_axes:
        return tree
    return jax.tree.map(lambda a: lax.pmean(a, AXIS) if jnp.issubdtype(a.dtype, jnp.inexact) else a, tree)


def _own(key):
    return jax.random.fold_in(key, lax.axis_index(AXIS))
