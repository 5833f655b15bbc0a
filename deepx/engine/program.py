"""The compiled programs of a run: initialise, take several steps, evaluate; over a mesh of devices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import grain
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.engine import keys
from deepx.engine.data import DeviceData, HostData
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Mean, Metrics
from deepx.engine.log import by_name
from deepx.engine.mesh import layout, mesh_of
from deepx.engine.parallel import mapped
from deepx.engine.placement import Rows, gathered, placed
from deepx.engine.run import Run

EVALUATION_SEED = 2**31 - 1  # evaluation data is the same for every seed of a run


class Carry(NamedTuple):
    """What a checkpoint holds: steps taken, and the experiment's state after them."""

    step: Array
    state: Any


class Outcome(NamedTuple):
    """What one dispatch tells the host: metrics summed over its steps, and the number of steps now taken."""

    metrics: Metrics
    step: Array


class Program:
    """The programs of `experiment` on `devices`. Training is compiled once, ahead of time: it cannot compile again.

    A step after which a metric or any part of the state is not finite is not taken, nor is any later one: the state and
    the step counter stay, so that the host finds the state from which the failure can be reproduced.
    """

    def __init__(self, experiment: Experiment, run: Run, devices: Sequence[jax.Device]):
        self.mesh, self.run = mesh_of(run.mesh, devices), run
        self.experiment = experiment = mapped(experiment, self.mesh) if run.parallel == "pmap" else experiment
        self._init_key, self.report_key, self.watch_key, *streams = (
            keys.stream(run.seeds, name, replicated=experiment.replicas is not None)
            for name in ("init", "report", "watch", "train", "data")
        )
        self._shapes = jax.eval_shape(self._first, self._init_key)
        self._layout = layout(self.mesh, experiment, self._shapes.state, shard=run.shard_state)
        self.whole = self._layout.whole
        self._carry = Carry(self.whole, self._layout.state)  # pyrefly: ignore[bad-argument-type]  # of shardings
        self._train_key, self._data_key = self._placed(streams)
        self._check_data()
        self._train_arrays = self._resident(experiment.train_data)
        self._evaluation_arrays: dict[str, Any] = {}
        self._evaluation_rows: dict[str, Rows] = {}
        self._evaluate = jax.jit(self._evaluate_device, static_argnames="sample", out_shardings=self.whole)
        self._evaluate_batch = jax.jit(experiment.eval_step, out_shardings=self.whole)
        self._dispatch: Future[jax.stages.Compiled] | None = None

    # ---- state

    def init(self) -> Carry:
        """The carry before the first step."""
        return jax.jit(self._first, out_shardings=self._carry)(self._init_key)

    def _first(self, key: Array) -> Carry:
        return Carry(jnp.zeros((), jnp.int32), self.experiment.init(key))

    def abstract(self) -> Carry:
        """Shapes, types and shardings of the carry, for restoring."""
        return jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), self._shapes, self._carry)

    # ---- training

    def feed(self, step: int) -> Iterator[Any]:
        """What each dispatch from `step` on is given: the resident arrays, or the host's next batches."""
        source, k = self.experiment.train_data, self.run.steps_per_call
        if isinstance(source, DeviceData):
            yield from itertools.repeat(self._train_arrays)
            return
        rows = self._rows(self.abstract_batch(), self._layout.batch)
        dataset = rows.of(source.dataset(self.run.seed))
        stacked = dataset.batch(k, drop_remainder=True).slice(slice(step // k, None))
        ahead = None
        for batches in stacked.to_iter_dataset(grain.ReadOptions(num_threads=4, prefetch_buffer_size=4)):
            there = rows.placed(batches, leading=1)  # asynchronous: copied while the device computes
            if ahead is not None:
                yield ahead
            ahead = there
        if ahead is not None:
            yield ahead

    def dispatch(self, carry: Carry, start: int, data: Any) -> tuple[Carry, Outcome]:
        """Takes `steps_per_call` steps; `carry` is donated. `start` is the step the host believes it is at."""
        start = placed(np.int32(start), self.whole)
        compiled = (self._dispatch or self.compile()).result()
        return compiled(carry, start, data, self._train_key, self._data_key)

    def compile(self) -> Future[jax.stages.Compiled]:
        """Compiles a dispatch in a thread of its own, beside what a run begins with meanwhile."""
        compiler = ThreadPoolExecutor(1, "compiler")
        self._dispatch = compiler.submit(lambda: self.traced().lower().compile())
        compiler.shutdown(wait=False)
        return self._dispatch

    def traced(self) -> jax.stages.Traced:
        """What a dispatch compiles, not yet lowered for a platform."""
        start = jax.ShapeDtypeStruct((), jnp.int32, sharding=self.whole)
        data = self._train_arrays
        if isinstance(self.experiment.train_data, HostData):
            k, sharding = self.run.steps_per_call, NamedSharding(self.mesh, P(None, *self._layout.batch.spec))
            data = jax.tree.map(
                lambda a: jax.ShapeDtypeStruct((k, *a.shape), a.dtype, sharding=sharding), self.abstract_batch()
            )
        program = jax.jit(self._steps, donate_argnums=0, out_shardings=(self._carry, self.whole))
        return program.trace(self.abstract(), start, data, self._train_key, self._data_key)

    def _steps(self, carry: Carry, start: Array, data: Any, train_key: Array, data_key: Array):
        source = self.experiment.train_data

        def one(carry: Carry, slot):
            i, batch = slot
            if isinstance(source, DeviceData):
                batch = self._sharded(source.sample(data, data_key, start + i))
            state, metrics = self.experiment.train_step(carry.state, batch, keys.at_step(train_key, start + i))
            taken = (carry.step == start + i) & all_finite((state, metrics))
            # A conditional, not `where`: XLA would compute `taken` again for every array that it chooses.
            return jax.lax.cond(
                taken,
                lambda: (Carry(carry.step + 1, state), metrics),
                lambda: (carry, jax.tree.map(jnp.zeros_like, metrics)),
            )

        batches = None if isinstance(source, DeviceData) else data
        slots = (jnp.arange(self.run.steps_per_call), batches)
        # One step is no loop at all: inside one, XLA's CPU backend convolves a hundred times slower.
        if self.run.steps_per_call == 1:
            carry, metrics = one(carry, jax.tree.map(lambda a: a[0], slots))
        else:
            carry, metrics = jax.lax.scan(one, carry, slots)
            metrics = jax.tree.map(lambda m: m.sum(0), metrics)
        return carry, Outcome(metrics, carry.step)

    def batch_at(self, step: int) -> Any:
        """The training batch of one step, made again."""
        source = self.experiment.train_data
        if isinstance(source, DeviceData):
            return jax.jit(source.sample)(self._train_arrays, self._data_key, jnp.int32(step))
        return source.dataset(self.run.seed)[step]

    def abstract_batch(self) -> Any:
        """Shapes, types and placement of a training batch."""
        shapes = self._first_batch(self.experiment.train_data, self._data_key)
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=self.whole), shapes)

    def _first_batch(self, source: DeviceData | HostData, key: Array | None = None) -> Any:
        if isinstance(source, DeviceData):
            return jax.eval_shape(source.sample, source.arrays, jax.random.key(0) if key is None else key, 0)
        return jax.eval_shape(lambda: jax.tree.map(jnp.asarray, source.dataset(self.run.seed)[0]))

    def key_at(self, step: int) -> Array:
        """The key of one training step."""
        return keys.at_step(self._train_key, jnp.int32(step))

    # ---- evaluation

    def evaluate(self, state: Any, split: str, source: DeviceData | HostData) -> dict[str, np.ndarray]:
        """The metrics of one pass over `source`: a scalar each, or one a replica. `split` names its random stream."""
        sums = None
        for metrics in self._evaluations(state, split, source):
            sums = metrics if sums is None else jax.tree.map(jnp.add, sums, metrics)
        return averages(jax.device_get(sums))

    def validate(self, state: Any) -> dict[str, dict[str, np.ndarray]]:
        """The metrics of every split of `eval_data`."""
        return {split: self.evaluate(state, f"eval/{split}", s) for split, s in self.experiment.eval_data.items()}

    def test(self, state: Any) -> dict[str, dict[str, np.ndarray]]:
        """The metrics of every split of `test_data`: other examples than `validate`'s, also where names are equal."""
        return {split: self.evaluate(state, f"test/{split}", s) for split, s in self.experiment.test_data.items()}

    def _evaluations(self, state: Any, split: str, source: DeviceData | HostData) -> Iterator[Metrics]:
        """The metrics of each batch; not a loop on the device, for the reason given in `_steps`."""
        if isinstance(source, DeviceData):
            if split not in self._evaluation_arrays:
                self._evaluation_arrays[split] = self._resident(source)
            arrays, key = self._evaluation_arrays[split], keys.stream([EVALUATION_SEED], split, replicated=False)
            for i in range(source.batches or 0):
                yield self._evaluate(state, arrays, key, np.int32(i), sample=source.sample)
        else:
            if split not in self._evaluation_rows:
                batch = self._first_batch(source)
                self._evaluation_rows[split] = self._rows(batch, self._layout.of_evaluation(batch))
            rows = self._evaluation_rows[split]
            for batch in rows.of(source.dataset(EVALUATION_SEED)):
                yield self._evaluate_batch(state, rows.placed(batch))

    def traced_evaluation(self, split: str) -> jax.stages.Traced:
        """What the evaluation on a split of `eval_data` compiles for each batch, not yet lowered for a platform."""
        state, source = self.abstract().state, self.experiment.eval_data[split]
        if isinstance(source, DeviceData):
            key = jax.eval_shape(lambda: keys.stream([EVALUATION_SEED], split, replicated=False))
            i = jax.ShapeDtypeStruct((), jnp.int32)
            return self._evaluate.trace(state, self._resident(source), key, i, sample=source.sample)
        batch = self._first_batch(source)
        sharding = self._layout.of_evaluation(batch)
        batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=sharding), batch)
        return self._evaluate_batch.trace(state, batch)

    def _evaluate_device(self, state, arrays, key, i, *, sample):
        batch = sample(arrays, key, i)
        batch = jax.lax.with_sharding_constraint(batch, self._layout.of_evaluation(batch))
        return self.experiment.eval_step(state, batch)

    # ---- placement

    def _placed(self, tree: Any) -> Any:
        """`tree`, whole on every device."""
        return placed(tree, self.whole)

    def gathered(self, tree: Any) -> Any:
        """`tree`, of the program's devices, as this process alone can compute with it; see `placement.gathered`."""
        return gathered(tree, self.whole)

    def _rows(self, batch: Any, sharding: NamedSharding) -> Rows:
        return Rows(sharding, len(jax.tree.leaves(batch)[0]))

    def _resident(self, source: DeviceData | HostData) -> Any:
        return self._placed(source.arrays) if isinstance(source, DeviceData) else None

    def _sharded(self, batch: Any) -> Any:
        return jax.lax.with_sharding_constraint(batch, self._layout.batch)

    def _check_data(self) -> None:
        """Makes first batches and metrics in the abstract, so that a mistake is told before training, not after it."""
        for split, source in {**self.experiment.test_data, **self.experiment.eval_data}.items():
            if isinstance(source, DeviceData) and (source.batches or 0) < 1:
                raise UserError(f"The evaluation data {split!r} has no batches: nothing would be measured.")
            self._first_batch(source)
        state = self.abstract().state
        metrics = {
            split: jax.eval_shape(self.experiment.eval_step, state, self._first_batch(source))
            for split, source in self.experiment.eval_data.items()
        }
        goal, _, wanted = self.run.select.partition(" ")
        if goal != "last" and wanted not in by_name(metrics):
            raise UserError(
                f"run.select names the metric {wanted!r}, but an evaluation gives {', '.join(by_name(metrics))}."
            )
        self._layout.check(self.abstract_batch())
        if self.run.parallel == "pmap":
            self._check_part(state)

    def _check_part(self, state: Any) -> None:
        """Takes a step in the abstract: what divides the batch further may not divide a device's part of it."""
        try:
            jax.eval_shape(self.experiment.train_step, state, self.abstract_batch(), self._train_key)
        except (ValueError, TypeError) as error:
            reason = str(error).strip().splitlines()[0]
            parts = self.mesh.shape["data"]
            raise UserError(f"The batch of one of {parts} devices cannot be trained on: {reason}") from error


def all_finite(tree: Any) -> Array:
    """Whether every floating-point number in `tree` is finite."""
    leaves = [a for a in jax.tree.leaves(tree) if jnp.issubdtype(a.dtype, jnp.inexact)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(a)) for a in leaves]))


def averages(metrics: Mapping[str, Mean]) -> dict[str, np.ndarray]:
    """Sums divided by counts, in float64."""
    return {name: np.float64(m.total) / np.float64(m.count) for name, m in metrics.items()}
