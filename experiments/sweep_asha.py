"""Early stopping: asynchronous successive halving (ASHA; Li, Jamieson, Rostamizadeh et al. 2018, arXiv 1810.05934).

Ray Tune's scheduler decides, and an actor a trial watches the process and reports the metric of every evaluation. What
is stopped saves first, so its directory can be taken up by hand. A sweep that goes on reports the evaluations of
earlier sessions again from the trials' own files: the rungs need no state of their own.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"  # read at import; the trials' own files say everything
os.environ["TUNE_DISABLE_STRICT_METRIC_CHECKING"] = "1"  # a heartbeat has no metric
os.environ["TUNE_DISABLE_SIGINT_HANDLER"] = "1"  # the sweep has one
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # or Tune prints a banner, however quiet it is asked to be

from ray import tune

from deepx.engine import log
from deepx.engine.errors import UserError, nearest
from deepx.files import write
from experiments.sweep_engines import DEATHS, POLL, Event, Resources, judge
from experiments.sweep_ray import begin
from experiments.sweep_trials import CRASHED, MISTAKE, RUNNING, SAVED, STOPPED, WAITING, Outcome, Trial, settled

HEARTBEAT = 2.0  # seconds after which an actor without news lets Tune ask for other things
OBJECTIVE = "objective"  # the metric's name in Tune, where a slash would be a level


class Rule(NamedTuple):
    """Of trials that reach `grace`, `grace * factor`, ... steps, the best 1 / `factor` so far go on."""

    metric: str
    goal: str  # 'min' or 'max'
    grace: int
    factor: int


def evaluations(trial: Trial, rule: Rule) -> Iterator[tuple[int, float]]:
    """Steps and values of the rule's metric as it was evaluated while training, averaged over replicas.

    Raises UserError where training has gone past the first decision, and no row has the metric.
    """
    known, last = set(), 0
    for row in log.read(trial.workdir):
        named = {log.metric_name(name, row["split"]): value for name, value in row["values"].items()}
        if rule.metric in named:
            yield row["step"], float(np.mean(named[rule.metric]))
        known |= named.keys()
        last = row["step"]
    if rule.metric not in known and last > rule.grace:
        told = f"No evaluation has {rule.metric!r}.{nearest(rule.metric, known)}"
        raise UserError(f"{told} While it trains there are: {', '.join(sorted(known))}.")


class Watched(tune.Trainable):
    """A trial's process, seen from an actor of Tune: a step of it is one evaluation, or a heartbeat."""

    def setup(
        self, config: dict[str, Any], trials: Sequence[Trial], rule: Rule, resources: Resources, where: str
    ) -> None:
        self._trial, self._rule, self._resources, self._where = trials[config["trial"]], rule, resources, where
        os.chdir(where)
        self._seen, self._process = 0, None

    def step(self) -> dict[str, Any]:
        deadline = time.monotonic() + HEARTBEAT
        while time.monotonic() < deadline:
            outcome = self._ended()
            try:
                evaluated = list(evaluations(self._trial, self._rule))
            except UserError as error:
                return {"step": self._seen, "done": True, "state": Outcome(MISTAKE, str(error))}
            if outcome is not None and outcome.state == STOPPED:  # what it did after the decision counts for nothing
                last = json.loads(self._trial.stop_file.read_text())["step"]
                evaluated = [(step, value) for step, value in evaluated if step <= last]
            for step, value in evaluated:
                # Of the last evaluation is told when the trial is complete: it is too late to stop it.
                if step > self._seen and (step < self._trial.steps or outcome is not None):
                    self._seen = step
                    return {"step": step, OBJECTIVE: value, "done": step >= self._trial.steps, "state": outcome}
            if outcome is not None:
                return {"step": self._seen, "done": True, "state": outcome}
            time.sleep(POLL)
        return {"step": self._seen}

    def _ended(self) -> Outcome | None:
        """How the trial ended; None while its process works, which is begun where there is none."""
        if self._process is None:
            if (result := settled(self._trial)) is not None:
                return result
            self._process = begin(self._trial, self._resources, self._where)
        status = self._process.poll()
        if status is None:
            return None
        outcome = judge(self._trial, status, stopped=False)
        if outcome.state == SAVED:
            raise RuntimeError(f"{self._trial.name} died")  # Tune begins the actor again
        return outcome

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        return {}  # the trial's own files are the state

    def load_checkpoint(self, checkpoint: Any) -> None:
        pass

    def cleanup(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


class Teller(tune.Callback):
    """What Tune does with trials, as events of the sweep."""

    def __init__(self, trials: Sequence[Trial], rule: Rule, stopping: Callable[[], int], tell: Callable):
        self._trials, self._rule, self._stopping, self._tell = trials, rule, stopping, tell
        self._known = set()

    def on_step_end(self, iteration: int, trials: list, **info: Any) -> None:
        if self._stopping() > 1:
            os._exit(130)  # actors and, on their leashes, trials end with this process
        self._tell(None)

    def on_trial_start(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        mine = self._trials[trial.config["trial"]]
        if settled(mine) is None:
            again = "again" if mine.name in self._known else ""
            self._known.add(mine.name)
            self._tell(Event(mine, Outcome(RUNNING, again)))

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        mine, last = self._trials[trial.config["trial"]], trial.last_result
        outcome = last.get("state") or settled(mine)
        if outcome is None and self._stopping():
            outcome = Outcome(SAVED if mine.name in self._known else WAITING)
        elif outcome is None:
            mine.stop_file.parent.mkdir(exist_ok=True)
            write(mine.stop_file, json.dumps({"step": last["step"], self._rule.metric: last[OBJECTIVE]}) + "\n")
            outcome = Outcome(STOPPED, f"at step {last['step']}")
        self._tell(Event(mine, outcome))

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        mine = self._trials[trial.config["trial"]]
        self._tell(Event(mine, Outcome(CRASHED, f"{mine.log}")))


class Asked(tune.Stopper):
    """Stops all trials when the user asks."""

    def __init__(self, stopping: Callable[[], int]):
        self._stopping = stopping

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return bool(self._stopping())


def halve(
    trials: Sequence[Trial],
    rule: Rule,
    resources: Resources,
    parallel: int | None,
    stopping: Callable[[], int],
    tell: Callable[[Event | None], None],
) -> None:
    """Carries trials through, stopping early what the rule stops. All are given, also those with results."""
    folder = trials[0].folder.absolute() / "tune"
    shutil.rmtree(folder, ignore_errors=True)
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # what went wrong is told as an event
    resources = resources._replace(cpus=resources.cpus or 1)
    scheduler = tune.schedulers.ASHAScheduler(
        time_attr="step",
        metric=OBJECTIVE,
        mode=rule.goal,
        max_t=max(trial.steps for trial in trials) + 1,  # which is never reached: the last step is not stopped at
        grace_period=rule.grace,
        reduction_factor=rule.factor,
    )
    watched = tune.with_parameters(Watched, trials=trials, rule=rule, resources=resources, where=os.getcwd())
    tune.Tuner(
        tune.with_resources(watched, {"cpu": resources.cpus, "gpu": resources.gpus}),
        param_space={"trial": tune.grid_search(list(range(len(trials))))},
        tune_config=tune.TuneConfig(scheduler=scheduler, max_concurrent_trials=parallel, reuse_actors=False),
        run_config=tune.RunConfig(
            name="asha",
            storage_path=str(folder),
            stop=Asked(stopping),
            callbacks=[Teller(trials, rule, stopping, tell)],
            failure_config=tune.FailureConfig(max_failures=DEATHS),
            verbose=0,
        ),
    ).fit()
    shutil.rmtree(folder, ignore_errors=True)
