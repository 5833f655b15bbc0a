"""Nets that classify images: residual nets (He, Zhang, Ren, Sun 2015), what came of them, and plain ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.engine import entry
from deepx.engine.data import first_batch
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Metrics, Served
from deepx.engine.replicated import separate
from deepx.engine.supervised import TrainState, accumulated, descent
from deepx.models import deepen, resnet
from experiments import numerics, resnet_predict
from experiments.image_sets import ImageSet, image_set
from experiments.nets import Net, net_of, regime_of
from experiments.trained import trained


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/resnet` file. Raises UserError, ValueError, or DataNotPrepared."""
    numerics.check(config)
    part = config.batch_size // config.accumulate
    if config.model.norm_groups < 1 or part % config.model.norm_groups:
        raise UserError(
            f"batch_size / accumulate is {part}: no multiple of model.norm_groups = {config.model.norm_groups}."
        )
    sets, net = image_set(config), net_of(config.model)
    regime = regime_of(config.join, net)
    beginning = grown(config, net, sets) if config.grown_from else net.init

    def init(key: Key):
        variables = beginning(key)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key: Key):
        of_images, of_join, of_dropout = jax.random.split(key, 3)
        used, pictures = numerics.lowered((params, sets.augmented(of_images, batch)), config.precision)
        variables = {"params": used, "batch_stats": stats}
        logits, stats = net.train(variables, pictures, of_dropout, regime.training(of_join))
        scores = classified(logits.astype(jnp.float32), batch["label"], jnp.ones(len(logits)))
        return scores["loss"].total / scores["loss"].count, (stats, scores)

    def log_p(state: TrainState, batch) -> Array:
        views = sets.views(batch)
        variables = {"params": state.params, "batch_stats": state.stats}
        logits = regime.testing(variables, views.reshape(-1, *views.shape[2:]))
        of_views = jax.nn.log_softmax(logits).reshape(*views.shape[:2], -1)
        return jax.nn.logsumexp(of_views, axis=1) - jnp.log(views.shape[1])

    def eval_step(state: TrainState, batch) -> Metrics:
        return classified(log_p(state, batch), batch["label"], batch["mask"])

    gradients = accumulated(jax.grad(loss, has_aux=True), config.accumulate)
    return Experiment(
        **descent(init, gradients, optimizer(config))._asdict(),
        eval_step=eval_step,
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        test_data={"test": sets.test},
        predict=lambda state: resnet_predict.predict(config, sets, log_p, separate(state, config.run.replicas)[0]),
        serve=lambda state: served(sets, log_p, separate(state, config.run.replicas)[0]),
        mappable=True,
        in_turn=True,
        units={"error": "%", "loss": "nats"},
        provenance=sets.provenance,
    )


def served(sets: ImageSet, log_p: Callable[[TrainState, Any], Array], state: TrainState) -> Served:
    """A net on images as they come, before they are normalised."""
    return Served(
        lambda given: {"probability": jnp.exp(log_p(state, given))},
        {"image": (("batch", *sets.shape), "uint8")},
        "Images, numbers from 0 to 255, and the probability of every class.",
    )


def grown(config: ConfigDict, net: Net, sets: ImageSet) -> Callable[[Key], Any]:
    """The initial variables of a net that begins as the shallower one that the run in `config.grown_from` trained."""
    shallow, variables = trained(Path(config.grown_from), build)
    if net.model is not resnet:
        raise UserError(f"grown_from: only residual nets and plain ones can be grown, not {config.model.name!r}.")
    images = None
    if not net.config.residual:  # the moments of its activations
        images = sets.views(first_batch(sets.valid))[:, 0]
    return lambda key: deepen.deepened(key, net_of(shallow.model).config, variables, net.config, images)


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
    """'steps': `warmup_rate` at first, then times `factor` at each boundary; 'linear': up from 0, and down to 0."""
    c = config.optimizer
    if c.schedule == "steps":
        before = optax.constant_schedule(c.warmup_rate)
        after = optax.piecewise_constant_schedule(c.learning_rate, {b - c.warmup: c.factor for b in c.boundaries})
    elif c.schedule == "linear":
        before = optax.linear_schedule(0.0, c.learning_rate, c.warmup)
        after = optax.linear_schedule(c.learning_rate, 0.0, c.schedule_steps - c.warmup)
    else:
        raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'steps' or 'linear'.")
    return optax.join_schedules([before, after], [c.warmup])


if __name__ == "__main__":
    entry.main(build)
