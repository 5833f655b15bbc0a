"""Parzen windows: by hand, against scikit-learn's kernel densities, and the rule by which sigma is chosen."""

import numpy as np
import pytest

from deepx.analysis import distances, parzen


def test_two_samples_on_a_line_by_hand():
    """p(0) = 1/2 (N(0; 0, 1) + N(0; 2, 1)) = 0.3989 (1 + e^-2) / 2."""
    (((at_zero, far),),) = [parzen.log_density(np.array([[0.0], [2.0]]), np.array([[0.0], [102.0]]), [1.0])]
    assert at_zero == pytest.approx(np.log((1 + np.exp(-2)) / 2 / np.sqrt(2 * np.pi)), abs=1e-5)
    assert far == pytest.approx(np.log(0.5 / np.sqrt(2 * np.pi)) - 100**2 / 2, rel=1e-6)  # no underflow


def test_images_against_scikit_learn(monkeypatch):
    neighbors = pytest.importorskip("sklearn.neighbors")
    monkeypatch.setattr(distances, "PIECE", 7)  # the last piece is a short one
    rng = np.random.default_rng(0)
    samples, points = rng.uniform(size=(40, 3, 4, 2)), rng.uniform(size=(17, 3, 4, 2))
    densities = parzen.log_density(samples, points, [0.1, 0.5])
    for sigma, ours in zip([0.1, 0.5], densities, strict=True):
        theirs = neighbors.KernelDensity(bandwidth=sigma).fit(samples.reshape(40, -1))
        np.testing.assert_allclose(ours, theirs.score_samples(points.reshape(17, -1)), rtol=1e-5, atol=2e-3)


def test_sigma_is_chosen_on_validation_and_the_error_is_of_the_mean():
    rng = np.random.default_rng(1)
    samples, valid, test = (rng.normal(size=(n, 2)) for n in (400, 200, 300))
    estimate = parzen.parzen(samples, valid, test, sigmas=(0.01, 0.3, 5.0))
    assert estimate.sigma == 0.3 and estimate.validation.argmax() == 1
    (each,) = parzen.log_density(samples, test, [0.3])
    assert estimate.log_likelihood == pytest.approx(each.mean(), rel=1e-6)
    assert estimate.standard_error == pytest.approx(each.std(ddof=1) / np.sqrt(300), rel=1e-6)
    assert estimate.log_likelihood == pytest.approx(-1 - np.log(2 * np.pi), abs=0.2)  # minus the density's entropy
