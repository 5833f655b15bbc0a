"""What super-resolution shows: test pictures measured and drawn beside bicubic interpolation, the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import flags
from ml_collections import ConfigDict
from PIL import Image

from deepx.analysis import image_quality, sample_figures
from deepx.analysis.image_quality import Quality
from deepx.data import photographs
from deepx.data.photographs import Pictures
from deepx.engine.experiment import Array, Figure, Key, Report, Told, Watch
from deepx.models import srgan
from deepx.models.srgan import Config
from deepx.nn import bicubic
from deepx.nn.convolutions import Variables
from deepx.nn.tiles import in_tiles
from experiments import pictures

OUT = flags.DEFINE_string("out", None, "predict: the file to write; default: NAME_x4.png, in the current directory.")

BORDER = 4  # pixels that are cut off before measuring (section 3.1)
DETAIL = 96  # side of a detail, in pixels
WATCHED = 4  # patches in the film
DRAWN = 8  # test pictures of a set in its figure, at most


class Measured(NamedTuple):
    """A test picture, uint8 [H, W, 3]: as it is, and enlarged by the nearest pixel, bicubically, and by the net."""

    true: np.ndarray
    nearest: np.ndarray
    bicubic: np.ndarray
    made: np.ndarray

    def quality(self, which: str) -> Quality:
        return image_quality.quality(getattr(self, which), self.true, BORDER)


def shown(images: Array) -> Array:
    """The generator's images from 0 to 1, as they are seen."""
    return jnp.clip((images + 1) / 2, 0, 1)


