"""The one abstraction: an experiment is a record of pure functions.

The engine owns keys, `jit`, shardings, donation, the loop, checkpoints and metrics; an experiment owns mathematics.
What varies is built by transforming the record (see `replicated`), not by options inside the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure as Picture

from deepx.engine.data import DeviceData, HostData

Array = jax.Array
Key = jax.Array  # a typed key, `jax.random.key`
State = Any  # pytrees of the experiment's own choice
Batch = Any


class Mean(NamedTuple):
    """An average kept as a sum and a count: added over batches, steps and devices, divided once at the end."""

    total: Array
    count: Array

    @classmethod
    def of(cls, values: Array, mask: Array | None = None) -> Mean:
        """The mean of `values`; entries where `mask` (same shape, 0 or 1) is 0 do not count."""
        mask = jnp.ones_like(values) if mask is None else mask.astype(values.dtype)
        return cls(jnp.sum(values * mask), jnp.sum(mask))


Metrics = Mapping[str, Mean]


class Figure(NamedTuple):
    """A picture with the numbers it was drawn from and the sentence that stands under it."""

    picture: Picture
    numbers: Mapping[str, np.ndarray]
    caption: str


class Report(NamedTuple):
    """What an experiment shows of a finished state: figures by file name, and metrics no batch average gives."""

    figures: Mapping[str, Figure]
    metrics: Mapping[str, Any] = {}


class Told(NamedTuple):
    """What follows from a look: metrics, and sentences about what is wrong with what was seen."""

    metrics: Mapping[str, Any]
    alarms: Sequence[str] = ()


class Served(NamedTuple):
    """A trained net as a function of arrays alone, which `--mode=export` writes with its weights.

    function: arrays by name -> arrays by name, pure.
    inputs:   by name, shape and type; a size may be a name, 'batch', and then be any.
    about:    what goes in and comes out, in a sentence or two.
    extras:   what else is needed to read them, such as a vocabulary; anything JSON can hold.
    """

    function: Callable[[Mapping[str, Array]], Mapping[str, Array]]
    inputs: Mapping[str, tuple[Sequence[int | str], str]]
    about: str
    extras: Mapping[str, Any] = {}


class Watch(NamedTuple):
    """How to look at a state while it trains.

    look:  state, key -> arrays by name, a pure function; the key is the same at every look.
    tell:  these arrays, stacked over all looks so far -> what follows for the last.
    film:  steps, arrays stacked over the looks at them -> figures by file name.
    """

    look: Callable[[State, Key], Mapping[str, Array]]
    tell: Callable[[Mapping[str, np.ndarray]], Told]
    film: Callable[[Sequence[int], Mapping[str, np.ndarray]], Mapping[str, Figure]]


class Experiment(NamedTuple):
    """Everything the engine needs to know of a benchmark. All functions are pure and none is jitted.

    init:        key -> state.
    train_step:  state, batch, key -> new state, metrics of this step (before the update). Single-device mathematics;
                 `key` is the run's key folded with the step.
    eval_step:   state, batch -> metrics.
    train_data:  batch `i` is a function of the seed and `i` alone, so the step is the data position.
    eval_data:   finite sources by split, evaluated during training (validation).
    test_data:   finite sources by split, read once, with the selected state, after training.
    gradients:   state, batch, key -> the gradients train_step would apply; read when a step goes wrong.
    watch:       looks at the state at every evaluation, for what no batch average gives.
    report:      state, key -> figures and further metrics of the selected state.
    summary:     all that was measured, by name (one value a replica) -> what follows from it: means over tasks, what a
                 rule of selection among replicas gives.
    predict:     what `--mode=predict` does with the selected state; it has flags of its own, and prints.
    serve:       the selected state -> what `--mode=export` writes of it.
    replicas:    set by `replicated`: length of the leading axis of state, key and metrics; None: no such axis.
    split:       what is too large for one device: the end of an array's path in the state, 'output/kernel' -> the axis
                 that is shared out along the mesh's `model` axis, counted from the end (replicas have one in front).
    mappable:    whether a step's losses and statistics are means over the examples of its batch, so that it can be
                 taken on parts of it and averaged (`run.parallel = "pmap"`).
    in_turn:     `replicated` takes replicas one after another: convolutions with a kernel each are slow side by side.
    units:       unit by metric, for the record ('bits', '%').
    provenance:  where the data came from, for the record, as the data itself tells it.
    """

    init: Callable[[Key], State]
    train_step: Callable[[State, Batch, Key], tuple[State, Metrics]]
    eval_step: Callable[[State, Batch], Metrics]
    train_data: DeviceData | HostData
    eval_data: Mapping[str, DeviceData | HostData]
    test_data: Mapping[str, DeviceData | HostData] = {}
    gradients: Callable[[State, Batch, Key], Any] | None = None
    watch: Watch | None = None
    report: Callable[[State, Key], Report] | None = None
    summary: Callable[[Mapping[str, np.ndarray]], Report] | None = None
    predict: Callable[[State], None] | None = None
    serve: Callable[[State], Served] | None = None
    replicas: int | None = None
    split: Mapping[str, int] = {}
    mappable: bool = False
    in_turn: bool = False
    units: Mapping[str, str] = {}
    provenance: str = "generated"
