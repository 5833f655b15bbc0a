"""Log-likelihood by Parzen windows: Goodfellow et al. 2014 (arXiv 1406.2661), section 5 and table 1.

Samples s_1 ... s_S of a generator become a density, a Gaussian of width sigma around each:

    p(x) = 1/S sum_s N(x; s, sigma^2 I)

Its sigma is the one with which validation points are the likeliest; what counts is the mean log p of test points, in
nats, with its standard error. In many dimensions this has high variance and does not do well, as the paper warns; it is
here because the papers report it. They take 10,000 samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from deepx.analysis.distances import Array, Points, centred, pieces, squared_distances, vectors

GRID = tuple(np.logspace(-1, 0, 28))  # from 0.1 to 1; the 10 that the authors' code tries, and two between each


class Estimate(NamedTuple):
    """Mean log-likelihood of the test points and its standard error (nats); the sigma, and how it was chosen: the mean
    log-likelihood [G] of the validation points with each of the sigmas [G].
    """

    log_likelihood: float
    standard_error: float
    sigma: float
    sigmas: np.ndarray
    validation: np.ndarray


def parzen(samples: Points, valid: Points, test: Points, sigmas: Sequence[float] = GRID) -> Estimate:
    """The estimate of the module's head, from samples, validation and test points, [N, ...] of one shape each."""
    validation = log_density(samples, valid, sigmas).mean(1)
    sigma = float(sigmas[int(validation.argmax())])
    (of_test,) = log_density(samples, test, [sigma])
    error = float(of_test.std(ddof=1) / math.sqrt(len(of_test)))
    return Estimate(float(of_test.mean()), error, sigma, np.asarray(sigmas), validation)


def log_density(samples: Points, points: Points, sigmas: Sequence[float]) -> np.ndarray:
    """log p(x) in nats of each of the points [N, ...], [G, N], with each of the sigmas [G].

    The squared distances, computed once for all sigmas, have an error of about 1e-7 of the points' squared norm; over
    2 sigma^2, that is the error here: 1e-3 nats for images in [0, 1] at sigma 0.1.
    """
    s_SD, x_ND = centred(vectors(samples), vectors(points))
    widths = jnp.asarray(sigmas, jnp.float32)
    return np.concatenate([np.asarray(_log_density(s_SD, x_PD, widths)) for _, x_PD in pieces(x_ND)], axis=1)


@jax.jit
def _log_density(s_SD: Array, x_PD: Array, sigmas_G: Array) -> Array:
    distances_PS = squared_distances(x_PD, s_SD)
    samples, dimensions = s_SD.shape

    def with_sigma(sigma: Array) -> Array:
        kernels_P = jax.nn.logsumexp(-distances_PS / (2 * sigma**2), axis=1)
        return kernels_P - math.log(samples) - dimensions * jnp.log(sigma * math.sqrt(2 * math.pi))

    return jax.lax.map(with_sigma, sigmas_G)
