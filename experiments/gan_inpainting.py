"""Context encoders (Pathak et al. 2016) fill holes in images, judged in the hole by errors, PSNR and sharpness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import sample_figures
from deepx.data import augment, holes
from deepx.engine.adversarial import adversarial, watched
from deepx.engine.data import DeviceData, HostData, first_batch
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Figure, Key, Mean, Metrics, Report, Served, Told, Watch
from deepx.engine.replicated import separate
from deepx.engine.supervised import TrainState
from deepx.models import context_encoder as model
from deepx.nn import adversarial as game
from deepx.nn.adversarial import GenDisc
from experiments import gan_inpainting_predict
from experiments.gan_schedule import optimizers
from experiments.image_sets import photographs, small_images
from experiments.trained import trained

SHOWN = 8  # images in the figures


def build(config: ConfigDict) -> Experiment:
    """The experiment of `configs/gan/context_encoder`. Raises UserError, ValueError, DataNotPrepared."""
    sets = photographs(config) if config.data.shorter else small_images(config)
    encoder, draw = encoder_of(config), holes_of(config)

    def init(key: Key):
        return game.parts(model.init(key, encoder))

    def drawn(batch, key: Key) -> tuple[Array, Array]:
        """Images, mirrored or not, and their holes."""
        of_images, of_holes = jax.random.split(key)
        images = augment.crop_and_flip(of_images, augment.signed(batch["image"]), padding=0)
        return images, draw(of_holes, len(images))

    def disc_loss(params: GenDisc, stats: GenDisc, batch, key: Key):
        images, hole = drawn(batch, key)
        predicted, _ = model.predict(encoder, variables(params.gen, stats.gen), images, hole, train=True)
        parts = model.window(encoder, images)
        real, of_real = model.discriminate(encoder, variables(params.disc, stats.disc), parts, train=True)
        fake, of_both = model.discriminate(encoder, variables(params.disc, of_real), predicted, train=True)
        return game.discriminator_loss(real, fake), (stats._replace(disc=of_both), watched(real, fake))

    def gen_loss(params: GenDisc, stats: GenDisc, batch, key: Key):
        images, hole = drawn(batch, key)
        predicted, of_gen = model.predict(encoder, variables(params.gen, stats.gen), images, hole, train=True)
        fake, _ = model.discriminate(encoder, variables(params.disc, stats.disc), predicted, train=True)
        reconstruction = model.reconstruction_loss(encoder, predicted, images, hole, holes.band(hole, encoder.band))
        loss = model.joint_loss(encoder, reconstruction, fake)
        return loss, (stats._replace(gen=of_gen), {"reconstruction": Mean.of(reconstruction)})

    def filled(state: TrainState, images: Array, hole: Array) -> Array:
        return model.fill(encoder, variables(state.params.gen, state.stats.gen), images, hole)

    def eval_step(state: TrainState, batch) -> Metrics:
        images = seen(batch)
        hole = draw(jax.random.key(0), len(images))
        return scores(images, filled(state, images, hole), hole, batch["mask"])

    def report(state: TrainState, key: Key) -> Report:
        fills = jax.jit(filled)(alone(config, state), shown(), hole)
        return Report({"fills": fills_figure(config, shown(), hole, fills)})

    def predict(state: TrainState) -> None:
        state = alone(config, state)
        gan_inpainting_predict.predict(encoder, variables(state.params.gen, state.stats.gen))

    play = adversarial(init, GenDisc(gen_loss, disc_loss), optimizers(config))
    shown = cache(lambda: first(sets.valid, SHOWN))
    hole = draw(jax.random.key(0), SHOWN)
    return Experiment(
        **play._asdict(),
        eval_step=eval_step,
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        test_data={"test": sets.test},
        watch=Watch(lambda state, key: {"fills": filled(state, shown(), hole)}, lambda numbers: Told({}), film),
        report=report,
        predict=predict,
        serve=lambda state: served(encoder, filled, alone(config, state)),
        mappable=True,
        in_turn=True,
        units={"l1": "%", "l2": "%", "psnr": "dB", "psnr_gain": "dB", "sharpness": "%", "value": "nats"},
        provenance=sets.provenance,
    )


def served(encoder: model.Config, filled: Callable[..., Array], state: TrainState) -> Served:
    """The net of a state: images and holes in, images with their holes filled out."""

    def whole(given: Mapping[str, Array]) -> Mapping[str, Array]:
        made = filled(state, augment.signed(given["image"]), given["hole"][..., None].astype(jnp.float32))
        return {"image": jnp.round(255 * jnp.clip((made + 1) / 2, 0, 1)).astype(jnp.uint8)}

    size = encoder.size
    return Served(
        whole,
        {"image": (("batch", size, size, 3), "uint8"), "hole": (("batch", size, size), "bool")},
        "Images, numbers from 0 to 255, of which what is in a hole is not looked at, and the same with holes filled.",
    )


def encoder_of(config: ConfigDict) -> model.Config:
    """The net of a config; holes elsewhere than in the middle need one that predicts the whole image."""
    settings, size = config.model.to_dict(), config.data.size
    settings |= {
        "size": size,
        "window": size // 2 if config.hole == "centre" else size,
    }
    return model.Config(**{name: value for name, value in settings.items() if name != "name"})


def holes_of(config: ConfigDict) -> Callable[[Key, int], Array]:
    """key, count -> holes. In the middle, they are as large as the window less the overlap. Raises UserError."""
    size = config.data.size
    shapes = {
        "centre": lambda key, count: holes.centre(size, size // 2 - 2 * config.model.band),
        "blocks": lambda key, count: holes.blocks(key, count, size),
        "region": lambda key, count: holes.region(key, count, size),
    }
    if config.hole not in shapes:
        raise UserError(f"hole is {config.hole!r}; it must be one of {', '.join(shapes)}.")
    return shapes[config.hole]


def alone(config: ConfigDict, state: TrainState) -> TrainState:
    """The state of one run; of several replicas, the first's."""
    return separate(state, config.run.replicas)[0]


