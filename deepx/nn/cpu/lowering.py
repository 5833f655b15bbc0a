"""Lowering rules that call our C++ kernels where they can, and leave the rest to XLA.

Ours serve programs of this process for one CPU device. Programs that the partitioner divides over several devices are
XLA's (inside `shard_map` ours serve), and so are exported ones, and those of other platforms.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
from jax._src.sharding_impls import ShardingContext, SPMDAxisContext
from jax.extend.core import Primitive
from jax.interpreters import mlir

from deepx.nn.cpu import build

LIBRARIES = {  # of each, its symbols by the names that `targets` knows
    "convolution": {"convolve": "DeepxConvolve", "weight_gradient": "DeepxWeightGradient"},
    "heads": {"interact": "DeepxInteract", "interact_vjp": "DeepxInteractVjp"},
    "lstm": {"lstm": "DeepxLstm", "lstm_backward": "DeepxLstmBackward"},
    "memory_machine": {"machine": "DeepxMachine", "machine_backward": "DeepxMachineBackward"},
    "product": {"product": "DeepxProduct"},
    "sentences": {"look_up": "DeepxLookUp", "count": "DeepxCount"},
    "threefry": {"threefry": "DeepxThreefry"},
}

_one_thread = {library: threading.Lock() for library in LIBRARIES}  # compiles it; another waits
_ours: dict[str, str] = {}  # the instructions of kernels by the name of their rule
_xlas: set[str] = set()


@dataclass(frozen=True)
class Rule:
    """How a primitive is lowered on the CPU.

    plan: of the operands' and results' types and the primitive's parameters, a function of the operands that calls our
        kernels; None where they are not for it. xla: the lowering rule otherwise.
    kernels: the library that has them. name: what a run's record calls them; None: it need not say whose kernels
        served, as their numbers are the same. told: whether the record says where XLA's served.
    """

    primitive: Primitive
    kernels: str
    name: str | None
    plan: Callable[..., Callable | None]
    xla: Callable[..., Any]
    told: bool = True

    def native(self, ctx: mlir.LoweringRuleContext, *operands, **params):
        kernel = self.plan(*ctx.avals_in, *ctx.avals_out, **params) if _one_device(ctx.module_context) else None
        if kernel is None or not targets(self.kernels):
            if self.name and self.told:
                _xlas.add(self.name)
            return self.xla(ctx, *operands, **params)
        if self.name:
            _ours[self.name] = targets(self.kernels)["instructions"]
        return mlir.lower_fun(kernel, multiple_results=self.primitive.multiple_results)(ctx, *operands)


def lowered() -> str:
    """Whose kernels serve what this process compiled: 'convolution, heads (AVX-512)', 'xla', both, or 'none'."""
    ours = [f"{', '.join(sorted(_ours))} ({next(iter(_ours.values()))})"] if _ours else []
    return " and ".join([*ours, *(["xla"] if _xlas else [])]) or "none"


def _one_device(module: mlir.ModuleContext) -> bool:
    """Whether the program is for this process and one CPU device, or says itself what each device does."""
    context = module.axis_context
    if module.lowering_parameters.for_export or tuple(module.platforms) != ("cpu",):
        return False
    if isinstance(context, SPMDAxisContext):
        return context.manual_axes == frozenset(context.mesh.axis_names)
    return isinstance(context, ShardingContext) and context.num_devices == 1


def targets(library: str) -> dict[str, str]:
    """Names of a library's kernels as XLA knows them, and their `instructions`; none where they cannot be had."""
    with _one_thread[library]:
        return _targets(library)


@functools.cache
def _targets(library: str) -> dict[str, str]:
    try:
        instructions = build.instructions()
        try:
            loaded = build.load(library, instructions)
        except build.Unavailable:
            if instructions != "AMX":
                raise
            instructions = "AVX-512"  # older compilers do not know tiles
            loaded = build.load(library, instructions)
    except build.Unavailable as reason:
        _say(f"XLA's own kernels serve, which train two to three times slower: {reason}.")
        return {}
    # The key is in the name, so that no executable in jax's compilation cache ever meets kernels of another source.
    key = build.key(library, instructions)
    names = {name: f"deepx_{name}_{key}" for name in LIBRARIES[library]}
    for name, symbol in LIBRARIES[library].items():
        jax.ffi.register_ffi_target(names[name], jax.ffi.pycapsule(getattr(loaded, symbol)), platform="cpu")
    return {**names, "instructions": instructions}


@functools.cache
def _say(excuse: str) -> None:
    """Once, however many libraries it is about."""
    print(excuse, file=sys.stderr)
