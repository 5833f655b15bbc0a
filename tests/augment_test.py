"""Laws of the random crop and flip, and of the normalisation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data import augment

COUNT, PADDING = 16, 2


def numbered(count=COUNT, height=5, width=7, channels=2) -> np.ndarray:
    """Images of which no two pixels are equal, and none is 0."""
    shape = (count, height, width, channels)
    return 1 + np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def candidates(image: np.ndarray, padding: int) -> list[np.ndarray]:
    """Every crop of the padded image, row by row; then their mirror images."""
    height, width, _ = image.shape
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    places = range(2 * padding + 1)
    crops = [padded[y : y + height, x : x + width] for y in places for x in places]
    return crops + [crop[:, ::-1] for crop in crops]


def which(crop: np.ndarray, image: np.ndarray, padding: int) -> int:
    """The number of the candidate that `crop` is."""
    (found,) = [i for i, candidate in enumerate(candidates(image, padding)) if np.array_equal(crop, candidate)]
    return found


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), dtype=st.sampled_from([np.uint8, np.float32]))
def test_each_image_becomes_a_crop_of_itself_padded_or_the_mirror_image_of_one(seed, dtype):
    images = (numbered() % 251).astype(dtype)
    out = augment.crop_and_flip(jax.random.key(seed), images, padding=PADDING)
    assert out.dtype == dtype and out.shape == images.shape
    for crop, image in zip(np.asarray(out), images, strict=True):
        which(crop, image, PADDING)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_without_padding_an_image_stays_or_is_mirrored(seed):
    images = numbered()
    out = np.asarray(augment.crop_and_flip(jax.random.key(seed), images, padding=0))
    stays = (out == images).all((1, 2, 3))
    mirrored = (out == images[:, :, ::-1]).all((1, 2, 3))
    assert (stays ^ mirrored).all()


def test_every_place_and_both_directions_are_equally_likely_and_independent():
    """Chi-squared over the 2 x 25 outcomes of 5,000 images; the bound is passed once in a million draws."""
    images = np.broadcast_to(numbered(1), (5000, 5, 7, 2))
    out = np.asarray(augment.crop_and_flip(jax.random.key(3), images, padding=PADDING))
    table = {candidate.tobytes(): i for i, candidate in enumerate(candidates(images[0], PADDING))}
    counts = np.bincount([table[crop.tobytes()] for crop in out], minlength=50)
    assert np.sum((counts - 100) ** 2 / 100) < 112


def test_the_key_decides():
    images = numbered()
    draws = [np.asarray(augment.crop_and_flip(jax.random.key(seed), images)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_the_default_padding_is_the_papers():
    out = np.asarray(augment.crop_and_flip(jax.random.key(0), np.broadcast_to(numbered(1, 9, 9), (2000, 9, 9, 2))))
    empty_rows = (out == 0).all((2, 3)).sum(1)
    assert empty_rows.max() == 4


def test_moments_of_a_hand_worked_case_and_of_a_direct_calculation():
    two = np.array([[[[0, 10]], [[4, 10]]]], np.uint8)
    mean, std = augment.channel_moments(two)
    np.testing.assert_array_equal(mean, [2, 10])
    np.testing.assert_array_equal(std, [2, 0])
    images = np.random.default_rng(0).integers(0, 256, (20, 9, 8, 3), dtype=np.uint8)
    mean, std = augment.channel_moments(images)
    np.testing.assert_allclose(mean, images.astype(float).mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(std, images.astype(float).std((0, 1, 2)), rtol=1e-6)


@pytest.mark.parametrize("per_pixel", [False, True])
def test_normalised_images_have_mean_0(per_pixel):
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 5, 3), dtype=np.uint8)
    mean, std = (images.mean(0), 1.0) if per_pixel else augment.channel_moments(images)
    out = augment.normalise(jnp.asarray(images), mean, std)
    assert out.dtype == jnp.float32
    np.testing.assert_allclose(out.mean(0 if per_pixel else (0, 1, 2)), 0, atol=1e-4)
    if not per_pixel:
        np.testing.assert_allclose(out.std((0, 1, 2)), 1, rtol=1e-4)
