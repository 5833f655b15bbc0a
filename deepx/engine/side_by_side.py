"""Several experiments in one program: a transform of the record, for benchmarks that are a table of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from deepx.engine.data import DeviceData
from deepx.engine.experiment import Experiment, Metrics


def side_by_side(experiments: Mapping[str, Experiment]) -> Experiment:
    """The experiments by name, each with a state, keys, batches and metrics of its own; `METRIC/NAME` are the metrics.

    Every one must make its batches on the device, and have the same splits with as many batches each.
    """

    def each(function: str, *trees: Mapping[str, Any]) -> dict[str, Any]:
        return {name: getattr(one, function)(*(t[name] for t in trees)) for name, one in experiments.items()}

    def splits(which: str) -> dict[str, DeviceData]:
        all_of = {name: getattr(one, which) for name, one in experiments.items()}
        return {
            split: together({name: of[split] for name, of in all_of.items()}) for split in next(iter(all_of.values()))
        }

    def train_step(state, batch, key):
        after = each("train_step", state, batch, keys(key, experiments))
        return {name: s for name, (s, _) in after.items()}, flat({name: m for name, (_, m) in after.items()})

    first = next(iter(experiments.values()))
    return first._replace(
        init=lambda key: each("init", keys(key, experiments)),
        train_step=train_step,
        eval_step=lambda state, batch: flat(each("eval_step", state, batch)),
        gradients=first.gradients
        and (lambda state, batch, key: each("gradients", state, batch, keys(key, experiments))),
        train_data=together({name: one.train_data for name, one in experiments.items()}),
        eval_data=splits("eval_data"),
        test_data=splits("test_data"),
    )


def together(sources: Mapping[str, Any]) -> DeviceData:
    """Batches of all sources by name. Raises ValueError unless all have as many."""
    batches = {source.batches for source in sources.values()}
    if len(batches) > 1:
        raise ValueError(f"what is to be read together must have as many batches each, not {sorted(batches, key=str)}")

    def sample(arrays, key, i):
        of = keys(key, sources)
        return {name: source.sample(arrays[name], of[name], i) for name, source in sources.items()}

    return DeviceData(sample, {name: source.arrays for name, source in sources.items()}, batches.pop())


def keys(key, names: Mapping[str, Any]) -> dict[str, Any]:
    """A key for each name."""
    return dict(zip(names, jax.random.split(key, len(names)), strict=True))


def flat(metrics: Mapping[str, Metrics]) -> Metrics:
    """METRIC/NAME of metrics by name."""
    return {f"{metric}/{name}": mean for name, of in metrics.items() for metric, mean in of.items()}
