"""Where arrays lie: a mesh of devices with the axes `data` and `model`, and what of a state is shared out over each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from deepx.engine.errors import UserError


def mesh_of(sizes: Mapping[str, int], devices: Sequence[jax.Device]) -> Mesh:
    """`devices` as the mesh of a config's `run.mesh`; a `data` axis of 0 takes all that the `model` axis leaves.

    Raises UserError where they are not so many.
    """
    model = sizes["model"]
    if len(devices) % model:
        raise UserError(
            f"run.mesh.model is {model}, which does not divide {len(devices)} devices. Choose a divisor, or use a "
            f"multiple of {model} devices (--devices=N)."
        )
    data = sizes["data"] or len(devices) // model
    if data * model != len(devices):
        raise UserError(
            f"run.mesh is {data} x {model} (data x model), but there are {len(devices)} devices. Use {data * model} of "
            f"them (--devices={data * model}), or let run.mesh.data=0 take them all."
        )
    return jax.make_mesh((data, model), ("data", "model"), axis_types=2 * (AxisType.Auto,), devices=devices)


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
