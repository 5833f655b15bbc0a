"""The tasks of the neural Turing machine as data: what is trained on, and under which conditions it is tested."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.data import algorithmic
from deepx.data.algorithmic import Batch
from deepx.engine.data import DeviceData
from deepx.engine.errors import UserError, nearest

TASKS = algorithmic.tasks()


def task_of(config: ConfigDict) -> tuple[ModuleType, dict[str, Any]]:
    """The task's module and its settings. Raises UserError for an unknown name."""
    settings = config.task.to_dict()
    name = settings.pop("name")
    if name not in TASKS:
        raise UserError(f"task.name is {name!r}; it must be one of {', '.join(TASKS)}.{nearest(name, TASKS)}")
    return TASKS[name], settings


def sizes(config: ConfigDict) -> tuple[int, int]:
    """Input and output channels of the task, by those of its settings that they depend on."""
    task, settings = task_of(config)
    return told(task.sizes, settings)()


def told(function: Callable[..., Any], settings: Mapping[str, Any]) -> Callable[..., Any]:
    """A task's function, given those of the task's settings that it has parameters for."""
    return partial(
        function, **{name: settings[name] for name in inspect.signature(function).parameters if name in settings}
    )


def training(config: ConfigDict) -> DeviceData:
    """Endless batches over the task's own ranges."""
    return data(config, {"": {}}, config.batch_size)[""]


def conditions(config: ConfigDict) -> dict[str, dict[str, Any]]:
    """Name -> the settings that a test condition changes. Raises UserError for one that the task does not have."""
    _, settings = task_of(config)
    named = config.evaluation.conditions.to_dict()
    for name, changed in named.items():
        for key in changed:
            if key not in settings:
                raise UserError(
                    f"evaluation.conditions.{name} sets {key!r}, which the task {config.task.name!r} does not have."
                    f"{nearest(key, settings)} It has {', '.join(settings)}."
                )
    if config.evaluation.watched not in named:
        raise UserError(
            f"evaluation.watched is {config.evaluation.watched!r}; it must be one of {', '.join(named)}."
            f"{nearest(config.evaluation.watched, named)}"
        )
    return named


def data(
    config: ConfigDict, changes: Mapping[str, Mapping[str, Any]], batch_size: int, batches: int | None = None
) -> dict[str, DeviceData]:
    """Batches under each of the conditions, padded to the longest of them: one program serves them all.

    Ranges reach that program as arrays, so they are checked here: raises ValueError where the task's `sample` would.
    """
    task, settings = task_of(config)
    ranges = {name: {k: v for k, v in {**settings, **c}.items() if in_range(k)} for name, c in changes.items()}
    fixed = [{k: v for k, v in {**settings, **c}.items() if not in_range(k)} for c in changes.values()]
    if any(others != fixed[0] for others in fixed):
        raise UserError("The conditions of one evaluation may differ in ranges (min_..., max_...) only.")
    padded = {
        "padded_" + k.removeprefix("max_"): max(r[k] for r in ranges.values())
        for k in next(iter(ranges.values()))
        if k.startswith("max_")
    }

    def sample(ranges: Mapping[str, Any], key: jax.Array, i: jax.Array | int) -> Batch:
        return task.sample(jax.random.fold_in(key, i), batch_size=batch_size, **fixed[0], **padded, **ranges)

    for r in ranges.values():
        jax.eval_shape(lambda key, r=r: sample(r, key, 0), jax.random.key(0))
    as_arrays = {name: {k: np.int32(v) for k, v in r.items()} for name, r in ranges.items()}
    return {name: DeviceData(sample, r, batches) for name, r in as_arrays.items()}


def in_range(name: str) -> bool:
    return name.startswith(("min_", "max_"))


def example(config: ConfigDict, changed: Mapping[str, Any], key: jax.Array) -> Batch:
    """One sequence under a condition, without padding, as NumPy arrays [T, ...]."""
    task, settings = task_of(config)
    batch = jax.device_get(jax.jit(lambda key: task.sample(key, batch_size=1, **{**settings, **changed}))(key))
    used = np.flatnonzero(batch.mask_BT[0]).max(initial=0) + 1
    return jax.tree.map(lambda a: a[0, :used], batch)
