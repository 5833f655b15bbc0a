"""Several seeds in one program: a transform of the record, not an option of the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from deepx.engine.data import DeviceData
from deepx.engine.experiment import Experiment


def replicated(experiment: Experiment, n: int) -> Experiment:
    """`n` independent runs by `vmap`, or one after another (`Experiment.in_turn`), each step in one program: states,
    keys and metrics gain a leading axis of length `n`.

    Replica i computes what a single run of its seed computes (the same keys; sums in another order). Training batches
    made on the device are each replica's own; batches read by the host, and all evaluation data, are shared by the
    replicas. `report` is given the stacked state.
    """
    data = experiment.train_data
    own = isinstance(data, DeviceData)
    if own:
        data = data._replace(sample=jax.vmap(data.sample, in_axes=(None, 0, None)))
    step_axes = (0, 0 if own else None, 0)
    over = in_turn if experiment.in_turn else jax.vmap
    return experiment._replace(
        init=jax.vmap(experiment.init),
        train_step=over(experiment.train_step, in_axes=step_axes),
        eval_step=over(experiment.eval_step, in_axes=(0, None)),
        gradients=experiment.gradients and over(experiment.gradients, in_axes=step_axes),
        watch=experiment.watch and experiment.watch._replace(look=over(experiment.watch.look, in_axes=(0, 0))),
        train_data=data,
        replicas=n,
    )


def of_seeds(experiment: Experiment, replicas: int) -> Experiment:
    """`experiment` for as many seeds as `run.replicas` says: for one, itself, without a leading axis."""
    return experiment if replicas == 1 else replicated(experiment, replicas)


def separate(tree: Any, replicas: int) -> list[Any]:
    """What each of `run.replicas` has of a tree that has the leading axis where there are several."""
    return [tree] if replicas == 1 else [jax.tree.map(lambda a, r=r: a[r], tree) for r in range(replicas)]


def in_turn(function: Callable, in_axes: tuple[int | None, ...]) -> Callable:
    """`jax.vmap` of `function` as a loop on the device. Axes are 0 or None."""

    def looped(*arguments):
        mapped = [argument for argument, axis in zip(arguments, in_axes, strict=True) if axis == 0]

        def one(slices):
            left = iter(slices)
            return function(
                *(argument if axis is None else next(left) for argument, axis in zip(arguments, in_axes, strict=True))
            )

        return jax.lax.map(one, mapped)

    return looped
