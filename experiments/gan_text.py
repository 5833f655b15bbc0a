"""Pictures from sentences: GAN-CLS and GAN-INT of Reed et al. 2016 (arXiv 1605.05396).

A sentence's vector phi comes from a joint embedding of sentences and pictures, as in the paper. There it is trained
before the game; here beside it, in the discriminator's step and on the same real pictures. No gradient of the game
reaches it, so it is the embedding that training before the game would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.data import augment
from deepx.engine.adversarial import adversarial, generator_of, with_generator
from deepx.engine.averaged import averaged
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Batch, Experiment, Key, Mean, Metrics, Served
from deepx.engine.supervised import TrainState
from deepx.models import attribute_classifier, joint_embedding, text_to_image
from deepx.nn import adversarial as game
from deepx.nn.adversarial import GenDisc
from experiments.gan_schedule import optimizers
from experiments.gan_text_data import Captioned, captioned_images
from experiments.gan_text_report import Painter, one_seed, predict, report, watch
from experiments.judged import Judged, judge_error, judged


@dataclass(frozen=True)
class System:
    """Both nets and the embedding, whose parameters are with the discriminator's: {"net", "embedding"}."""

    nets: text_to_image.Config
    embedding: joint_embedding.Config
    beta: float
    smoothing: float

    def init(self, key: Key) -> tuple[GenDisc, GenDisc]:
        of_nets, of_embedding = jax.random.split(key)
        params, stats = game.parts(text_to_image.init(of_nets, self.nets))
        joint = joint_embedding.init(of_embedding, self.embedding)
        return params._replace(disc={"net": params.disc, "embedding": joint}), stats

    def embed(self, params: GenDisc, words_NT: Array) -> Array:
        """Sentences beside pictures [N, E]."""
        return joint_embedding.read(self.embedding, params.disc["embedding"], words_NT)

    def read(self, params: GenDisc, words_NT: Array) -> Array:
        """phi [N, E]."""
        return sized(self.embed(params, words_NT))

    def generate(self, params: GenDisc, stats: GenDisc, z: Array, phi: Array, *, train: bool = False) -> Any:
        variables = {"params": params.gen, "batch_stats": stats.gen}
        return text_to_image.generate(self.nets, variables, z, phi, train=train)

    def discriminate(self, params: GenDisc, stats: GenDisc, images: Array, phi: Array, *, train: bool = False) -> Any:
        variables = {"params": params.disc["net"], "batch_stats": stats.disc}
        return text_to_image.discriminate(self.nets, variables, images, phi, train=train)

    def disc_loss(self, params: GenDisc, stats: GenDisc, batch: Batch, key: Key):
        """Of GAN-CLS, and of the embedding. A wrong sentence is that of the next picture of the batch."""
        images, learnt = augment.signed(batch["image"]), self.embed(params, batch["words"])
        phi = jax.lax.stop_gradient(sized(learnt))
        z = text_to_image.sample_noise(key, self.nets, len(phi))
        fake, _ = self.generate(params, stats, z, phi, train=True)
        (right, wrong), seen = self.discriminate(params, stats, images, both(phi), train=True)
        of_fake, seen = self.discriminate(params, stats._replace(disc=seen), fake, phi, train=True)
        theta = joint_embedding.look(self.embedding, params.disc["embedding"], images)
        apart = joint_embedding.loss(theta, learnt)
        matching = text_to_image.matching_loss(right, wrong, of_fake, self.smoothing)
        metrics = {
            "loss/disc": Mean.of(matching),
            "loss/embedding": Mean.of(apart),
            "found": Mean.of(100.0 * joint_embedding.found(theta, learnt)),
            **rates(right, wrong, of_fake, jnp.ones(len(phi))),
        }
        return matching + apart, (stats._replace(disc=seen), metrics)

    def gen_loss(self, params: GenDisc, stats: GenDisc, batch: Batch, key: Key):
        """Of the batch's sentences, and of half as many between them (GAN-INT)."""
        phi = self.read(params, batch["words"])
        phi = jnp.concatenate([phi, text_to_image.interpolated(phi, self.beta)])
        z = text_to_image.sample_noise(key, self.nets, len(phi))
        fake, seen = self.generate(params, stats, z, phi, train=True)
        logits, _ = self.discriminate(params, stats, fake, phi, train=True)
        loss = game.non_saturating(logits)
        return loss, (stats._replace(gen=seen), {"loss/gen": Mean.of(loss)})

    def told_apart(self, state: TrainState, batch: Batch, images: Array, made: Array) -> Metrics:
        """By statistics of the batch, as in the game: running ones would mix real pictures and made ones."""
        phi = self.read(state.params, batch["words"])
        (right, wrong), _ = self.discriminate(state.params, state.stats, images, both(phi), train=True)
        of_made, _ = self.discriminate(state.params, state.stats, made, phi, train=True)
        return rates(right, wrong, of_made, batch["mask"])

    def paint(self, state: TrainState, words_NT: Array, seed_N: Array) -> Array:
        """Pictures [N, P, P, 3] in [-1, 1] of sentences, the noise drawn by seeds."""
        return self.generate(state.params, state.stats, self.noise(seed_N), self.read(state.params, words_NT))

    def paint_between(
        self, state: TrainState, first_NT: Array, second_NT: Array, share_N: Array, seed_N: Array
    ) -> Array:
        """Pictures on the way from one sentence to another, `share_N` of which is behind."""
        first, second = (self.read(state.params, words) for words in (first_NT, second_NT))
        phi = first + share_N[:, None] * (second - first)
        return self.generate(state.params, state.stats, self.noise(seed_N), phi)

    def noise(self, seed_N: Array) -> Array:
        """z [N, noise], each a function of its seed."""
        return jax.vmap(lambda seed: text_to_image.sample_noise(jax.random.key(seed), self.nets, 1)[0])(seed_N)


