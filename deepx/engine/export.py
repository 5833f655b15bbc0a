"""`--mode=export`: what a run has learnt as a program with its weights, which runs where this code base is not.

A folder with `program.bin`, StableHLO by `jax.export` for CPU, CUDA and TPU; `signature.json`, what goes in and comes
out; and `run.py`, which runs it with JAX alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from deepx.engine.errors import UserError
from deepx.engine.experiment import Served
from deepx.files import whole, write

PLATFORMS = ("cpu", "cuda", "tpu")
RUN = '''\
"""Runs the program beside it: python run.py INPUTS.npz OUTPUTS.npz

signature.json says what the arrays in INPUTS.npz are called, and their shapes and types; sizes with a name, as
"batch", may be any. Needs jax, numpy and flatbuffers.
"""

import sys
from pathlib import Path

import jax.export
import numpy as np

program = jax.export.deserialize(bytearray((Path(__file__).parent / "program.bin").read_bytes()))
with np.load(sys.argv[1], allow_pickle=False) as inputs:
    outputs = program.call({name: inputs[name] for name in inputs.files})
np.savez(sys.argv[2], **outputs)
for name, array in outputs.items():
    print(f"{name}: {array.dtype} {list(array.shape)}")
'''


def export_to(folder: Path, served: Served, about: dict[str, Any]) -> None:
    """Writes the folder. about: of the run, for `signature.json`. Raises UserError where a size cannot be any."""
    inputs = abstract(served)
    try:
        exported = export.export(jax.jit(served.function), platforms=PLATFORMS)(inputs)
    except TypeError as error:  # where a program needs to know a size
        raise UserError(f"What this run has learnt cannot be exported: {str(error).splitlines()[0]}") from error
    folder.mkdir(parents=True, exist_ok=True)
    with whole(folder / "program.bin") as file:
        file.write(exported.serialize())
    signature = {
        **about,
        "about": served.about,
        "inputs": {name: described(a) for name, a in inputs.items()},
        "outputs": {name: described(a) for name, a in outputs_of(exported).items()},
        **served.extras,
    }
    write(folder / "signature.json", json.dumps(signature, indent=1, ensure_ascii=False) + "\n")
    write(folder / "run.py", RUN)


def abstract(served: Served) -> dict[str, jax.ShapeDtypeStruct]:
    """The inputs in the abstract, sizes with names being symbols."""
    names = sorted({size for shape, _ in served.inputs.values() for size in shape if isinstance(size, str)})
    symbols: Mapping[Any, Any] = dict(zip(names, export.symbolic_shape(", ".join(names)), strict=True)) if names else {}
    return {
        name: jax.ShapeDtypeStruct([symbols.get(size, size) for size in shape], jnp.dtype(dtype))
        for name, (shape, dtype) in served.inputs.items()
    }


def outputs_of(exported: export.Exported) -> dict[str, Any]:
    return jax.tree.unflatten(exported.out_tree, exported.out_avals)


def described(array: Any) -> dict[str, Any]:
    """Shape and type as JSON; a size that may be any by its name."""
    return {"shape": [s if isinstance(s, int) else str(s) for s in array.shape], "dtype": str(array.dtype)}
