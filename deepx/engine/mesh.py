"""Where arrays lie: a mesh of devices with the axes `data` and `model`, and what of a state is shared out over each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.engine.data import DeviceData
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment


def mesh_of(sizes: Mapping[str, int], devices: Sequence[jax.Device]) -> Mesh:
    """`devices` as the mesh of a config's `run.mesh`; a `data` axis of 0 takes all that the `model` axis leaves.

    Raises UserError where they are not so many.
    """
    model = sizes["model"]
    if len(devices) % model:
        raise UserError(
            f"run.mesh.model is {model}, which does not divide the number of devices, {len(devices)}. Set it to a "
            f"divisor, as 1 is, or use a multiple of {model} devices (--devices=N)."
        )
    data = sizes["data"] or len(devices) // model
    if data * model != len(devices):
        raise UserError(
            f"run.mesh is {data} x {model} (data x model), but there are {len(devices)} devices. Use {data * model} of "
            f"them (--devices={data * model}), or let run.mesh.data=0 take them all."
        )
    return jax.make_mesh((data, model), ("data", "model"), axis_types=2 * (AxisType.Auto,), devices=devices)


class Layout(NamedTuple):
    """Where the arrays of a run lie.

    whole: on every device. state: a sharding for each array of it. batch: of a training batch. evaluation: of an
    evaluation batch whose examples divide.
    """

    whole: NamedSharding
    state: Any
    batch: NamedSharding
    evaluation: NamedSharding

    def of_evaluation(self, batch: Any) -> NamedSharding:
        """Where a given evaluation batch lies."""
        parts = self.whole.mesh.shape["data"]
        return self.evaluation if all(a.shape[0] % parts == 0 for a in jax.tree.leaves(batch)) else self.whole

    def check(self, batch: Any) -> None:
        """Raises UserError where a training batch, in the abstract, does not divide."""
        parts, axis = self.whole.mesh.shape["data"], len(self.batch.spec) - 1
        for size in {a.shape[axis] for a in jax.tree.leaves(batch)} if self.batch.spec != P() else ():
            if size % parts:
                raise UserError(
                    f"A batch of {size} does not divide over {parts} devices. Choose a batch size that is a multiple "
                    f"of {parts}, or fewer devices (--devices=N)."
                )


def layout(mesh: Mesh, experiment: Experiment, state: Any, *, shard: bool) -> Layout:
    """The layout of `experiment` with a state of such shapes. shard: `run.shard_state`."""
    replicas, data = experiment.replicas, mesh.shape["data"]
    # Replicas are shared out where they divide; a loop over them has each on every device.
    shared = replicas is not None and replicas % data == 0 and not experiment.in_turn
    # A batch made on the device has a leading replica axis where there are replicas; one read by the host has not.
    own_axis = replicas is not None and isinstance(experiment.train_data, DeviceData)
    batch = P("data") if shared and own_axis else P(None, "data") if own_axis else P() if shared else P("data")
    axis = None if replicas is None else "shared" if shared else "whole"
    return Layout(
        NamedSharding(mesh, P()),
        of_state(mesh, state, experiment.split, replicas=axis, shard=shard),
        NamedSharding(mesh, batch),
        NamedSharding(mesh, P() if shared else P("data")),
    )


def of_state(mesh: Mesh, shapes: Any, split: Mapping[str, int], *, replicas: str | None, shard: bool) -> Any:
    """A NamedSharding for every array of a state.

    shapes:    the state's arrays in the abstract.
    split:     `Experiment.split`, what is shared out over `model`.
    replicas:  None: none; else how the leading axis of every array lies, 'whole' or 'shared' out over `data`.
    shard:     whether every array is shared out over `data` too, on the longest axis that divides; XLA gathers it where
               it is used, and what updates it is computed in parts.

    Raises UserError where an axis that is split does not divide, and where the mesh has a `model` axis for nothing.
    """
    used = False

    def one(path: tuple[Any, ...], array: jax.ShapeDtypeStruct) -> NamedSharding:
        nonlocal used
        name = "/" + jax.tree_util.keystr(path, simple=True, separator="/")
        spec: list[str | None] = [None] * len(array.shape)
        for end, axis in split.items():
            if name.endswith(f"/{end}") and mesh.shape["model"] > 1:
                _check_divides(name, array.shape, axis, mesh.shape["model"])
                spec[axis], used = "model", True
        first = 0 if replicas is None else 1
        free = [i for i in range(first, len(spec)) if not spec[i] and array.shape[i] % mesh.shape["data"] == 0]
        if replicas == "shared":
            spec[0] = "data"
        elif shard and free:
            spec[max(free, key=lambda i: array.shape[i])] = "data"
        return NamedSharding(mesh, P(*spec))

    shardings = jax.tree_util.tree_map_with_path(one, shapes)
    if mesh.shape["model"] > 1 and not used:
        raise UserError(
            f"run.mesh.model is {mesh.shape['model']}, but this benchmark has nothing that is shared out along that "
            "axis: its devices would all compute the same. Use run.mesh.model=1."
        )
    return shardings


def _check_divides(name: str, shape: tuple[int, ...], axis: int, parts: int) -> None:
    if shape[axis] % parts:
        raise UserError(
            f"{name.lstrip('/')} {list(shape)} does not divide over run.mesh.model = {parts}: choose sizes with which "
            f"{shape[axis]} is a multiple of {parts}, or another run.mesh.model."
        )
