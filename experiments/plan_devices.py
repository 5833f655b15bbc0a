"""What devices can do, as their makers say; and what this machine's CPU was seen to do."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepx.engine.errors import UserError, nearest
from deepx.nn.cpu import kernels

TERA, GIGA = 1e12, 1e9


class Device(NamedTuple):
    """One chip, or one card.

    memory:     bytes.
    products:   FLOP/s of matrix products at best, by the type of the operands as JAX multiplies them by default.
    bandwidth:  bytes a second from and to that memory.
    topology:   of TPUs: the generation, as the compiler calls it, and the axes of its torus.
    """

    memory: float
    products: Mapping[str, float]
    bandwidth: float
    topology: tuple[str, int] | None = None


def _tpu(memory: float, tera: float, bandwidth: float, generation: str, axes: int) -> Device:
    """float32 is multiplied in one pass of bfloat16, by default (jax.lax.Precision)."""
    rate = tera * TERA
    return Device(memory * GIGA, {"bfloat16": rate, "float32": rate}, bandwidth * GIGA, (generation, axes))


def _gpu(memory: float, bfloat16: float, tf32: float, bandwidth: float) -> Device:
    """float32 is multiplied as TF32, by default (jax.lax.Precision). Rates are of dense matrices, on SXM cards."""
    return Device(memory * GIGA, {"bfloat16": bfloat16 * TERA, "float32": tf32 * TERA}, bandwidth * GIGA)


DEVICES = {
    "tpu-v4": _tpu(32, 275, 1200, "v4", 3),  # https://cloud.google.com/tpu/docs/v4
    "tpu-v5e": _tpu(16, 197, 819, "v5e", 2),  # https://cloud.google.com/tpu/docs/v5e
    "tpu-v5p": _tpu(95, 459, 2765, "v5p", 3),  # https://cloud.google.com/tpu/docs/v5p
    "tpu-v6e": _tpu(32, 918, 1638, "v6e", 2),  # https://cloud.google.com/tpu/docs/v6e
    "a100-40": _gpu(40, 312, 156, 1555),  # https://www.nvidia.com/en-us/data-center/a100
    "a100-80": _gpu(80, 312, 156, 2039),  # the same page
    # https://www.nvidia.com/en-us/data-center/h100; it gives twice, of sparse matrices
    "h100": _gpu(80, 989, 494, 3350),
}


def named(text: str) -> tuple[str, int]:
    """The name and the number of devices in `NAME` or `NAME-N`. Raises UserError where they are not known."""
    name, number = (text, "1") if text in (*DEVICES, "cpu") else text.rpartition("-")[::2]
    if name not in DEVICES and text != "cpu" or not number.isdecimal() or int(number) < 1:
        raise UserError(
            f"--devices={text} names no devices that are known. It is NAME or NAME-N, N being chips or cards, and "
            f"NAME one of {', '.join(DEVICES)}; or cpu, this machine.{nearest(name or text, DEVICES)}"
        )
    return name, int(number)


def device_of(name: str) -> Device:
    """The device of that name; `cpu` is measured."""
    return this_machine() if name == "cpu" else DEVICES[name]


def shape(device: Device, number: int) -> str:
    """The slice of so many chips, as the TPU's compiler wants it: v5e 16 is v5e:4x4, v4 16 is v4:2x2x4.

    Raises UserError where there is no such slice.
    """
    assert device.topology is not None
    generation, axes = device.topology
    power = number.bit_length() - 1
    most = 8 if axes == 2 else 12
    if number != 1 << power or not 2 <= power <= most:
        raise UserError(
            f"The compiler is asked for whole slices of {generation}, of 4, 8, ... {1 << most} chips, not {number}."
        )
    sides = sorted(1 << (power + i) // axes for i in range(axes))
    if axes == 3 and power == 2:
        sides = [2, 2, 1]
    return f"{generation}:{'x'.join(map(str, sides))}"


def this_machine() -> Device:
    """This machine's CPU, by a product of two large matrices of float32 and a copy; with our kernels, as it trains."""
    kernels.enable()
    matrix = jnp.ones((2048, 2048))
    product = jax.jit(jnp.matmul)
    rate = 2 * 2048**3 / _fastest(lambda: product(matrix, matrix).block_until_ready())
    numbers = np.ones(2**26, np.float32)
    copy = np.ones_like(numbers)
    bandwidth = 2 * numbers.nbytes / _fastest(lambda: np.copyto(copy, numbers))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Device(memory, {"float32": rate}, bandwidth)


def _fastest(function: Callable[[], Any], times: int = 10) -> float:
    """Seconds of a call, the first of which does not count."""
    function()
    best = math.inf
    for _ in range(times):
        begun = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - begun)
    return best
