"""Sub-pixel shuffles: equation 4 by hand, the inverse, PyTorch's, and convolutions moved to the other side."""

import jax
import numpy as np
import pytest
from jax import lax

from deepx.nn import sub_pixel


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_equation_4_by_hand():
    """Two channels in squares of 2 x 2: channels 0 and 1 are the pixel above at the left, 2 and 3 that at its right."""
    made = np.asarray(sub_pixel.shuffle(np.arange(16).reshape(1, 1, 2, 8), 2))
    assert made[0, ..., 0].tolist() == [[0, 2, 8, 10], [4, 6, 12, 14]]
    assert made[0, ..., 1].tolist() == [[1, 3, 9, 11], [5, 7, 13, 15]]


@pytest.mark.parametrize("r", [2, 3])
def test_unshuffle_is_the_inverse(r):
    x = numbers(2, 3, 5, r * r * 4)
    np.testing.assert_array_equal(sub_pixel.unshuffle(sub_pixel.shuffle(x, r), r), x)
    y = numbers(2, 3 * r, 5 * r, 4)
    np.testing.assert_array_equal(sub_pixel.shuffle(sub_pixel.unshuffle(y, r), r), y)


def test_pytorchs_but_for_the_order_of_channels():
    """Theirs has the r r channels of one output channel side by side, the paper's those of one pixel."""
    torch = pytest.importorskip("torch")
    x, r = numbers(2, 3, 5, 36), 3
    channels_first = x.reshape(2, 3, 5, r * r, 4).transpose(0, 4, 3, 1, 2).reshape(2, 36, 3, 5)
    theirs = torch.nn.PixelShuffle(r)(torch.tensor(channels_first)).permute(0, 2, 3, 1)
    np.testing.assert_array_equal(sub_pixel.shuffle(x, r), theirs)


@pytest.mark.parametrize(("k", "r"), [(9, 2), (3, 2), (5, 3)])
def test_a_convolution_in_front_does_what_one_behind_did(k, r):
    def convolve(x, kernel):
        return lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    x, kernel = numbers(2, 4, 5, r * r * 2), numbers(k, k, 2, 3)
    before = jax.jit(lambda x, kernel: sub_pixel.shuffle(convolve(x, sub_pixel.kernel_before(kernel, r)), r))
    np.testing.assert_allclose(before(x, kernel), convolve(sub_pixel.shuffle(x, r), kernel), atol=1e-4)
