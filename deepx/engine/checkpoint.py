"""Checkpoints with Orbax: the carry and the host's books of one step, committed together or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from deepx.engine.errors import UserError
from deepx.engine.program import Carry
from deepx.engine.run import Run


class Checkpoints:
    """The checkpoints of a work directory: the newest `run.keep`, and the best where `run.select` names a metric."""

    def __init__(self, directory: Path, run: Run):
        self.directory = directory
        goal, _, self._metric = run.select.partition(" ")
        self._selects = goal != "last"
        kept: list[Any] = [checkpoint_managers.LatestN(n=run.keep)]
        best: dict[str, Any] = {}
        if self._selects:

            def score(metrics: dict[str, float]) -> float:
                return metrics[self._metric]

            best = {"best_fn": score, "best_mode": goal}
            kept.append(
                checkpoint_managers.BestN(
                    get_metric_fn=score, reverse=goal == "min", n=1, keep_checkpoints_without_metrics=False
                )
            )
        self._manager = ocp.CheckpointManager(
            directory.absolute(),
            options=ocp.CheckpointManagerOptions(
                preservation_policy=checkpoint_managers.AnyPreservationPolicy(kept),
                cleanup_tmp_directories=True,
                **best,
            ),
        )

    def save(self, carry: Carry, books: dict[str, Any], metrics: dict[str, float] | None = None) -> None:
        """Starts saving (committed in the background); `metrics` are those of an evaluation at this step.

        Raises UserError when the metric that `run.select` names is not among them.
        """
        if self._selects and metrics is not None and self._metric not in metrics:
            raise UserError(
                f"run.select names the metric {self._metric!r}, but an evaluation gives {', '.join(metrics)}."
            )
        self._manager.save(
            int(carry.step),
            args=ocp.args.Composite(carry=ocp.args.StandardSave(carry), books=ocp.args.JsonSave(books)),
            metrics=metrics,
            force=True,
        )

    def wait(self) -> None:
        """Returns when every save is committed."""
        self._manager.wait_until_finished()

    def steps(self) -> list[int]:
        """Steps of the committed checkpoints, newest first."""
        return sorted(self._manager.all_steps(), reverse=True)

    def newest(self, abstract: Carry, say: Callable[[str], None]) -> tuple[Carry, dict[str, Any]] | None:
        """The newest checkpoint that can be read; a damaged one is put aside, said, and the one before it taken."""
        for step in self.steps():
            try:
                return self.read(step, abstract)
            except Exception as error:  # whatever a damaged file makes of the readers beneath
                aside = self.directory.with_name("damaged_checkpoints") / str(step)
                aside.parent.mkdir(exist_ok=True)
                shutil.rmtree(aside, ignore_errors=True)
                (self.directory / str(step)).rename(aside)
                self._manager.reload()
                reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
                say(
                    f"The checkpoint of step {step} is damaged ({reason}); put aside in {aside}, taking the one before."
                )
        return None

    def read(self, step: int, abstract: Carry) -> tuple[Carry, dict[str, Any]]:
        """The carry and the books of `step`."""
        restored = self._manager.restore(
            step, args=ocp.args.Composite(carry=ocp.args.StandardRestore(abstract), books=ocp.args.JsonRestore())
        )
        # Orbax may hand the program memory it does not own; the loop donates the carry, so it gets a copy.
        return jax.tree.map(lambda a: a.copy(), restored["carry"]), restored["books"]

    def best(self) -> int:
        """The step of the best checkpoint by `run.select`; of the newest for 'last'."""
        return self._manager.best_step() if self._selects else self.steps()[0]

    def close(self) -> None:
        """Waits for pending saves and stops Orbax's threads."""
        self._manager.close()
