"""Super-resolution (Ledig et al. 2016): SRResNet, trained on pixels, and SRGAN, which goes on from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.analysis import image_quality
from deepx.data import augment, photographs
from deepx.data.photographs import Pictures
from deepx.engine import adversarial, supervised
from deepx.engine.data import DeviceData, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Metrics, Served
from deepx.engine.replicated import separate
from deepx.models import srgan
from deepx.models.srgan import Config
from deepx.nn import bicubic
from deepx.nn.adversarial import GenDisc, discriminator_loss, parts, variables
from deepx.nn.convolutions import Variables
from experiments import gan_super_resolution_report as reporting
from experiments.gan_super_resolution_features import features_of
from experiments.trained import trained

UNITS = {"psnr_y": "dB", "psnr_gain": "dB", "psnr_y_bicubic": "dB", "value": "nats", "right": "%"}


class Sets(NamedTuple):
    """Random patches for training; fixed ones of pictures held out; whole pictures by the name of their test set."""

    train: DeviceData
    valid: DeviceData
    test: Mapping[str, Pictures]
    provenance: str


def build_srresnet(config: ConfigDict) -> Experiment:
    """The experiment of `configs/gan/srresnet`. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    net, sets = net_of(config), sets_of(config)

    def init(key: Key):
        variables = srgan.init_generator(key, net)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key: Key):
        low, high = scaled(batch)
        made, stats = srgan.generate(net, {"params": params, "batch_stats": stats}, low, train=True)
        error = srgan.pixel_loss(made, high)
        return error, (stats, {"loss": Mean.of(error)})

    descent = supervised.supervised(init, loss, optax.adam(schedule(config), b1=config.optimizer.b1))
    return experiment_of(config, sets, descent, lambda state: {"params": state.params, "batch_stats": state.stats})


def build_srgan(config: ConfigDict) -> Experiment:
    """The experiment of `configs/gan/srgan`. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    net, sets, features = net_of(config), sets_of(config), features_of(config.features)
    begun = beginning(config)

    def init(key: Key):
        gen, disc = srgan.init(key, net)
        gen = gen if begun is None else jax.tree.map(jnp.asarray, begun)
        return parts(GenDisc(gen, disc))

    def disc_loss(params: GenDisc, stats: GenDisc, batch, key: Key):
        """Writes the discriminator's statistics: those of photographs and of what is made, in equal parts."""
        (gen, disc), (low, high) = variables(params, stats), scaled(batch)
        made, _ = srgan.generate(net, gen, low, train=True)
        logits, of_both = srgan.discriminate(net, disc, jnp.concatenate([high, made]), train=True, groups=2)
        real, fake = jnp.split(logits, 2)
        return discriminator_loss(real, fake), (stats._replace(disc=of_both), adversarial.watched(real, fake))

    def gen_loss(params: GenDisc, stats: GenDisc, batch, key: Key):
        """Writes the generator's statistics."""
        (gen, disc), (low, high) = variables(params, stats), scaled(batch)
        made, of_gen = srgan.generate(net, gen, low, train=True)
        fake, _ = srgan.discriminate(net, disc, made, train=True)
        pixels = srgan.pixel_loss(made, high)
        content = pixels if features is None else srgan.feature_loss(features, made, high, config.features.scale)
        metrics = {"pixels": Mean.of(pixels), "content": Mean.of(content)}
        return srgan.perceptual_loss(content, fake, config.adversarial), (stats._replace(gen=of_gen), metrics)

    adam = optax.adam(schedule(config), b1=config.optimizer.b1)
    game = adversarial.adversarial(init, GenDisc(gen_loss, disc_loss), GenDisc(adam, adam))
    return experiment_of(config, sets, game, lambda state: {"params": state.params.gen, "batch_stats": state.stats.gen})


def experiment_of(config: ConfigDict, sets: Sets, descent: Any, generator: Callable[[Any], Any]) -> Experiment:
    """What both have in common. generator: state -> variables of the generator."""
    net = net_of(config)

    def eval_step(state: Any, batch: Mapping[str, Array]) -> Metrics:
        low, _ = scaled(batch)
        made = reporting.shown(srgan.generate(net, generator(state), low))
        true, plain = (image_quality.luma(batch[name].astype(jnp.float32)) for name in ("high", "bicubic"))
        psnr, without = (
            image_quality.psnr(*(image_quality.cut(y, net.scale) for y in (image, true)))
            for image in (image_quality.luma(255 * made), plain)
        )
        return {"psnr_y": Mean.of(psnr, batch["mask"]), "psnr_gain": Mean.of(psnr - without, batch["mask"])}

    return Experiment(
        **descent._asdict(),
        eval_step=eval_step,
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        watch=reporting.watch(net, generator, sets.valid.arrays),
        report=lambda state, key: reporting.report(config, net, generator(state), sets.test),
        predict=lambda state: reporting.predict(config, net, generator(state)),
        serve=lambda state: served(net, separate(generator(state), config.run.replicas)[0]),
        mappable=True,
        in_turn=True,
        units=UNITS,
        provenance=sets.provenance,
    )