def variables(params, stats) -> dict[str, Any]:
    return {"params": params, "batch_stats": stats}


def seen(batch: Mapping[str, Array]) -> Array:
    """Images for evaluation; of photographs, which come in several crops, the first."""
    images = augment.signed(batch["image"])
    return images if images.ndim == 4 else images[:, 0]


def first(source: DeviceData | HostData, count: int) -> np.ndarray:
    """The first images of a source."""
    with jax.ensure_compile_time_eval():  # it may be asked for while a program is traced
        return np.asarray(seen(first_batch(source)))[:count]


def scores(images: Array, fills: Array, hole: Array, mask: Array) -> Metrics:
    """What table 1 measures in the hole, where 100% is the range of a pixel: L1, L2, PSNR (dB), each image's own.

    psnr_gain: dB above filling with the mean of the pixels that touch the hole. sharpness: mean gradient of the fills
    over that of the originals, in percent.
    """
    plain = psnr(images, holes.surrounding_mean(images, hole), hole)
    return {
        "l1": Mean.of(100 * in_hole(jnp.abs(images - fills) / 2, hole), mask),
        "l2": Mean.of(100 * in_hole(jnp.square(images - fills) / 4, hole), mask),
        "psnr": Mean.of(psnr(images, fills, hole), mask),
        "psnr_gain": Mean.of(psnr(images, fills, hole) - plain, mask),
        "sharpness": Mean(100 * (gradients(fills, hole) * mask).sum(), (gradients(images, hole) * mask).sum()),
    }


def in_hole(values: Array, hole: Array) -> Array:
    """Each image's mean [N] over the values in its hole."""
    return (values * hole).sum((1, 2, 3)) / (hole.sum((1, 2, 3)) * values.shape[-1])


def psnr(images: Array, fills: Array, hole: Array) -> Array:
    """Peak signal-to-noise ratio [N] in the hole, in dB, of images in [-1, 1]; 100 at most."""
    return -10 * jnp.log10(jnp.maximum(in_hole(jnp.square(images - fills) / 4, hole), 1e-10))


def gradients(images: Array, hole: Array) -> Array:
    """Each image's mean [N] of |differences to the pixels below and at the right|, where all three are in the hole."""
    here, below, right = (lambda a: a[:, :-1, :-1]), (lambda a: a[:, 1:, :-1]), (lambda a: a[:, :-1, 1:])
    squares = jnp.square(below(images) - here(images)) + jnp.square(right(images) - here(images))
    inside = here(hole) * below(hole) * right(hole)
    return in_hole(jnp.sqrt(squares), inside)


def fills_figure(config: ConfigDict, images: Array, hole: Array, fills: Array) -> Figure:
    """Images with their holes, filled in several ways, and whole; one way is that of `evaluation.compared_with`."""
    columns = {
        "seen": jnp.where(hole > 0, 1.0, images),
        "mean of what touches it": jnp.where(hole > 0, holes.surrounding_mean(images, hole), images),
    }
    if config.evaluation.compared_with:
        theirs, of_both = trained(Path(config.evaluation.compared_with), build)
        of_gen = jax.tree.map(lambda pair: pair.gen, of_both, is_leaf=lambda node: isinstance(node, GenDisc))
        columns[name_of(theirs)] = model.fill(encoder_of(theirs), of_gen, images, hole)
    columns |= {name_of(config): fills, "original": images}
    grid = (np.stack([*columns.values()], axis=1) + 1) / 2
    picture = sample_figures.grid_figure(grid, columns=list(columns))
    caption = "Validation images with a hole (white), filled in several ways, and as they are."
    return Figure(picture, {"images": grid, "columns": np.array(list(columns))}, caption)


def name_of(config: ConfigDict) -> str:
    return "L2 and adversary" if config.model.adversarial else "L2 alone"


def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> dict[str, Figure]:
    """The fills of the same images while the net learns."""
    images = (numbers["fills"] + 1) / 2
    picture = sample_figures.film_figure(images, steps)
    return {"film": Figure(picture, {"steps": np.array(steps), "images": images}, "Validation images, filled.")}