def enlarger(net: Config, variables: Variables, tile: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function uint8 [H, W, 3] -> uint8 [scale H, scale W, 3], by tiles of `tile` small pixels."""
    made = jax.jit(lambda variables, low: shown(srgan.generate(net, variables, low[None] / 255))[0])

    def of_tile(low: np.ndarray) -> np.ndarray:
        return bicubic.to_bytes(255 * np.asarray(made(variables, low.astype(np.float32))))

    return lambda low: in_tiles(of_tile, low, tile, net.reach, net.scale)


def measured(picture: np.ndarray, scale: int, enlarge: Callable[[np.ndarray], np.ndarray]) -> Measured:
    """The picture made small, and enlarged again."""
    low = photographs.shrunk(picture, scale)
    nearest = low.repeat(scale, axis=0).repeat(scale, axis=1)
    return Measured(picture, nearest, bicubic.resize_bytes(low, *picture.shape[:2]), enlarge(low))


def report(config: ConfigDict, net: Config, variables: Variables, tests: Mapping[str, Pictures]) -> Report:
    """Mean PSNR and SSIM over each test set, `psnr_y/set5` and so on, those of bicubic interpolation, and details.

    Of several replicas, all are measured, and the first is drawn.
    """
    replicas = [variables]
    if config.run.replicas > 1:
        replicas = [jax.tree.map(lambda a, r=r: a[r], variables) for r in range(config.run.replicas)]
    enlargers = [enlarger(net, of, config.evaluation.tile) for of in replicas]
    figures, metrics = {}, {}
    for test, originals in tests.items():
        fitted = {name: photographs.fitted(name, p, net.scale, 4 * BORDER) for name, p in originals.items()}
        each = [{name: measured(p, net.scale, enlarge) for name, p in fitted.items()} for enlarge in enlargers]
        figures[f"details_{test}"] = details_figure(test, each[0])
        metrics |= {f"{name}/{test}": value for name, value in measures(each).items()}
    return Report(figures, metrics if config.run.replicas > 1 else {name: v[0] for name, v in metrics.items()})


def measures(each: Sequence[Mapping[str, Measured]]) -> dict[str, np.ndarray]:
    """Means over a test set, one value a replica."""
    ours, plain = (
        np.array([np.mean([one.quality(which) for one in of.values()], axis=0) for of in each])
        for which in ("made", "bicubic")
    )
    return {
        "psnr_y": ours[:, 0],
        "ssim_y": ours[:, 1],
        "ssim_y_wang": ours[:, 2],
        "psnr_gain": ours[:, 0] - plain[:, 0],
        "psnr_y_bicubic": plain[:, 0],
        "ssim_y_bicubic": plain[:, 1],
    }


def details_figure(test: str, each: Mapping[str, Measured]) -> Figure:
    """A detail of every picture, there where bicubic interpolation errs most; PSNR in dB, of the whole picture."""
    drawn = dict(list(each.items())[:DRAWN])
    side = min(DETAIL, *(length for one in drawn.values() for length in one.true.shape[:2]))
    rows = []
    for one in drawn.values():
        top, left = worst(one.true, one.bicubic, side)
        columns = (one.nearest, one.bicubic, one.made, one.true)
        rows.append([picture[top : top + side, left : left + side] / 255 for picture in columns])
    images, words = np.array(rows), ["small, nearest pixel", "bicubic", "ours", "original"]
    foot = "\nPSNR is of the whole picture, in luma"
    mosaic = sample_figures.mosaic(images, list(drawn), words, down=0.22, foot=foot)
    for middle, one in zip(mosaic.rows, drawn.values(), strict=True):
        for column, which in zip(mosaic.columns[1:3], ("bicubic", "made"), strict=True):
            label = f"{one.quality(which).psnr:.2f} dB"
            mosaic.axis.text(column, middle + side / 2, label, ha="center", va="top", fontsize=sample_figures.FONT)
    psnr = np.array([[one.quality(which).psnr for which in ("bicubic", "made")] for one in drawn.values()])
    caption = f"Details of {test}, where bicubic interpolation errs most."
    return Figure(mosaic.figure, {"images": images, "psnr": psnr, "names": np.array(list(drawn))}, caption)


def worst(true: np.ndarray, made: np.ndarray, side: int) -> tuple[int, int]:
    """Where the square of `side` pixels with the largest squared error begins."""
    error = np.square(true.astype(float) - made).sum(-1)
    sums = np.pad(error, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(squares.argmax(), squares.shape)
    return int(top), int(left)


def watch(net: Config, generator: Callable[[Any], Any], held_out: Mapping[str, np.ndarray]) -> Watch:
    """Patches that are held out, as they are enlarged while the net learns."""
    low, high = (held_out[name][:WATCHED] for name in ("low", "high"))
    small = low.repeat(net.scale, axis=1).repeat(net.scale, axis=2)

    def look(state: Any, key: Key) -> dict[str, Array]:
        return {"made": shown(srgan.generate(net, generator(state), jnp.asarray(low, jnp.float32) / 255))}

    def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> dict[str, Figure]:
        images = np.concatenate([small[None] / 255, numbers["made"], high[None] / 255])
        names = ["small", *(f"step {step:,}" for step in steps), "original"]
        chosen = np.unique([0, *np.linspace(1, len(steps), min(8, len(steps))).round().astype(int), len(names) - 1])
        picture = sample_figures.grid_figure(images[chosen], [names[i] for i in chosen])
        return {"film": Figure(picture, {"images": images, "steps": np.array(steps)}, "Held-out patches, enlarged.")}

    return Watch(look, lambda numbers: Told({}), film)


def predict(config: ConfigDict, net: Config, variables: Variables) -> None:
    """Enlarges the picture that --image names, by tiles, and writes it to --out. Raises UserError."""
    low = pictures.picture()
    made = enlarger(net, variables, config.evaluation.tile)(low)
    if OUT.value is None:
        path = pictures.save(made, f"x{net.scale}")
    else:
        path = OUT.value
        Image.fromarray(made).save(path)
    print(f"{path}: {made.shape[1]} x {made.shape[0]} pixels, from {low.shape[1]} x {low.shape[0]}.")
