"""`--dump_hlo`: the programs of a run as JAX lowers them and as XLA compiles them, and the memory that they take."""

from __future__ import annotations

import json
from pathlib import Path

import jax

from deepx.engine.program import Program
from deepx.files import write

SIZES = ("argument", "output", "alias", "temp", "generated_code")


def dump(program: Program, folder: Path) -> dict[str, dict[str, int]]:
    """Writes PROGRAM.stablehlo.txt, PROGRAM.hlo.txt and memory.json into the folder; returns the last's contents.

    Programs are `train`, a dispatch of `run.steps_per_call` steps, and `eval_SPLIT`. Bytes are those of a device; of
    the state, which is donated, input and output are the same memory: `alias`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    traced = {"train": program.traced()}
    traced |= {f"eval_{split}": program.traced_evaluation(split) for split in program.experiment.eval_data}
    memory = {name: _written(one, folder / name) for name, one in traced.items()}
    write(folder / "memory.json", json.dumps(memory, indent=1) + "\n")
    return memory


def _written(traced: jax.stages.Traced, path: Path) -> dict[str, int]:
    lowered = traced.lower()
    write(path.with_name(f"{path.name}.stablehlo.txt"), lowered.as_text())
    compiled = lowered.compile()
    write(path.with_name(f"{path.name}.hlo.txt"), compiled.as_text())
    taken = compiled.memory_analysis()
    return {f"{kind}_bytes": getattr(taken, f"{kind}_size_in_bytes") for kind in SIZES}
