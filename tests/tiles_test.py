"""Tiles: a local function of an image is the same in pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from deepx.nn.tiles import in_tiles


def blurred(image):
    """Twice as large, from what is within 2 pixels; outside the image is zero."""
    return uniform_filter(image, (5, 5, 1), mode="constant").repeat(2, axis=0).repeat(2, axis=1)


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), tile=st.integers(5, 17))
def test_the_same_as_the_whole_at_borders_too(height, width, tile):
    image, seen = np.random.default_rng(0).normal(size=(height, width, 2)), set()

    def function(part):
        seen.add(part.shape)
        return blurred(part)

    np.testing.assert_allclose(in_tiles(function, image, tile, reach=2, scale=2), blurred(image), atol=1e-12)
    assert seen == {(min(height, tile), min(width, tile), 2)}  # one program


def test_tiles_that_are_all_border():
    with pytest.raises(ValueError, match="tiles of 4 pixels are all border, where 2 on each side are"):
        in_tiles(blurred, np.zeros((5, 5, 1)), 4, reach=2, scale=2)
    np.testing.assert_array_equal(
        in_tiles(blurred, np.ones((4, 3, 1)), 4, reach=2, scale=2), blurred(np.ones((4, 3, 1)))
    )
