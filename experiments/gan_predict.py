"""`--mode=predict` of what is made from noise: a picture of samples for every line, in the run's directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure as Picture
from ml_collections import ConfigDict

from deepx.analysis.sample_figures import grid_figure
from deepx.engine import entry
from deepx.engine.experiment import Key
from deepx.engine.replicated import separate
from deepx.files import whole
from experiments import lines
from experiments.gan_report import GRID, Sight, shown

NOISES = 1_000_000  # that have a number


def of_noises(config: ConfigDict, draw: Callable[[Key], tuple[Picture, str]]) -> None:
    """A line is the number of a noise; an empty one, the first of which there is no picture yet.

    draw: the noise's key -> a picture, and what is to be said of it. Raises UserError where no line is piped.
    """

    def each(line: str) -> None:
        numbers = whole_numbers(line, NOISES, "the number of a noise")
        if len(numbers) > 1:
            raise ValueError(f"A line has one number of a noise, not {len(numbers)}.")
        number = numbers[0] if numbers else free(config)
        write(config, number, *draw(key_of(config, number)))

    lines.answer("Type the number of a noise, or nothing for a new one", each)


def of_classes(config: ConfigDict, classes: int, draw: Callable[[Key, Sequence[int]], tuple[Picture, str]]) -> None:
    """The same where a line has classes; an empty one asks for all. The noise is new in every picture."""

    def each(line: str) -> None:
        asked = dict.fromkeys(whole_numbers(line, classes, "a class"))
        number = free(config)
        write(config, number, *draw(key_of(config, number), [*asked] or range(classes)))

    lines.answer(f"Type classes from 0 to {classes - 1}, or nothing for one of each", each)


def whole_numbers(line: str, end: int, what: str) -> list[int]:
    """The numbers of a line. Raises ValueError for what is none below `end`."""
    for word in line.split():
        if not (word.isdecimal() and int(word) < end):
            raise ValueError(f"{word!r} is not {what}: these are whole numbers from 0 to {end - 1:,}.")
    return [int(word) for word in line.split()]


def key_of(config: ConfigDict, number: int) -> Key:
    return jax.random.fold_in(jax.random.key(config.run.seed), number)


def path_of(config: ConfigDict, number: int) -> Path:
    return entry.directory(config) / "samples" / f"{number}.png"


def free(config: ConfigDict) -> int:
    """The first number of which there is no picture."""
    return next(number for number in count() if not path_of(config, number).exists())


def write(config: ConfigDict, number: int, picture: Picture, told: str) -> None:
    path = path_of(config, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as file:
        picture.savefig(file, dpi=150)
    print(f"{path}: {told}", flush=True)


def predict(config: ConfigDict, sight: Sight, state: Any) -> None:
    """Samples as they come; of classes a row each, where a column has the same noise. Raises UserError."""
    system, gen = sight.system, sight.generator(separate(state, config.run.replicas)[0])
    generate = jax.jit(system.generate)

    def made(key: Key, rows: Sequence[int], noises: int) -> np.ndarray:
        """[rows, GRID, H, W, C] of classes, or of none, and as many noises, one after the other."""
        z, y = system.noise(key, noises), jnp.repeat(jnp.asarray(rows), GRID)
        images = shown(generate(gen, jnp.resize(z, (len(y), *z.shape[1:])), y))
        return images.reshape(len(rows), GRID, *images.shape[1:])

    def samples(key: Key) -> tuple[Picture, str]:
        return grid_figure(made(key, [0] * GRID, GRID * GRID)), f"{GRID * GRID} samples."

    def of_each(key: Key, asked: Sequence[int]) -> tuple[Picture, str]:
        rows = [str(y) for y in asked]
        return grid_figure(made(key, asked, GRID), rows), f"{GRID} samples of {', '.join(rows)}."

    if system.conditional:
        of_classes(config, system.config.classes, of_each)
    else:
        of_noises(config, samples)
