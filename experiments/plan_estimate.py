"""What a run takes on devices that need not be here: memory, and time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
from ml_collections import ConfigDict

from deepx.analysis import cost
from deepx.engine.data import DeviceData
from deepx.engine.experiment import Experiment
from deepx.engine.planned import Planned
from deepx.engine.run import Run
from experiments.plan_devices import Device


class Plan(NamedTuple):
    """memory: bytes of one device, by what they hold. cost: of one step, on all devices together. seconds: of one step.
    bound: by what they are taken, 'products' or 'memory'."""

    memory: dict[str, float]
    cost: cost.Cost
    seconds: float
    bound: str

    @property
    def total(self) -> float:
        return sum(self.memory.values())


def plan(experiment: Experiment, run: Run, device: Device, where: list[Any], utilisation: float) -> Plan:
    """What `experiment` takes on one of the devices `where`, which are only compiled for.

    utilisation: the part of the device's best rate at which its products run.
    """
    program = Planned(experiment, run, where)
    traced = program.traced()
    taken = cost.count(traced.jaxpr).times(1 / run.steps_per_call)
    state = 2 * cost.size(*jax.tree.leaves(program.abstract().state))  # read and written at each step
    if run.steps_per_call == 1:
        taken += cost.Cost(bytes=state)  # else the loop's carry
    rate = {t: device.products.get(t, device.products["float32"]) for t in taken.products}
    times = {
        "products": sum(f / rate[t] for t, f in taken.products.items()) / len(where) / utilisation,
        "memory": (state + max(taken.bytes - state, 0) / len(where)) / device.bandwidth,
    }
    bound = max(times, key=lambda name: times[name])
    return Plan(memory(program, traced.lower().compile()), taken, times[bound], bound)


def memory(program: Planned, compiled: Any) -> dict[str, float]:
    """What one device holds, in bytes: the state by its parts, data, and what the compiler says of the program."""
    sizes = dict.fromkeys(("parameters", "optimiser", "other state"), 0.0)
    for path, leaf in jax.tree_util.tree_leaves_with_path(program.abstract().state):
        names = [getattr(key, "name", None) or getattr(key, "key", None) for key in path]
        role = next((n for n in names if n in ("params", "optimizer")), None)
        part = {"params": "parameters", "optimizer": "optimiser", None: "other state"}[role]
        sizes[part] += cost.size(jax.ShapeDtypeStruct(leaf.sharding.shard_shape(leaf.shape), leaf.dtype))
    analysis, experiment = compiled.memory_analysis(), program.experiment
    source = experiment.train_data
    resident = resident_bytes(source)
    sizes["training data"] = resident
    given = analysis.argument_size_in_bytes - sum(sizes.values())
    if not isinstance(source, DeviceData):  # one dispatch's batches are an argument; the next one's wait beside them
        sizes["training batches"] = 2 * given
        given = 0
    test = [s for s in experiment.test_data.values() if not any(s is other for other in experiment.eval_data.values())]
    sizes["evaluation data"] = sum(map(resident_bytes, [*experiment.eval_data.values(), *test]))
    sizes["activations and temporaries"] = analysis.temp_size_in_bytes
    fresh = analysis.output_size_in_bytes - analysis.alias_size_in_bytes
    sizes["layout, program"] = max(given, 0) + max(fresh, 0) + analysis.generated_code_size_in_bytes
    return sizes


def resident_bytes(source: Any) -> float:
    return cost.size(*jax.tree.leaves(source.arrays)) if isinstance(source, DeviceData) else 0


def needed(found: Plan, device: Device, number: int, config: ConfigDict) -> list[str]:
    """What would make it fit, a sentence each; nothing where it does."""
    if found.total <= device.memory:
        return []
    moving = found.memory["activations and temporaries"] + found.memory.get("training batches", 0)
    left = device.memory - (found.total - moving)
    if left <= 0:
        return [
            "State and data alone are more than a device holds, however small the batch: it takes devices with more "
            + ("memory, or run.shard_state=True." if "shard_state" in config.run else "memory.")
        ]
    factor = 1 << (math.ceil(moving / left) - 1).bit_length()
    told = [f"{number * factor} devices, if the batch of {config.batch_size} divides over them"]
    if config.batch_size >= factor:
        told.append(f"--config.batch_size={config.batch_size // factor}")
    if "accumulate" in config:
        told.append(f"the batch in parts, --config.accumulate={config.accumulate * factor}")
    return [f"By proportion, one of these would do: {'; '.join(told)}."]
