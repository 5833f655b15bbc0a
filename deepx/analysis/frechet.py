"""The Frechet distance between two sets of features, each taken for a Gaussian (Dowson & Landau 1982).

    d^2 = |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^1/2)

Heusel et al. 2017 (arXiv 1706.08500), equation 6, call d^2 the FID where the features are those of one Inception net.
With features of another net it is not the FID, cannot be compared with published ones, and is not called so here.
"""

from __future__ import annotations

import chex
import numpy as np

Array = np.ndarray


def frechet_distance(x_ND: Array, y_MD: Array) -> float:
    """d^2 between features x [N, D] and y [M, D], in double precision. For a steady number, N and M far above D.

    Raises ValueError for sets of fewer than two.
    """
    chex.assert_rank([x_ND, y_MD], 2)
    if min(len(x_ND), len(y_MD)) < 2:
        raise ValueError(f"a covariance needs two points, got {len(x_ND)} and {len(y_MD)}")
    return between_gaussians(*moments(x_ND), *moments(y_MD))


def moments(x_ND: Array) -> tuple[Array, Array]:
    """Mean [D] and (unbiased) covariance [D, D]."""
    x_ND = np.asarray(x_ND, np.float64)
    return x_ND.mean(0), np.atleast_2d(np.cov(x_ND, rowvar=False))


def between_gaussians(mean_D: Array, covariance_DD: Array, other_mean_D: Array, other_covariance_DD: Array) -> float:
    """d^2 between N(m_1, C_1) and N(m_2, C_2).

    C_1 C_2 has the eigenvalues of C_1^1/2 C_2 C_1^1/2, which is symmetric, so that no root is ever complex.
    """
    root = square_root(covariance_DD)
    eigenvalues = np.linalg.eigvalsh(root @ other_covariance_DD @ root)
    trace = np.trace(covariance_DD) + np.trace(other_covariance_DD) - 2 * np.sqrt(np.maximum(eigenvalues, 0)).sum()
    return float(np.sum((mean_D - other_mean_D) ** 2) + max(trace, 0.0))


def square_root(covariance_DD: Array) -> Array:
    """The symmetric root of a positive semi-definite matrix; what rounding made of zero eigenvalues is zero again."""
    values, vectors = np.linalg.eigh(covariance_DD)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
