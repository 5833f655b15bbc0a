"""Kernels of our own on the CPU, in place of XLA's: switched on for the programs that are compiled from then on.

Nothing changes at a call. `convolution`, `heads` and so on say which operations they serve, `lowering` in which
programs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import jax
from jax.interpreters import mlir

from deepx.nn.cpu import convolution, heads, lstm, memory_machine, product, sentences, threefry
from deepx.nn.cpu.lowering import lowered

__all__ = ["SWITCH", "disabled", "enable", "lowered", "threads"]

SWITCH = "DEEPX_CPU_KERNELS"  # environment: "native", the default, or "xla"
RULES = (
    *(convolution.RULE, product.RULE, threefry.RULE),
    *(*heads.RULES, *lstm.RULES, *memory_machine.RULES, *sentences.RULES),
)

_native = False  # what `enable` has set


def enable() -> None:
    """Lowers on the CPU to our kernels from now on, unless DEEPX_CPU_KERNELS=xla says otherwise.

    Programs compiled before are forgotten. The kernels are compiled when the first operation needs them; where that is
    not possible, one line says why, and XLA's own serve. Raises ValueError for another value of the variable.
    """
    wanted = os.environ.get(SWITCH) or "native"
    if wanted not in ("native", "xla"):
        raise ValueError(f"{SWITCH} is {wanted!r}; it must be 'native' or 'xla'.")
    global _native
    _native = wanted == "native"
    _register(_native)
    jax.clear_caches()


@contextmanager
def disabled() -> Iterator[None]:
    """XLA's own kernels in functions that are compiled for the first time meanwhile."""
    _register(False)
    try:
        yield
    finally:
        _register(_native)


def threads() -> int:
    """The threads of XLA's pool on the CPU, which also run our kernels."""
    return max(int(os.environ.get("NPROC") or len(os.sched_getaffinity(0))), jax.local_device_count("cpu"))


def _register(native: bool) -> None:
    for rule in RULES:
        mlir.register_lowering(rule.primitive, rule.native if native else rule.xla, platform="cpu")
