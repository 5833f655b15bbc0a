"""Residual nets on small images (He, Zhang, Ren, Sun 2015, section 4.2)."""

from __future__ import annotations

import grain
import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.data import augment, images, prepared
from deepx.engine import entry
from deepx.engine.data import DeviceData, HostData, epochs, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Metrics
from deepx.engine.supervised import TrainState, supervised
from deepx.models import resnet


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/resnet` file. Raises UserError, ValueError, or DataNotPrepared."""
    train, valid, test = splits(config.data)
    mean, std = augment.channel_moments(train["image"])
    model = resnet.Config(**config.model)

    def logits_of(params, stats, pictures: Array, *, training: bool):
        variables = {"params": params, "batch_stats": stats}
        return resnet.apply(model, variables, pictures, train=training)

    def init(key: Key):
        variables = resnet.init(key, model)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key: Key):
        pictures = augment.crop_and_flip(key, augment.normalise(batch["image"], mean, std))
        logits, stats = logits_of(params, stats, pictures, training=True)
        scores = classified(logits, batch["label"], jnp.ones(len(logits)))
        return scores["loss"].total / scores["loss"].count, (stats, scores)

    def eval_step(state: TrainState, batch) -> Metrics:
        pictures = augment.normalise(batch["image"], mean, std)
        logits = logits_of(state.params, state.stats, pictures, training=False)
        return classified(logits, batch["label"], batch["mask"])

    descent = supervised(init, loss, optimizer(config))
    size = config.evaluation.batch_size
    return Experiment(
        init=descent.init,
        train_step=descent.train_step,
        gradients=descent.gradients,
        eval_step=eval_step,
        train_data=training_data(config.data.memory, train, config.batch_size),
        eval_data={"valid": one_pass(valid, size)},
        test_data={"test": one_pass(test, size)},
        units={"error": "%", "loss": "nats"},
        provenance="generated" if config.data.name == "generated" else prepared.provenance(config.data.name),
    )


def splits(data: ConfigDict) -> tuple[images.Images, images.Images, images.Images]:
    """Training, validation (held out of the training set) and test images, as uint8 arrays."""
    if data.name == "generated":
        everything, test = images.generated_images(96), images.generated_images(48, seed=1)
    else:
        everything, test = images.load(data.name, "train"), images.load(data.name, "test")
    total = len(everything["label"])
    if not 0 < data.held_out < total:
        raise UserError(
            f"data.held_out is {data.held_out}; it must leave some of the {total} training images to both sides."
        )
    train, valid = images.split(everything, total - data.held_out, data.held_out)
    return train, valid, test


def training_data(memory: str, train: images.Images, batch_size: int) -> DeviceData | HostData:
    """Shuffled epochs, held in the device's memory or read by the host ('device' or 'host'); augmented in the step."""
    if memory == "device":
        return epochs(train, batch_size)
    if memory == "host":
        return HostData(
            lambda seed: (
                grain.MapDataset.range(len(train["label"]))
                .seed(seed)
                .shuffle()
                .map(lambda i: {name: array[i] for name, array in train.items()})
                .repeat()
                .batch(batch_size, drop_remainder=True)
            )
        )
    raise UserError(f"data.memory is {memory!r}; it must be 'device' or 'host'.")


def classified(logits: Array, labels: Array, mask: Array) -> Metrics:
    """Cross-entropy in nats and percentage of wrong answers, over the examples where `mask` is 1."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    wrong = 100.0 * (logits.argmax(-1) != labels)
    return {"loss": Mean.of(losses, mask), "error": Mean.of(wrong, mask)}


def optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """SGD with momentum; weight decay on the weights of convolutions and the classifier, not on biases and norms."""
    c = config.optimizer

    def weights(params):
        return jax.tree.map(lambda p: np.ndim(p) > 1, params)

    decay = optax.add_decayed_weights(c.weight_decay, mask=weights)
    return optax.chain(decay, optax.sgd(schedule(config), momentum=c.momentum))


def schedule(config: ConfigDict) -> optax.Schedule:
    """'steps': divided by 10 at each boundary; 'linear': to 0 at `schedule_steps`. Both after a linear warm-up."""
    c = config.optimizer
    if c.schedule == "steps":
        after = optax.piecewise_constant_schedule(c.learning_rate, {b - c.warmup: 0.1 for b in c.boundaries})
    elif c.schedule == "linear":
        after = optax.linear_schedule(c.learning_rate, 0.0, c.schedule_steps - c.warmup)
    else:
        raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'steps' or 'linear'.")
    return optax.join_schedules([optax.linear_schedule(0.0, c.learning_rate, c.warmup), after], [c.warmup])


if __name__ == "__main__":
    entry.main(build)
