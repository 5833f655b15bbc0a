"""Images from noise: GAN (Goodfellow 2014), conditional GAN (Mirza 2014), DCGAN (Radford 2015); watched and judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.data import augment
from deepx.engine.adversarial import adversarial, generator_of, watched, with_generator
from deepx.engine.averaged import averaged
from deepx.engine.data import epochs, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Served
from deepx.engine.replicated import separate
from deepx.models import attribute_classifier
from deepx.nn.adversarial import GENERATOR_LOSSES, GenDisc, discriminator_loss, parts, variables
from experiments import gan_predict, gan_report
from experiments.gan_image_data import image_data
from experiments.gan_schedule import optimizers
from experiments.gan_systems import System, system_of
from experiments.judged import Judged, judge_error, judged


def build(config: ConfigDict) -> Experiment:
    """The experiment of a config whose nets `gan_systems` knows. Raises UserError, ValueError, DataNotPrepared,
    DataCorrupt.
    """
    system = system_of(config.model)
    sets = image_data(config.data, system.config.data_shape)
    shape = sets.train["image"].shape[1:]
    if system.config.data_shape != shape:
        raise UserError(
            f"model makes images of {system.config.data_shape}; those of data.name {config.data.name!r} are {shape}."
        )
    judge = attribute_classifier.Config((("label", sets.classes),), size=shape[0], channels=shape[2])
    generator_loss = GENERATOR_LOSSES[config.loss]
    mean = sets.train["image"].mean(0) / 255

    def init(key: Key):
        return parts(system.init(key, mean))

    def play(params, stats, batch, key: Key):
        """Both nets as they stand, and images from fresh noise, of the classes of the batch."""
        of_noise, of_gen, of_disc = jax.random.split(key, 3)
        gen, disc = variables(params, stats)
        fake, gen_stats = system.generate(gen, system.noise(of_noise, len(batch["label"])), batch["label"], key=of_gen)
        return disc, fake, gen_stats, of_disc

    def disc_loss(params, stats, batch, key: Key):
        disc, fake, _, of_disc = play(params, stats, batch, key)
        of_real, of_fake = jax.random.split(of_disc)
        real_N, disc_stats = system.discriminate(disc, augment.signed(batch["image"]), batch["label"], key=of_real)
        fake_N, _ = system.discriminate(disc, fake, batch["label"], key=of_fake)
        # Batch statistics: the discriminator's are written by the real images of its step, the generator's by its own.
        return discriminator_loss(real_N, fake_N, config.smoothing), (
            stats._replace(disc=disc_stats),
            watched(real_N, fake_N),
        )

    def gen_loss(params, stats, batch, key: Key):
        disc, fake, gen_stats, of_disc = play(params, stats, batch, key)
        fake_N, _ = system.discriminate(disc, fake, batch["label"], key=of_disc)
        return generator_loss(fake_N), (stats._replace(gen=gen_stats), {})

    def eval_step(state: Judged, batch: Mapping[str, Array]) -> Mapping[str, Mean]:
        disc = variables(state.game.params, state.game.stats).disc
        real_N = system.discriminate(disc, augment.signed(batch["image"]), batch["label"])
        error = judge_error(judge, state, augment.signed(batch["image"]), {"label": batch["label"]}, batch["mask"])
        return {"d_real": Mean.of(jax.nn.sigmoid(real_N), batch["mask"]), **(error if sets.classes > 1 else {})}

    game = judged(
        adversarial(init, GenDisc(gen_loss, disc_loss), optimizers(config), config.discriminator_steps),
        judge,
        lambda batch: (augment.signed(batch["image"]), {"label": batch["label"]}),
    )
    sight = gan_report.Sight(
        system,
        judge,
        lambda state: variables(state.game.params, state.game.stats).gen,
        lambda state: variables(state.game.params, state.game.stats).disc,
        sets,
        config.evaluation,
    )
    return averaged(
        Experiment(
            **game._asdict(),
            eval_step=eval_step,
            train_data=epochs(sets.train, config.discriminator_steps * config.batch_size),
            eval_data={"valid": one_pass(sets.valid, config.evaluation.batch_size)},
            test_data={"test": one_pass(sets.test, config.evaluation.batch_size)},
            watch=gan_report.watch(sight),
            report=gan_report.reported(sight, config.run.replicas),
            predict=lambda state: gan_predict.predict(config, sight, state),
            serve=lambda state: served(system, sight.generator(separate(state, config.run.replicas)[0])),
            mappable=True,
            in_turn=True,
            units={
                "value": "nats",
                "right": "%",
                "parzen_ll": "nats",
                "judge_error": "%",
                "condition_accuracy": "%",
                "svm_accuracy": "%",
                "arithmetic_accuracy": "%",
            },
            provenance=sets.provenance,
        ),
        config.average,
        part=lambda state: generator_of(state.game),
        put=lambda state, part: state._replace(game=with_generator(state.game, part)),
    )


def served(system: System, gen: Any) -> Served:
    """The generator with these variables."""

    def made(given: Mapping[str, Array]) -> Mapping[str, Array]:
        images = system.generate(gen, given["noise"], given.get("label"))
        return {"image": jnp.clip((images + 1) / 2, 0, 1)}

    told = {"label": (("batch",), "int32")} if system.conditional else {}
    return Served(
        made,
        {"noise": (("batch", system.config.noise), "float32"), **told},
        "Noise, as the model's sample_noise draws it, and images from 0 to 1.",
    )