def served(net: Config, variables: Variables) -> Served:
    """The generator with these variables, on pictures of any size."""

    def enlarged(given: Mapping[str, Array]) -> Mapping[str, Array]:
        made = reporting.shown(srgan.generate(net, variables, given["image"].astype(jnp.float32) / 255))
        return {"image": jnp.round(255 * made).astype(jnp.uint8)}

    return Served(
        enlarged,
        {"image": (("batch", "height", "width", 3), "uint8")},
        f"Pictures, numbers from 0 to 255, and the same {net.scale} times as large.",
    )


def net_of(config: ConfigDict) -> Config:
    settings = config.model.to_dict()
    del settings["name"]
    return Config(**settings, patch=config.data.patch)


def scaled(batch: Mapping[str, Array]) -> tuple[Array, Array]:
    """Small images from 0 to 1, large ones from -1 to 1."""
    return batch["low"].astype(jnp.float32) / 255, augment.signed(batch["high"])


def schedule(config: ConfigDict) -> optax.Schedule:
    """'steps': the rate, times `factor` at each boundary; 'cosine': falling to 0 in `schedule_steps`."""
    c = config.optimizer
    if c.schedule == "steps":
        return optax.piecewise_constant_schedule(c.learning_rate, {b: c.factor for b in c.boundaries})
    if c.schedule == "cosine":
        return optax.cosine_decay_schedule(c.learning_rate, c.schedule_steps)
    raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'steps' or 'cosine'.")


def beginning(config: ConfigDict) -> Any:
    """Variables of the generator that the SRResNet run in `config.generator_from` trained; None where none is named."""
    if not config.generator_from:
        return None
    theirs, variables = trained(Path(config.generator_from), build_srresnet)
    names = ("blocks", "width", "scale", "norm")
    differ = [f"{n} is {theirs.model[n]}, not {config.model[n]}" for n in names if theirs.model[n] != config.model[n]]
    if differ:
        raise UserError(f"generator_from: the net in {config.generator_from} is another: {'; '.join(differ)}.")
    return jax.device_get(variables)


def sets_of(config: ConfigDict) -> Sets:
    """What `data.train` and `data.test` name: folders (of tests several, with commas), 'packaged', or 'generated'.

    Raises UserError, DataNotPrepared, DataCorrupt.
    """
    data, scale = config.data, config.model.scale
    everything, tests = pictures(data.train, "train"), data.test.split(",")
    if not 0 < data.held_out < len(everything):
        raise UserError(f"data.held_out is {data.held_out}; it must be below the {len(everything)} pictures there are.")
    order = np.random.RandomState(0).permutation(sorted(everything))  # the same in every run
    learnt = len(order) - data.held_out
    train, valid = (
        photographs.stored({name: everything[name] for name in sorted(names)}, scale, data.patch)
        for names in np.split(order, [learnt])
    )

    def sample(store, key: Key, i: Array):
        return photographs.patches(store, jax.random.fold_in(key, i), config.batch_size, scale, data.patch)

    held_out = jax.device_get(
        photographs.patches(valid, jax.random.key(0), config.evaluation.patches, scale, data.patch)
    )
    held_out["bicubic"] = np.stack([bicubic.resize_bytes(low, data.patch, data.patch) for low in held_out["low"]])
    return Sets(
        DeviceData(sample, train),
        one_pass(held_out, config.evaluation.batch_size),
        {Path(name).name.lower(): pictures(name, "test") for name in tests},
        f"trained on {learnt} pictures ({origin(data.train)}), tested on {', '.join(map(origin, tests))}",
    )


def pictures(name: str, part: str) -> Pictures:
    if not name:
        raise UserError(f"Give a folder of pictures, --config.data.{part}=FOLDER; or 'packaged', scikit-image's.")
    if name == "generated":
        return photographs.generated(6) if part == "train" else photographs.generated(2, size=(48, 64), seed=1)
    return photographs.packaged(part) if name == "packaged" else photographs.folder(name)


def origin(name: str) -> str:
    """Of pictures, for the record."""
    return {"packaged": "scikit-image's photographs", "generated": "generated"}.get(name, f"folder {Path(name).name}")
