"""The `run` section of every config: how long, how often, how many seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from deepx.engine.errors import UserError


@dataclasses.dataclass(frozen=True)
class Run:
    """How the engine runs an experiment. All periods are in steps and multiples of `steps_per_call`.

    seed:              seed of the run; with replicas, of the first of them.
    replicas:          seeds trained side by side in one program (`replicated`): seed, seed + 1, ...
    steps:             training steps in all.
    steps_per_call:    steps in one compiled dispatch (`lax.scan`).
    log_every:         one row of training metrics.
    eval_every:        evaluation on `eval_data`, then a checkpoint.
    checkpoint_every:  further checkpoints between evaluations.
    keep:              newest checkpoints kept (the best, where `select` names a metric, is kept besides).
    select:            the state that is tested and reported: 'last', or 'min METRIC' / 'max METRIC' over evaluations,
                       METRIC being averaged over replicas.
    parallel:          'jit': one program, divided over the devices; 'pmap': the step mapped over them, with averaged
                       gradients and batch statistics of each device's own (`parallel`).
    mesh:              devices along the axes {'data', 'model'}: batches are shared out over data (0: all devices that
                       there are), what the experiment calls too large for one device over model.
    shard_state:       parameters and optimiser state are shared out over the data axis too, not held whole.
    """

    seed: int
    replicas: int
    steps: int
    steps_per_call: int
    log_every: int
    eval_every: int
    checkpoint_every: int
    keep: int
    select: str
    parallel: str
    mesh: Mapping[str, int]
    shard_state: bool

    # Keys that may change between the sessions of one work directory: what was computed so far does not depend on them.
    # (So no schedule may read run.steps.)
    MUTABLE = (
        *("run.steps", "run.keep", "run.checkpoint_every"),
        *("run.mesh.data", "run.mesh.model", "run.shard_state"),
    )

    def __post_init__(self) -> None:
        for name in ("replicas", "steps_per_call", "keep"):
            if getattr(self, name) < 1:
                raise UserError(f"run.{name} is {getattr(self, name)}; it must be at least 1.")
        for name in ("steps", "log_every", "eval_every", "checkpoint_every"):
            value, k = getattr(self, name), self.steps_per_call
            if value < 1 or value % k:
                near = max(k, round(value / k) * k)
                raise UserError(
                    f"run.{name} is {value}; it must be a positive multiple of run.steps_per_call = {k}, as {near} is."
                )
        if not 0 <= self.seed <= 2**32 - self.replicas:
            raise UserError(f"run.seed is {self.seed}; seeds must lie between 0 and {2**32 - 1}.")
        goal, _, metric = self.select.partition(" ")
        if not (self.select == "last" or (goal in ("min", "max") and metric)):
            raise UserError(f"run.select is {self.select!r}; it must be 'last', 'min METRIC' or 'max METRIC'.")
        self._check_devices()

    def _check_devices(self) -> None:
        if set(self.mesh) != {"data", "model"} or self.mesh["data"] < 0 or self.mesh["model"] < 1:
            raise UserError(
                f"run.mesh is {dict(self.mesh)}; it must give data, 0 (all devices) or more, and model, 1 or more."
            )
        if self.parallel not in ("jit", "pmap"):
            raise UserError(f"run.parallel is {self.parallel!r}; it must be 'jit' or 'pmap'.")
        if self.parallel == "pmap":
            whole = {"run.replicas": (self.replicas, 1), "run.mesh.model": (self.mesh["model"], 1)}
            whole["run.shard_state"] = (self.shard_state, False)
            for name, (value, needed) in whole.items():
                if value != needed:
                    raise UserError(
                        f"{name} is {value}, but run.parallel=pmap has one network, whole on every device: "
                        f"it needs {name}={needed}, or run.parallel=jit."
                    )

    @property
    def on_one_device(self) -> Run:
        """The same run, as one device takes it."""
        return dataclasses.replace(self, parallel="jit", mesh={"data": 1, "model": 1}, shard_state=False)

    @property
    def seeds(self) -> list[int]:
        """The seeds of all replicas."""
        return list(range(self.seed, self.seed + self.replicas))
