"""Bicubic resizing as MATLAB's imresize does it, with which super-resolution makes and measures its images.

The kernel is Keys' with a = -1/2 (IEEE Trans. ASSP 29, 1981, equation 15). Where an image shrinks, it is widened by the
scale, so that it averages over all that falls into a new pixel (antialiasing). Borders are mirrored, edge pixels
repeated. Both axes are resized one after another, each by one small matrix: linear maps, with everything jax can do.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np

Array = Any  # of NumPy or jax: what comes in goes out


def kernel(x: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel with a = -1/2: 1 at 0, 0 at all other whole numbers and beyond 2."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


@functools.lru_cache(maxsize=64)
def matrix(old: int, new: int) -> np.ndarray:
    """The matrix [new, old] that resizes a line of `old` pixels; its rows add up to 1."""
    width = max(1.0, old / new)  # by which the kernel is widened
    centres = (np.arange(new) + 0.5) * old / new - 0.5  # of the new pixels, in old ones
    first = np.floor(centres - 2 * width).astype(int)
    pixels = first[:, None] + np.arange(int(np.ceil(4 * width)) + 2)
    weights = kernel((centres[:, None] - pixels) / width)
    weights /= weights.sum(1, keepdims=True)
    pixels %= 2 * old
    pixels = np.where(pixels < old, pixels, 2 * old - 1 - pixels)
    resized = np.zeros((new, old))
    np.add.at(resized, (np.arange(new)[:, None], pixels), weights)
    resized.setflags(write=False)  # every caller is given the same
    return resized


def resize(images: Array, height: int, width: int) -> Array:
    """Images [..., H, W, C] of floats -> [..., height, width, C]; overshoots, as bicubic interpolation does."""
    with jax.default_matmul_precision("highest"):
        return _columns(_rows(images, height), width)


def resize_bytes(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """An image [H, W, C] of uint8 -> uint8 [height, width, C], rounded after each axis, rows first, as in MATLAB."""
    return to_bytes(_columns(to_bytes(_rows(image.astype(np.float64), height)).astype(np.float64), width))


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Floats of 0 to 255 -> the nearest uint8."""
    return np.clip(np.floor(image + 0.5), 0, 255).astype(np.uint8)


def _rows(images: Array, height: int) -> Array:
    *batch, old, width, channels = images.shape
    lines = matrix(old, height).astype(images.dtype) @ images.reshape(*batch, old, width * channels)
    return lines.reshape(*batch, height, width, channels)


def _columns(images: Array, width: int) -> Array:
    return matrix(images.shape[-2], width).astype(images.dtype) @ images
