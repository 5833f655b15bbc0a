"""Random crops, flips and normalisation of image batches, on the device, inside the compiled step."""

from __future__ import annotations

from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
Key = jax.Array


@partial(jax.jit, static_argnames="padding")
def crop_and_flip(key: Key, images: Array, padding: int = 4) -> Array:
    """Each image [H, W, C] of a batch [N, H, W, C], cut at random out of itself with a border, and mirrored or not.

    He et al. 2015, section 4.2: `padding` zeros on every side, a crop of the original size at a uniform place, its
    horizontal mirror image with probability 1/2; each image by itself. Any dtype. Normalise first: then the zeros are
    the mean, as in the paper, not black.
    """
    chex.assert_rank(images, 4)
    count, *shape = images.shape
    key_place, key_flip = jax.random.split(key)
    place = jax.random.randint(key_place, (count, 2), 0, 2 * padding + 1)
    flip = jax.random.bernoulli(key_flip, shape=(count, 1, 1, 1))

    padded = jnp.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    crops = jax.vmap(lambda image, at: jax.lax.dynamic_slice(image, (at[0], at[1], 0), shape))(padded, place)
    return jnp.where(flip, crops[:, :, ::-1], crops)


def signed(pixels: Array) -> Array:
    """Bytes, 0 to 255, as numbers from -1 to 1: what a tanh makes."""
    return pixels.astype(jnp.float32) / 127.5 - 1


def channel_moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation [C] of each channel of uint8 images [N, H, W, C], in steps of 0 to 255.

    Sums of whole numbers in double precision: exact, without a copy of the images in floating point.
    """
    pixels = images.reshape(-1, images.shape[-1])
    mean = pixels.mean(axis=0, dtype=np.float64)
    square = np.einsum("nc,nc->c", pixels, pixels, dtype=np.float64) / len(pixels)
    return mean.astype(np.float32), np.sqrt(square - mean**2).astype(np.float32)


def normalise(images: Array, mean: Array | np.ndarray, std: Array | np.ndarray) -> Array:
    """(images - mean) / std in float32, with the training set's `channel_moments`.

    He et al. 2015 subtract the mean of every pixel and do not divide. We take one mean and one deviation a channel:
    they stay right for an image that is shifted or mirrored, and the batch normalisation behind the first convolution
    takes the scale out again. (A mean image [H, W, C] and std 1 would serve the paper's letter.)
    """
    return (images.astype(jnp.float32) - mean) / std