def build(config: ConfigDict) -> Experiment:
    """The experiment of `configs/gan/text_to_image.py`. Raises UserError, ValueError, DataNotPrepared."""
    if config.batch_size % 2:
        raise UserError(f"batch_size is {config.batch_size}; GAN-INT takes sentences two by two.")
    sets = captioned_images(config)
    system = system_of(config, sets)
    judge = attribute_classifier.Config(tuple(sets.heads.items()), size=config.model.size)
    game = adversarial(system.init, GenDisc(system.gen_loss, system.disc_loss), optimizers(config))
    if sets.heads:
        game = judged(
            game, judge, lambda batch: (augment.signed(batch["judged"]["image"]), batch["judged"]["attributes"])
        )

    def eval_step(state: TrainState | Judged, batch: Batch) -> Metrics:
        images = augment.signed(batch["image"])
        made = system.paint(played(state), batch["words"], batch["seed"])
        metrics = system.told_apart(played(state), batch, images, made)
        if not isinstance(state, Judged):
            return metrics
        errors = judge_error(judge, state, images, batch["attributes"], batch["mask"])
        right = attribute_classifier.right(attribute_classifier.apply(judge, state.verdicts, made), batch["attributes"])
        return {**metrics, **errors, **as_told(right, batch)}

    painter = Painter(
        lambda state, *others: system.paint(played(state), *others),
        lambda state, *others: system.paint_between(played(state), *others),
        sets,
    )
    experiment = Experiment(
        **game._asdict(),
        eval_step=eval_step,
        train_data=sets.train,
        eval_data=sets.valid,
        test_data=sets.test,
        watch=watch(painter),
        report=lambda state, key: report(config, painter, state),
        predict=lambda state: predict(config, painter, state),
        serve=lambda state: served(system, sets, played(one_seed(config, state))),
        mappable=True,
        in_turn=True,
        units={"right": "%", "found": "%", "judge_error": "%", "attribute_accuracy": "%"},
        provenance=sets.provenance,
    )
    return averaged(
        experiment,
        config.average,
        part=lambda state: generator_of(played(state)),
        put=lambda state, part: (
            state._replace(game=with_generator(state.game, part)) if sets.heads else with_generator(state, part)
        ),
    )


def served(system: System, sets: Captioned, state: TrainState) -> Served:
    """The generator with the embedding of sentences."""

    def made(given: Mapping[str, Array]) -> Mapping[str, Array]:
        phi = system.read(state.params, given["words"])
        return {"image": (system.generate(state.params, state.stats, given["noise"], phi) + 1) / 2}

    return Served(
        made,
        {"words": (("batch", sets.length), "int32"), "noise": (("batch", system.nets.noise), "float32")},
        "Sentences as words' places in `vocabulary`, from 1, 0 behind the last, and normal noise; images from 0 to 1.",
        {"vocabulary": list(sets.vocabulary.known)},
    )


def played(state: TrainState | Judged) -> TrainState:
    """The game's part of a state."""
    return state.game if isinstance(state, Judged) else state


def as_told(right: Mapping[str, Array], batch: Batch) -> Metrics:
    """How often (%) a picture shows what its sentence tells, by attribute; of colour and shape, how often both."""
    told = {name: batch["told"][name] * batch["mask"] for name in right}
    right = {**right, "colour_and_shape": right["colour"] & right["shape"]}
    told["colour_and_shape"] = told["colour"] * told["shape"]
    return {f"attribute_accuracy/{name}": Mean.of(100.0 * right[name], told[name]) for name in right}


def system_of(config: ConfigDict, sets: Captioned) -> System:
    model, embedding = config.model, config.embedding
    nets = text_to_image.Config(
        size=model.size,
        condition=embedding.embedding,
        projected=model.projected,
        noise=model.noise,
        generator=model.generator,
        discriminator=model.discriminator,
    )
    sizes: dict[str, Any] = {**embedding, "vocabulary": sets.vocabulary.size, "size": model.size}
    return System(nets, joint_embedding.Config(**sizes), model.beta, config.smoothing)


def sized(phi_NE: Array) -> Array:
    """Sentences made sqrt(E) long: their numbers, of about 0.1 as they are embedded, would go under in noise."""
    return phi_NE * jax.lax.rsqrt(jnp.mean(phi_NE**2, axis=1, keepdims=True) + 1e-8)


def both(phi_NE: Array) -> Array:
    """Right and wrong sentences, [2, N, E]."""
    return jnp.stack([phi_NE, jnp.roll(phi_NE, 1, axis=0)])


def rates(right_N: Array, wrong_N: Array, fake_N: Array, mask_N: Array) -> Metrics:
    """How often (%) the discriminator is right: real pictures, their own and others' sentences; made pictures."""
    return {
        "right/real": Mean.of(100.0 * (right_N > 0), mask_N),
        "right/wrong": Mean.of(100.0 * (wrong_N < 0), mask_N),
        "right/fake": Mean.of(100.0 * (fake_N < 0), mask_N),
    }
