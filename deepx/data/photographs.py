"""Photographs for super-resolution: from folders, from scikit-image's package, or generated; patches of them.

Pictures are uint8 [H, W, 3] of any size, by name. Small ones are made by bicubic down-scaling of whole pictures
(`deepx.nn.bicubic`), as the measured benchmarks are; patches of both, which lie over one another, are cut out of all
pictures' pixels, held on the device in one row.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.nn import bicubic

Array = jax.Array
Key = jax.Array
Pictures = Mapping[str, np.ndarray]  # name -> uint8 [H, W, 3]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
PACKAGED = {  # in the package itself, not downloaded at the first use
    "train": ("astronaut", "brick", "coins", "grass", "gravel", "immunohistochemistry", "rocket", "stereo_motorcycle"),
    "test": ("camera", "chelsea", "coffee"),
}


def read(path: str | os.PathLike[str]) -> np.ndarray:
    """A picture file as uint8 [H, W, 3], turned as its camera was held; grey ones in three equal channels.

    Raises DataNotPrepared where there is no such file, DataCorrupt where it is no picture, damaged, or too deep.
    """
    try:
        with Image.open(path) as image:
            if image.mode.startswith(("I", "F")):
                raise DataCorrupt(f"{path} has more than 8 bits a channel. Save it with 8.")
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except FileNotFoundError:
        raise DataNotPrepared(f"There is no file {path}.") from None
    except UnidentifiedImageError:
        raise DataCorrupt(f"{path} is no picture that can be read (PNG, JPEG, BMP).") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, DataCorrupt):
            raise
        raise DataCorrupt(f"{path} cannot be read, it is damaged or cut short: {error}.") from error


def folder(path: str | os.PathLike[str]) -> Pictures:
    """Every picture in a folder by its name, in order. Raises DataNotPrepared, DataCorrupt."""
    return {file.name: read(file) for file in files(path)}


def files(path: str | os.PathLike[str]) -> list[Path]:
    """Every PNG, JPEG and BMP file in a folder, in order of names. Raises DataNotPrepared where there is none."""
    directory = Path(path).expanduser()
    if not directory.is_dir():
        raise DataNotPrepared(f"There is no folder {path} of pictures.")
    found = sorted(file for file in directory.iterdir() if file.suffix.lower() in SUFFIXES)
    if not found:
        raise DataNotPrepared(f"The folder {path} has no pictures in it ({', '.join(SUFFIXES)}).")
    return found


def packaged(part: str) -> Pictures:
    """Photographs that come with scikit-image: `part` is 'train' or 'test'. Raises DataNotPrepared without it."""
    try:
        from skimage import data
    except ImportError:
        raise DataNotPrepared(
            "The photographs that need no download come with scikit-image, which is not installed here. Install it "
            "(`pip install scikit-image`), or give folders of pictures."
        ) from None
    pictures = {name: getattr(data, name)() for name in PACKAGED[part]}
    pictures = {name: picture[0] if isinstance(picture, tuple) else picture for name, picture in pictures.items()}
    return {name: p if p.ndim == 3 else np.repeat(p[:, :, None], 3, axis=2) for name, p in pictures.items()}


def generated(count: int, *, size: tuple[int, int] = (64, 80), seed: int = 0) -> Pictures:
    """Fake photographs, for quick runs without data: discs of random colours on one another."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    pictures = {}
    for i in range(count):
        picture = np.full((*size, 3), rng.uniform(0, 255, 3))
        for _ in range(40):
            inside = (y - rng.uniform(0, size[0])) ** 2 + (x - rng.uniform(0, size[1])) ** 2 < rng.uniform(2, 16) ** 2
            picture[inside] = rng.uniform(0, 255, 3)
        pictures[f"discs{i}"] = picture.astype(np.uint8)
    return pictures


def fitted(name: str, picture: np.ndarray, scale: int, least: int) -> np.ndarray:
    """The picture without the last rows and columns that `scale` does not divide.

    Raises DataCorrupt where a side has fewer than `least` pixels.
    """
    height, width = (side - side % scale for side in picture.shape[:2])
    if min(height, width) < least:
        raise DataCorrupt(
            f"The picture {name} is {picture.shape[1]} x {picture.shape[0]} pixels; both must be at least {least}."
        )
    return picture[:height, :width]


def shrunk(picture: np.ndarray, scale: int) -> np.ndarray:
    """The small picture, whose sides `scale` divides, as MATLAB makes it."""
    return bicubic.resize_bytes(picture, picture.shape[0] // scale, picture.shape[1] // scale)


class Store(NamedTuple):
    """All pixels of several pictures, and where each begins. P small pixels in all, n pictures.

    low: uint8 [P, 3]. high: uint8 [scale^2 P, 3]. first: [n], a small picture's first pixel. width: [n], of the small
    pictures. places: [n + 1], number of places of a patch in all pictures before, and in all.
    """

    low: np.ndarray
    high: np.ndarray
    first: np.ndarray
    width: np.ndarray
    places: np.ndarray


def stored(pictures: Pictures, scale: int, patch: int) -> Store:
    """The store of pictures from which patches of `patch` large pixels are cut.

    Raises DataCorrupt for a picture smaller than a patch, ValueError for more pixels than 32 bits can count.
    """
    high = [fitted(name, picture, scale, patch) for name, picture in pictures.items()]
    low = [shrunk(picture, scale) for picture in high]
    small = patch // scale
    places = np.cumsum([0] + [(p.shape[0] - small + 1) * (p.shape[1] - small + 1) for p in low])
    pixels = sum(p.size // 3 for p in high)
    if pixels >= 2**31:
        raise ValueError(f"the pictures have {pixels:,} pixels; 2,147,483,647 can be held. Take fewer of them")
    return Store(
        low=np.concatenate([p.reshape(-1, 3) for p in low]),
        high=np.concatenate([p.reshape(-1, 3) for p in high]),
        first=np.cumsum([0] + [p.size // 3 for p in low])[:-1].astype(np.int32),
        width=np.array([p.shape[1] for p in low], np.int32),
        places=places.astype(np.int32),
    )


def patches(store: Store, key: Key, count: int, scale: int, patch: int) -> dict[str, Array]:
    """Random patches {"low": uint8 [N, p, p, 3], "high": uint8 [N, patch, patch, 3]}, p = patch / scale, of a store.

    Every place in every picture is equally likely, and so are the eight ways to turn and mirror a patch. (The paper
    takes no two patches of a batch from one picture, but it has 350 thousand.)
    """
    of_place, of_turn = jax.random.split(key)
    place = jax.random.randint(of_place, (count,), 0, store.places[-1])
    picture = jnp.searchsorted(store.places, place, side="right") - 1
    first, width, small = store.first[picture], store.width[picture], patch // scale
    y, x = jnp.divmod(place - store.places[picture], width - small + 1)
    flips = jax.random.bernoulli(of_turn, shape=(3, count, 1, 1))

    def cut(pixels: Array, size: int, factor: int) -> Array:
        i, j = jnp.broadcast_arrays(jnp.arange(size)[:, None], jnp.arange(size)[None, :])
        i, j = jnp.where(flips[0], j, i), jnp.where(flips[0], i, j)
        i, j = jnp.where(flips[1], size - 1 - i, i), jnp.where(flips[2], size - 1 - j, j)
        row, column = factor * y[:, None, None] + i, factor * x[:, None, None] + j
        return pixels[factor**2 * first[:, None, None] + row * factor * width[:, None, None] + column]

    return {"low": cut(store.low, small, 1), "high": cut(store.high, patch, scale)}
