"""A small experiment for tests of the engine: noisy linear regression, its data on the device or the host."""

from __future__ import annotations

from pathlib import Path

import grain
import jax
import jax.numpy as jnp
import numpy as np
import optax

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.data import HostData, epochs, one_pass
from deepx.engine.experiment import Experiment, Mean
from deepx.engine.interrupt import Interrupt
from deepx.engine.loop import Trained, train
from deepx.engine.program import Program
from deepx.engine.progress import Progress
from deepx.engine.run import Run
from deepx.engine.supervised import supervised

TRUE = np.array([1.0, -2.0, 0.5], np.float32)
RUN = Run(
    seed=3,
    replicas=1,
    steps=24,
    steps_per_call=4,
    log_every=8,
    eval_every=12,
    checkpoint_every=4,
    keep=2,
    select="last",
    parallel="jit",
    mesh={"data": 0, "model": 1},
    shard_state=False,
)


def examples(n: int, seed: int) -> dict[str, np.ndarray]:
    x = np.random.default_rng(seed).standard_normal((n, 3), dtype=np.float32)
    return {"x": x, "y": x @ TRUE}


def host_data(train: dict[str, np.ndarray], batch: int) -> HostData:
    def dataset(seed: int) -> grain.MapDataset:
        rows = grain.MapDataset.range(len(train["y"])).seed(seed).shuffle().repeat()
        return rows.map(lambda i: {name: a[i] for name, a in train.items()}).batch(batch, drop_remainder=True)

    return HostData(dataset)


def experiment(*, host: bool = False, batch: int = 8, blow_up_at: int | None = None) -> Experiment:
    """`blow_up_at`: the step from whose count on the loss is not a number."""
    data = examples(40, 0)

    def predict(params, x):
        return x @ params["w"] + params["b"]

    def loss(params, steps, batch, key):
        noise = 0.1 * jax.random.normal(key, batch["y"].shape)
        errors = (predict(params, batch["x"]) - batch["y"] - noise) ** 2
        if blow_up_at is not None:
            errors *= jnp.where(steps == blow_up_at, jnp.nan, 1.0)
        return errors.mean(), (steps + 1, {"loss": Mean.of(errors)})

    def init(key):
        return {"w": jax.random.normal(key, (3,)), "b": jnp.zeros(())}, jnp.zeros((), jnp.int32)

    descent = supervised(init, loss, optax.adam(0.05))

    def eval_step(state, batch):
        return {"error": Mean.of((predict(state.params, batch["x"]) - batch["y"]) ** 2, batch["mask"])}

    return Experiment(
        init=descent.init,
        train_step=descent.train_step,
        gradients=descent.gradients,
        eval_step=eval_step,
        train_data=host_data(data, batch) if host else epochs(data, batch),
        eval_data={"valid": one_pass(examples(11, 1), 4)},
        test_data={"test": one_pass(examples(11, 2), 4)},
    )


def run(
    made: Experiment,
    workdir: Path,
    run: Run = RUN,
    *,
    devices: int = 1,
    interrupt: Interrupt | None = None,
    program: Program | None = None,
) -> tuple[Trained, Program]:
    """Trains as the entry point does, without its flags and files. program: that of an equal run, compiled already."""
    program = program or Program(made, run, jax.devices()[:devices])
    assert program.run == run
    checkpoints = Checkpoints(workdir / "checkpoints", run)
    try:
        with Progress("toy", run.steps) as progress:
            return train(program, checkpoints, workdir, progress, interrupt or Interrupt()), program
    finally:
        checkpoints.close()
