"""Bicubic resizing: hand-worked weights, laws, and another implementation."""

import jax
import numpy as np
import pytest
from PIL import Image

from deepx.nn import bicubic

NEAR = {0.25: 0.8671875, 0.75: 0.2265625, 1.25: -0.0703125, 1.75: -0.0234375}  # the kernel there, by hand


def test_the_kernel_by_hand():
    np.testing.assert_allclose(bicubic.kernel(np.array([0, 0.5, 1, 1.5, 2, 3])), [1, 0.5625, 0, -0.0625, 0, 0])
    np.testing.assert_allclose(bicubic.kernel(-np.array([*NEAR])), [*NEAR.values()])


def test_a_line_twice_as_long_and_half_as_long():
    """The middle of new pixel 4 lies a quarter in front of old pixel 2's; that of a half as long one between two."""
    np.testing.assert_allclose(bicubic.matrix(6, 12)[4], [-0.0234375, 0.2265625, 0.8671875, -0.0703125, 0, 0])
    half = [NEAR[1.75], NEAR[1.25], NEAR[0.75], NEAR[0.25]]
    np.testing.assert_allclose(bicubic.matrix(12, 6)[2], np.array([0, *half, *half[::-1], 0, 0, 0]) / 2, atol=1e-15)


def test_borders_are_mirrored_with_their_edge_pixels_repeated():
    """The first new pixel of a line twice as long sees pixels 1, 0 | 0, 1 around the border."""
    np.testing.assert_allclose(
        bicubic.matrix(6, 12)[0], [NEAR[0.75] + NEAR[0.25], NEAR[1.75] + NEAR[1.25], 0, 0, 0, 0], atol=1e-15
    )


@pytest.mark.parametrize(("old", "new"), [(40, 10), (10, 40), (21, 8), (8, 21), (5, 5), (3, 17)])
def test_constants_stay_and_turning_round_changes_nothing(old, new):
    matrix = bicubic.matrix(old, new)
    np.testing.assert_allclose(matrix.sum(1), 1)
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1], atol=1e-12)


def test_away_from_borders_it_is_pillows():
    picture = np.random.default_rng(0).uniform(0, 255, (48, 64)).astype(np.float32)
    for height, width in ((12, 16), (96, 160)):
        ours = bicubic.resize(picture[..., None], height, width)[..., 0]
        theirs = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))
        inner = (slice(height // 6, -height // 6), slice(width // 6, -width // 6))
        np.testing.assert_allclose(ours[inner], theirs[inner], atol=1e-3)


def test_the_same_in_a_compiled_program_for_any_leading_axes():
    images = np.random.default_rng(0).uniform(size=(2, 3, 8, 12, 3)).astype(np.float32)
    resized = jax.jit(lambda images: bicubic.resize(images, 4, 18))(images)
    np.testing.assert_allclose(resized, bicubic.resize(images.astype(np.float64), 4, 18), atol=1e-5)
    np.testing.assert_allclose(resized[1, 2], bicubic.resize(images[1, 2], 4, 18), atol=1e-5)


def test_bytes_are_rounded_and_clipped_after_each_axis():
    edge = np.repeat(np.array([0, 0, 0, 255, 255, 255], np.uint8)[:, None, None], 6, axis=1)  # overshoots on both sides
    rows = np.clip(np.floor(bicubic.matrix(6, 12) @ edge[:, 0, 0] + 0.5), 0, 255)
    assert rows.min() == 0 and rows.max() == 255 and (bicubic.matrix(6, 12) @ edge[:, 0, 0]).max() > 256
    made = bicubic.resize_bytes(edge, 12, 6)
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made[..., 0], np.repeat(rows[:, None], 6, axis=1))
    picture = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    rows, columns = bicubic.matrix(16, 8), bicubic.matrix(16, 40)
    once, twice = bicubic.to_bytes(rows @ picture @ columns.T), bicubic.to_bytes(rows @ picture) @ columns.T
    made = bicubic.resize_bytes(picture[..., None], 8, 40)[..., 0]
    np.testing.assert_array_equal(made, bicubic.to_bytes(twice))
    assert not np.array_equal(made, once)
