"""The neural Turing machine, and the LSTM it is compared with, on algorithmic tasks (Graves et al. 2014, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.data.algorithmic import Batch, ngrams
from deepx.engine import entry
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Metrics, Served
from deepx.engine.replicated import separate
from deepx.engine.supervised import TrainState, supervised
from deepx.models import ntm, stacked_lstm
from experiments import ntm_predict, ntm_tasks
from experiments.ntm_report import report

BITS = 1 / np.log(2)  # a nat in bits


class Model(NamedTuple):
    """A network: parameters from a key, logits from inputs; with its heads' trace, for those that have heads."""

    init: Callable[[Key], Any]
    apply: Callable[[Any, Array], Array]
    traced: Callable[[Any, Array], tuple[Array, ntm.Trace]] | None


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/ntm` file. Raises UserError or ValueError for values that make no sense."""
    model = model_of(config)
    descent = supervised(lambda key: (model.init(key), ()), loss_of(config, model), optimizer(config))
    evaluation = config.evaluation
    if evaluation.batch_size < 1:
        raise UserError(f"evaluation.batch_size is {evaluation.batch_size}; it must be at least 1.")
    conditions = ntm_tasks.conditions(config)
    watched = {evaluation.watched: conditions[evaluation.watched]}
    batches = -(-evaluation.sequences // evaluation.batch_size)

    def eval_step(state: TrainState, batch: Batch) -> Metrics:
        return scores(config, model.apply(state.params, batch.inputs_BTI), batch)

    def predict(state: TrainState) -> None:
        ntm_predict.predict(config, model.apply, state)

    return Experiment(
        **descent._asdict(),
        eval_step=eval_step,
        train_data=ntm_tasks.training(config),
        eval_data=ntm_tasks.data(config, watched, evaluation.batch_size, batches),
        test_data=ntm_tasks.data(config, conditions, evaluation.batch_size, batches),
        report=lambda state, key: report(config, model, state, key),
        predict=predict if hasattr(ntm_tasks.task_of(config)[0], "FORM") else None,
        serve=lambda state: served(config, model, state),
        mappable=True,
        units={"bits_per_sequence": "bits", "bits_above_optimum": "bits", "wrong_sequences": "%"},
    )


def model_of(config: ConfigDict) -> Model:
    """What `model.controller` names: a machine with an 'lstm' or 'feedforward' controller, or 'none', an LSTM alone."""
    inputs, outputs = ntm_tasks.sizes(config)
    kinds = ("lstm", "feedforward", "none")
    if config.model.controller not in kinds:
        raise UserError(f"model.controller is {config.model.controller!r}; it must be one of {', '.join(kinds)}.")
    if config.model.controller == "none":
        alone = stacked_lstm.Config(
            inputs, outputs, **without_rate(config.none), backward_clip=config.model.backward_clip
        )
        return Model(
            lambda key: stacked_lstm.init(key, alone), lambda params, x: stacked_lstm.apply(alone, params, x), None
        )
    machine = ntm.Config(inputs, outputs, **config.model, **without_rate(config[config.model.controller]))
    return Model(
        lambda key: ntm.init(key, machine),
        lambda params, x: ntm.apply(machine, params, x),
        lambda params, x: ntm.apply(machine, params, x, trace=True),
    )


def served(config: ConfigDict, model: Model, state: TrainState) -> Served:
    """The first seed's network, on sequences of any length."""
    params = separate(state.params, config.run.replicas)[0]
    return Served(
        lambda given: {"probability": jax.nn.sigmoid(model.apply(params, given["inputs"]))},
        {"inputs": (("batch", "time", ntm_tasks.sizes(config)[0]), "float32")},
        "Sequences in the form of the task, and for every step the probability that each bit of the answer is 1.",
    )


def without_rate(section: ConfigDict) -> dict[str, Any]:
    """A row of the paper's tables without its learning rate."""
    return {name: value for name, value in section.items() if name != "learning_rate"}


def optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """'rmsprop': the paper's, as in Graves (2013), each element clipped; 'adam': clipped by global norm."""
    c, rate = config.optimizer, schedule(config)
    if c.name == "rmsprop":
        descend = optax.rmsprop(rate, decay=c.decay, eps=1e-4, centered=True, momentum=c.momentum)
        return optax.chain(optax.clip(c.clip), descend)
    if c.name == "adam":
        return optax.chain(optax.clip_by_global_norm(c.clip), optax.adam(rate, b1=c.momentum, b2=c.decay))
    raise UserError(f"optimizer.name is {c.name!r}; it must be 'rmsprop' or 'adam'.")


def schedule(config: ConfigDict) -> optax.Schedule:
    """'constant', or 'cosine', falling to 0 in `schedule_steps`; the rate is the model's own."""
    c, rate = config.optimizer, config[config.model.controller].learning_rate
    if c.schedule == "constant":
        return optax.constant_schedule(rate)
    if c.schedule == "cosine":
        return optax.cosine_decay_schedule(rate, c.schedule_steps)
    raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'constant' or 'cosine'.")


def bits_of(logits_BTO: Array, batch: Batch) -> Array:
    """Cost of each sequence in bits: cross-entropy summed over wanted steps and channels."""
    nats_BTO = optax.sigmoid_binary_cross_entropy(logits_BTO, batch.targets_BTO)
    return (nats_BTO.sum(-1) * batch.mask_BT).sum(-1) * BITS


def loss_of(config: ConfigDict, model: Model):
    """Mean cost of a sequence, in nats."""

    def loss(params, stats, batch: Batch, key: Key):
        bits_B = bits_of(model.apply(params, batch.inputs_BTI), batch)
        return bits_B.mean() / BITS, (stats, {"bits_per_sequence": Mean.of(bits_B)})

    return loss


def scores(config: ConfigDict, logits_BTO: Array, batch: Batch) -> dict[str, Mean]:
    """Bits a sequence, and the percentage of sequences in which some bit is wrong.

    Of N-grams, whose bits nobody can know: how far above the cost of the optimal estimator on the same sequences.
    """
    bits_B = bits_of(logits_BTO, batch)
    if config.task.name == "ngrams":
        p_BT = ngrams.optimal_estimate(batch.inputs_BTI[..., 0], config.task.context)
        optimal_B = bits_of(jnp.log(p_BT / (1 - p_BT))[..., None], batch)
        return {"bits_per_sequence": Mean.of(bits_B), "bits_above_optimum": Mean.of(bits_B - optimal_B)}
    wrong_BTO = ((logits_BTO > 0) != (batch.targets_BTO > 0.5)) & (batch.mask_BT[..., None] > 0)
    wrong_B = wrong_BTO.any(axis=(1, 2)).astype(jnp.float32)
    return {"bits_per_sequence": Mean.of(bits_B), "wrong_sequences": Mean.of(100 * wrong_B)}


if __name__ == "__main__":
    entry.main(build)
