"""What a generator of pictures from sentences has learnt, to look at; and pictures of what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import flags
from ml_collections import ConfigDict

from deepx.analysis.sample_figures import film_figure, grid_figure
from deepx.analysis.sentence_figures import between_figure
from deepx.data.captions import check_known, encode
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Figure, Key, Report, Told, Watch
from deepx.engine.replicated import separate
from experiments.gan_text_data import Captioned
from experiments.texts import TEXT

PICTURE = flags.DEFINE_string("picture", "picture.png", "predict: the file into which the pictures go.")

SAMPLES = 8  # pictures of a sentence
STEPS = 9  # from one sentence to another


class Painter(NamedTuple):
    """paint: state, words [N, T], seeds [N] -> pictures in [-1, 1]. between: state, both ends' words, shares, seeds."""

    paint: Callable[..., Array]
    between: Callable[..., Array]
    sets: Captioned

    def words(self, texts: Sequence[str]) -> np.ndarray:
        return encode(texts, self.sets.vocabulary, self.sets.length)


def samples(painter: Painter, state: Any, texts: Sequence[str], each: int) -> Array:
    """Pictures [R, each, P, P, 3] in [0, 1] of every text, of the same noises."""
    words, seeds = np.repeat(painter.words(texts), each, axis=0), np.tile(np.arange(each), len(texts))
    pictures = painter.paint(state, jnp.asarray(words), jnp.asarray(seeds, jnp.uint32))
    return (pictures.reshape(len(texts), each, *pictures.shape[1:]) + 1) / 2


def report(config: ConfigDict, painter: Painter, state: Any) -> Report:
    """Sentences with their pictures; pictures on the way from one sentence to another. The first seed's."""
    state = one_seed(config, state)
    sets, of = painter.sets, f"{config.benchmark}, seed {config.run.seed}."
    made = np.asarray(jax.jit(lambda state: samples(painter, state, sets.shown, SAMPLES))(state))
    share = np.tile(np.linspace(0, 1, STEPS), len(sets.ways))
    first, second = (np.repeat(painter.words(texts), STEPS, axis=0) for texts in zip(*sets.ways, strict=True))
    seeds = np.repeat(np.arange(len(sets.ways), dtype=np.uint32), STEPS)
    between = (np.asarray(jax.jit(painter.between)(state, first, second, share, seeds)) + 1) / 2
    between = between.reshape(len(sets.ways), STEPS, *between.shape[1:])
    return Report(
        {
            "sentences": Figure(
                grid_figure(made, sets.shown),
                {"samples": made},
                f"Sentences, and {SAMPLES} pictures made of each; a column has the same noise: {of}",
            ),
            "between": Figure(
                between_figure(between, sets.ways),
                {"samples": between},
                f"From one sentence to another, the noise of a row being the same: {of}",
            ),
        }
    )


def one_seed(config: ConfigDict, state: Any) -> Any:
    """The state, of several seeds the first's."""
    return separate(state, config.run.replicas)[0]


def watch(painter: Painter) -> Watch:
    """One picture of every shown sentence, of the same noise at every look."""
    texts = painter.sets.shown

    def look(state: Any, key: Key) -> Mapping[str, Array]:
        return {"samples": samples(painter, state, texts, 1)[:, 0]}

    def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> Mapping[str, Figure]:
        caption = f"Pictures of the same noise while the nets learn, of: {'; '.join(texts)}."
        return {"film": Figure(film_figure(numbers["samples"], steps), numbers, caption)}

    return Watch(look, lambda numbers: Told({}), film)


def predict(config: ConfigDict, painter: Painter, state: Any) -> None:
    """Writes pictures of the sentences that were typed. Raises UserError for words it never saw, naming the nearest."""
    if not TEXT.value:
        raise UserError(f'Give a sentence: --text="{painter.sets.shown[0]}".')
    for text in TEXT.value:
        try:
            check_known(text, painter.sets.vocabulary)
        except ValueError as error:
            raise UserError(str(error)) from error
    path = Path(PICTURE.value)
    if not path.parent.is_dir():
        raise UserError(f"--picture: there is no directory {path.parent}.")
    made = np.asarray(jax.jit(lambda state: samples(painter, state, TEXT.value, SAMPLES))(one_seed(config, state)))
    grid_figure(made, TEXT.value).savefig(path, dpi=150)
    print(f"{path}: {SAMPLES} pictures of each sentence.")
