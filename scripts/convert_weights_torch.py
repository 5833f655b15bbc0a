"""The second half of convert_weights, run in the environment that has PyTorch: FILE OUT."""

from __future__ import annotations

import io
import re
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch


class Failure(Exception):
    """The weights cannot be had; the message says why and what to do."""


def main(file: Path, out: Path) -> int:
    """Converts, and says what was written. Returns the exit status."""
    try:
        arrays = {name: array(tensor, f"{name!r} of {file}") for name, tensor in tensors(file).items()}
        write(out, arrays)
    except (Failure, OSError) as failure:
        print(f"{failure} Nothing was written." if isinstance(failure, Failure) else failure, file=sys.stderr)
        return 2
    print(f"{out}: {len(arrays)} arrays, {sum(a.size for a in arrays.values()):,} numbers.")
    return 0


def tensors(file: Path) -> dict[str, torch.Tensor]:
    """The state dict that a file holds, by itself or under 'state_dict'. Raises Failure, OSError."""
    content = loaded(file)
    content = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(content, Mapping) or not content:
        raise Failure(f"{file} holds no state dict, but {described(content)}.")
    others = [n for n, value in content.items() if not (isinstance(n, str) and isinstance(value, torch.Tensor))]
    if others:
        listed = ", ".join(f"{name!r} is {described(content[name])}" for name in others[:5])
        raise Failure(f"{file} holds no state dict: that has names of tensors only, and here {listed}.")
    parallel = all(name.startswith("module.") for name in content)
    return {name.removeprefix("module.") if parallel else name: tensor for name, tensor in content.items()}


def loaded(file: Path) -> Any:
    """What torch.save wrote, as far as it can be read without running anything. Raises Failure, OSError."""
    content = io.BytesIO(file.read_bytes())
    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle's, struct's, PyTorch's own: damage can come up as any
        told = str(error)
        if found := re.search(r"GLOBAL (\S+)", told):
            raise Failure(
                f"{file} holds more than tensors: to read it would be to run its {found[1]}. Where you trust it, load "
                "it in PyTorch yourself and save the net's state_dict()."
            ) from error
        if "TorchScript" in told:
            raise Failure(f"{file} holds a program (TorchScript), no state dict.") from error
        reason = f"{type(error).__name__} {told}".split(". ")[0].strip(" .")
        raise Failure(f"{file} is cut short, damaged, or not written by torch.save ({reason}).") from error


def array(tensor: torch.Tensor, name: str) -> np.ndarray:
    """A tensor's numbers; those with a point become float32. Raises Failure."""
    try:
        return (tensor.detach().to(torch.float32) if tensor.is_floating_point() else tensor.detach()).numpy()
    except (RuntimeError, TypeError) as error:  # sparse, quantised, without storage
        raise Failure(f"{name} is no plain array: {error}") from error


def write(out: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes to a temporary name, then renames: nobody sees half a file."""
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def described(value: Any) -> str:
    kind = type(value).__name__
    keys = f" of {', '.join(map(str, list(value)[:8]))}" if isinstance(value, Mapping) and value else ""
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}{keys}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
