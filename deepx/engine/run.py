"""The `run` section of every config: how long, how often, how many seeds."""

from __future__ import annotations

import dataclasses

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

    # Keys that may change between the sessions of one work directory: what was computed so far does not depend on them.
    # (So no schedule may read run.steps.)
    MUTABLE = ("run.steps", "run.keep", "run.checkpoint_every")

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

    @property
    def seeds(self) -> list[int]:
        """The seeds of all replicas."""
        return list(range(self.seed, self.seed + self.replicas))
