"""The algorithmic tasks of Graves, Wayne, Danihelka (2014, arXiv 1410.5401), section 4, sampled on the device.

One task a module. Each has `sample(key, *, batch_size, ...) -> Batch`, pure and of static shapes, and `sizes(...)`, the
channels of its inputs and outputs. A sequence has zeros behind its end, and the mask says which outputs are judged.
What `sample` draws, `encode` lays out; a `FORM` (see `text.py`) brings lines that are typed to it as well.

A sampler compiles once for all lengths: what is padded to (`padded_length`, ...) is static and fixes T, what is drawn
(`min_length`, `max_length`, ...) may be traced. Ranges that are not traced are checked; of traced ones the caller must
see to it that they hold.

Shapes: B batch, T time, I input channels, O output channels, L longest sequence, V bits of a vector; more in the tasks.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import NamedTuple

import jax

Array = jax.Array


class Batch(NamedTuple):
    """Inputs [B, T, I], the bits wanted [B, T, O], and where they are wanted [B, T], 0 or 1. All float32."""

    inputs_BTI: Array
    targets_BTO: Array
    mask_BT: Array


def tasks() -> dict[str, ModuleType]:
    """Every task by name: the modules of this folder that have a sampler."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "sample")}
