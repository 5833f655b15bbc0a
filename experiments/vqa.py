"""Visual question answering: multimodal residual networks (Kim et al. 2016) and their baselines."""

from __future__ import annotations

import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from deepx.engine import entry
from deepx.engine.errors import UserError
from deepx.engine.experiment import Batch, Experiment, Key, Mean, Metrics
from deepx.engine.supervised import TrainState, supervised
from experiments.vqa_data import Asked, asked
from experiments.vqa_features import seer_of
from experiments.vqa_models import System, chosen, credit, system_of
from experiments.vqa_predict import predict, served
from experiments.vqa_report import Answering, report, summary


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/vqa` file. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    seer = seer_of(config.features)
    sets = asked(config, seer)
    system = system_of(config, sets.vocabulary.size, len(sets.answers), seer.features if seer else None)

    def loss(params, stats, batch: Batch, key: Key):
        logits, stats = system.train(params, stats, batch, key)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"])
        right = 100.0 * (logits.argmax(-1) == batch["answer"])
        return losses.mean(), (stats, {"loss": Mean.of(losses), "agreement": Mean.of(right)})

    descent = supervised(system.init, loss, optimizer(config))
    answering = Answering(config, sets, system, seer)
    return Experiment(
        **descent._asdict(),
        eval_step=lambda state, batch: measured(sets, system, state, batch),
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        test_data={"test": sets.test},
        report=lambda state, key: report(answering, state),
        summary=lambda measures: summary(answering, measures),
        predict=lambda state: predict(answering, state),
        serve=lambda state: served(answering, state),
        mappable=True,
        in_turn=seer is None,
        units={"accuracy": "%", "agreement": "%", "loss": "nats"},
        provenance=sets.provenance,
    )


def measured(sets: Asked, system: System, state: TrainState, batch: Batch) -> Metrics:
    """Accuracy in percent, of all questions and by kind, and where there are choices, of the best of them; the loss, of
    the questions whose answer is known.
    """
    logits, mask = system.answer(state.params, state.stats, batch), batch["mask"]
    accuracy = 100.0 * credit(batch, logits.argmax(-1))
    known = batch["answer"] >= 0
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.maximum(batch["answer"], 0))
    metrics = {"accuracy": Mean.of(accuracy, mask), "loss": Mean.of(losses, mask * known)}
    for k, kind in enumerate(sets.kinds):
        metrics[f"accuracy/{kind}"] = Mean.of(accuracy, mask * (batch["kind"] == k))
    if "choices" in batch:
        metrics["accuracy_choices"] = Mean.of(100.0 * credit(batch, chosen(logits, batch["choices"])), mask)
    return metrics


def optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """'rmsprop' at a rate that is multiplied by `factor` at every step, and by `kick` at some; or 'adam', whose rate
    falls to 0 along a cosine. `clip` bounds every number of the gradient.
    """
    c = config.optimizer
    if c.name == "rmsprop":
        kicks = optax.piecewise_constant_schedule(c.learning_rate, dict.fromkeys(c.kicks, c.kick))
        rule = optax.rmsprop(lambda step: kicks(step) * c.factor**step, decay=c.decay, eps=1e-8)
    elif c.name == "adam":
        rule = optax.adam(optax.cosine_decay_schedule(c.learning_rate, c.schedule_steps))
    else:
        raise UserError(f"optimizer.name is {c.name!r}; it must be 'rmsprop' or 'adam'.")
    return optax.chain(optax.clip(c.clip), rule)


if __name__ == "__main__":
    entry.main(build)
