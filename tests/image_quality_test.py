"""Luma, PSNR and SSIM: by hand, beside scikit-image, and daala's SSIM by its definition, place by place."""

import jax
import numpy as np
import pytest

from deepx.analysis import image_quality


def pair(height=40, width=33, noise=20.0):
    rng = np.random.default_rng(0)
    true = np.cumsum(rng.normal(0, 12, (height, width)), axis=1) + 128
    return np.clip(true + rng.normal(0, noise, true.shape), 0, 255), np.clip(true, 0, 255)


def test_luma_is_that_of_matlab():
    """rgb2ycbcr of black, white, red, green and blue."""
    colours = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.float64)
    np.testing.assert_allclose(image_quality.luma(colours), [16, 235, 81.481, 144.553, 40.966])


def test_psnr_by_hand_and_in_a_compiled_program():
    true = np.full((2, 6, 5), 100.0)
    made = true + np.array([1, 10])[:, None, None]
    np.testing.assert_allclose(jax.jit(image_quality.psnr)(made, true), [48.1308, 28.1308], atol=1e-4)


def test_the_border_is_not_measured():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 255, (40, 33, 3), dtype=np.uint8)
    made = true.copy()
    made[4:-4, 4:-4] ^= 7
    damaged = made.copy()
    damaged[:4], damaged[:, -4:] = 255, 0
    ours = image_quality.quality(damaged, true, 4)
    np.testing.assert_array_equal(ours, image_quality.quality(made, true, 4))
    inner = image_quality.quality(made[4:-4, 4:-4], true[4:-4, 4:-4], 0)
    np.testing.assert_array_equal(ours, inner)
    assert np.isfinite(ours.psnr) and image_quality.quality(made, true, 3).psnr > ours.psnr


def test_scikit_image_measures_the_same():
    metrics = pytest.importorskip("skimage.metrics")
    made, true = pair()
    similarity = metrics.structural_similarity(
        made, true, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    np.testing.assert_allclose(image_quality.ssim(made, true), similarity, rtol=1e-10)
    ratio = metrics.peak_signal_noise_ratio(true, made, data_range=255)
    np.testing.assert_allclose(image_quality.psnr(made, true), ratio, rtol=1e-6)


@pytest.mark.parametrize("height", [24, 160])
def test_daalas_similarity_place_by_place(height):
    """At each place, moments weighted by what of the window lies in the picture; places weighted by its sum."""
    made, true = pair(height, 21)
    sigma = 1.5 * height / 256
    offsets = np.arange(-20, 21)
    kernel = np.floor(256 * np.exp(-(offsets**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi)) + 0.5)
    kernel[20] = 256 - kernel[:20].sum() - kernel[21:].sum()
    total = weights = 0.0
    for row in range(height):
        for column in range(21):
            down, along = kernel[20 - row :][:height], kernel[20 - column :][:21]  # zero from 20 places on
            window = np.zeros((height, 21))
            window[: len(down)] = down[:, None] if row <= 20 else 0
            if row > 20:
                window[row - 20 : row + 21] = kernel[: height - row + 20][:, None]
            window = window * along
            weight = window.sum()
            mean_a, mean_b = ((window * a).sum() / weight for a in (made, true))
            var_a, var_b, cov = (
                (window * (a - m) * (b - n)).sum() / weight
                for a, m, b, n in (
                    (made, mean_a, made, mean_a),
                    (true, mean_b, true, mean_b),
                    (made, mean_a, true, mean_b),
                )
            )
            means = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
            total += weight * means * (2 * cov + 58.5225) / (var_a + var_b + 58.5225)
            weights += weight
    np.testing.assert_allclose(image_quality.ssim_daala(made, true), total / weights, rtol=1e-9)
    assert total / weights < 0.999


def test_a_picture_is_like_itself():
    _, true = pair()
    assert image_quality.psnr(true, true) == 100
    assert image_quality.ssim(true, true) == pytest.approx(1) and image_quality.ssim_daala(true, true) == pytest.approx(
        1
    )
