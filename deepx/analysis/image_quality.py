"""How near a picture is to its original, by the protocol of super-resolution: luma, a border cut off, PSNR and SSIM.

Pictures are [H, W, 3] (luma [H, W]), numbers from 0 to 255. `luma`, `cut` and `psnr` take any leading axes, and serve
inside compiled programs.

Ledig et al. 2016 (arXiv 1609.04802, section 3.1) measured with daala's tools. Their SSIM is not that of most others:
the window grows with the picture, and is cut at its borders. With it, bicubic interpolation of Set5 has the published
.8211 at a scale of 4; with Wang et al.'s own it has the .8104 that other papers print.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy.ndimage import correlate1d

Array = Any  # of NumPy or jax

PEAK = 255.0
LUMA = np.array([65.481, 128.553, 24.966]) / 255  # ITU-R BT.601, as MATLAB's rgb2ycbcr has it: from 16 to 235
SIGMA = 1.5  # of the windows, pixels; of daala's at a height of 256 pixels


class Quality(NamedTuple):
    """psnr: dB. ssim: daala's, as in the paper. ssim_wang: Wang et al.'s."""

    psnr: float
    ssim: float
    ssim_wang: float


def quality(made: np.ndarray, true: np.ndarray, border: int) -> Quality:
    """Of a picture [H, W, 3] beside its original, in luma, without `border` pixels on each side."""
    a, b = (cut(luma(np.asarray(picture, np.float64)), border) for picture in (made, true))
    return Quality(float(psnr(a, b)), ssim_daala(a, b), ssim(a, b))


def luma(pictures: Array) -> Array:
    """Y of R'G'B' [..., 3]. Not rounded: the published value of bicubic interpolation needs that."""
    return 16 + (pictures * LUMA.astype(pictures.dtype)).sum(-1)


def cut(pictures: Array, border: int) -> Array:
    """[..., H, W] without `border` pixels on each side."""
    return pictures[..., border : pictures.shape[-2] - border, border : pictures.shape[-1] - border]


def psnr(made: Array, true: Array) -> Array:
    """Peak signal-to-noise ratio in dB of pictures [..., H, W], one value each; 100 at most."""
    return -10 * jnp.log10(jnp.maximum(((made - true) ** 2).mean((-2, -1)) / PEAK**2, 1e-10))


def ssim(made: np.ndarray, true: np.ndarray) -> float:
    """Structural similarity of [H, W]: Wang et al. 2004 (IEEE Trans. IP 13), equation 13; windows within the picture.

    A Gaussian window of 11 x 11 pixels, as scikit-image's with `gaussian_weights` and without sample covariance.
    """
    radius = 5
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / SIGMA) ** 2)
    similarity, _ = _similarity(made, true, kernel / kernel.sum())
    return float(cut(similarity, radius).mean())


def ssim_daala(made: np.ndarray, true: np.ndarray) -> float:
    """Structural similarity of [H, W] as daala's dump_ssim measures it.

    The window's deviation is 1.5 pixels for each 256 of the height. It is cut at borders, where a place counts by what
    is left of its window.
    """
    kernel = _daala_kernel(SIGMA * len(true) / 256, most=min(true.shape) - 1)
    similarity, weight = _similarity(made, true, kernel)
    return float((similarity * weight).sum() / weight.sum())


def _daala_kernel(sigma: float, most: int) -> np.ndarray:
    """A Gaussian in whole 256ths, as far as it rounds to one or more; what that leaves out is given to the middle.

    most: pixels that it may reach to each side. (So large windows have a peak, without which .8211 would be .8204.)
    """
    reach = int(sigma * np.sqrt(max(0.0, -2 * np.log(np.sqrt(np.pi / 2) * sigma / 256))))
    reach = min(reach, most)
    density = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)
    kernel = np.floor(256 * density + 0.5)
    kernel[reach] += 256 - kernel.sum()
    return kernel / 256


def _similarity(x: np.ndarray, y: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equation 13 everywhere [H, W], from moments within a window cut at borders, and what is left of the window."""

    def windowed(a: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(a, kernel, axis=0, mode="constant"), kernel, axis=1, mode="constant")

    weight = windowed(np.ones_like(x))
    mu_x, mu_y, xx, yy, xy = (windowed(a) / weight for a in (x, y, x * x, y * y, x * y))
    C1, C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    means = (2 * mu_x * mu_y + C1) / (mu_x**2 + mu_y**2 + C1)
    structure = (2 * (xy - mu_x * mu_y) + C2) / (xx - mu_x**2 + yy - mu_y**2 + C2)
    return means * structure, weight
