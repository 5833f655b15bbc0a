"""Checkpoints with Orbax: the carry and the host's books of one step, committed together or not at all."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from deepx.engine import hosts
from deepx.engine.errors import UserError
from deepx.engine.program import Carry
from deepx.engine.run import Run

TOGETHER = 60.0  # seconds within which processes that read the same files come to the same end


class Saved(NamedTuple):
    """What a checkpoint holds: the carry, and the host's books."""

    carry: Carry
    books: dict[str, Any]


class Checkpoints:
    """The checkpoints of a work directory: the newest `run.keep`, and the best where `run.select` names a metric."""

    def __init__(self, directory: Path, run: Run):
        self.directory = directory
        self._goal, _, self._metric = run.select.partition(" ")
        self._selects = self._goal != "last"
        kept: list[Any] = [checkpoint_managers.LatestN(n=run.keep)]
        best: dict[str, Any] = {}
        if self._selects:
            best = {"best_fn": self._score, "best_mode": "max"}
            kept.append(
                checkpoint_managers.BestN(get_metric_fn=self._score, n=1, keep_checkpoints_without_metrics=False)
            )
        self._manager = ocp.CheckpointManager(
            directory.absolute(),
            options=ocp.CheckpointManagerOptions(
                preservation_policy=checkpoint_managers.AnyPreservationPolicy(kept),
                cleanup_tmp_directories=True,
                # In the background, a process that cannot write waits, unheard, for the others, and they for it.
                enable_async_checkpointing=not hosts.several(),
                **best,
            ),
        )

    def _score(self, metrics: dict[str, float]) -> float:
        """The larger, the better; what is not a number is worst."""
        value = metrics[self._metric] if self._goal == "max" else -metrics[self._metric]
        return value if math.isfinite(value) else -math.inf

    def save(self, carry: Carry, books: dict[str, Any], metrics: dict[str, float] | None = None) -> None:
        """Saves, of one process in the background; `metrics` are those of an evaluation at this step."""
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
        """Steps of the committed checkpoints, newest first; with several processes, as the first sees them."""
        return hosts.of_first(sorted(self._manager.all_steps(), reverse=True))

    def newest(self, abstract: Carry, say: Callable[[str], None]) -> Saved | None:
        """The newest checkpoint that can be read, see `_first_readable`; None where none was ever saved."""
        return self._first_readable(self.steps(), abstract, say)

    def selected(self, abstract: Carry, say: Callable[[str], None]) -> Saved:
        """The checkpoint that `run.select` picks: the newest for 'last', else the best of those evaluated.

        Raises UserError when there is none.
        """
        steps = self.steps()
        if self._selects:
            files = {step: self.directory / str(step) / "metrics" / "metrics" for step in steps}
            scores = {step: self._score(json.loads(file.read_text())) for step, file in files.items() if file.exists()}
            steps = hosts.of_first(sorted(scores, key=lambda step: (scores[step], step), reverse=True))
        saved = self._first_readable(steps, abstract, say)
        if saved is None:
            wanted = "no evaluation has been made there yet" if self._selects else "it holds no checkpoint"
            raise UserError(f"There is nothing to test in {self.directory.parent}: {wanted}. Train first.")
        return saved

    def _first_readable(self, steps: list[int], abstract: Carry, say: Callable[[str], None]) -> Saved | None:
        """The first of `steps` that can be read; those before it are damaged: said, and put aside.

        Raises UserError, and leaves every file as it is, when none can be read.
        """
        failed: dict[int, str] = {}
        for step in steps:
            try:
                saved = self._read(step, abstract)
            except Exception as error:  # whatever a damaged file makes of the readers beneath
                failed[step] = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                self._check_others_failed(step, failed[step])
                continue
            for damaged, reason in failed.items():
                aside = self._put_aside(damaged)
                say(
                    f"The checkpoint of step {damaged} is damaged ({reason}); put aside in {aside}. Taking step {step}."
                )
            if failed:
                hosts.exchange("put aside")
                self._manager.reload()
            return saved
        if failed:
            step, reason = next(iter(failed.items()))
            raise UserError(
                f"No checkpoint in {self.directory} can be read (step {step}: {reason}). They are left as they are. If "
                "the code or a package has changed since, go back to that version; else choose another --workdir."
            )
        return None

    def _put_aside(self, step: int) -> Path:
        """Where the checkpoint of a step now lies; moved there by the first process."""
        aside = self.directory.with_name("damaged_checkpoints") / str(step)
        if hosts.primary():
            aside.parent.mkdir(exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            (self.directory / str(step)).rename(aside)
        return aside

    def _check_others_failed(self, step: int, reason: str) -> None:
        """Raises UserError where this process alone cannot read a checkpoint: the others wait for it in the reader."""
        try:
            hosts.exchange(reason, seconds=TOGETHER)
        except TimeoutError:
            raise UserError(
                f"The checkpoint of step {step} cannot be read here, but by another process ({reason}). See whether "
                f"all hosts see the same {self.directory}; if they do, move {self.directory / str(step)} away, and the "
                "run resumes from the one before."
            ) from None

    def _read(self, step: int, abstract: Carry) -> Saved:
        restored = self._manager.restore(
            step, args=ocp.args.Composite(carry=ocp.args.StandardRestore(abstract), books=ocp.args.JsonRestore())
        )
        # Orbax may hand the program memory it does not own; the loop donates the carry, so it gets a copy.
        return Saved(jax.tree.map(lambda a: a.copy(), restored["carry"]), restored["books"])

    def close(self) -> None:
        """Waits for pending saves and stops Orbax's threads."""
        self._manager.close()
