"""Sequence to sequence learning: translation (Sutskever, Vinyals, Le 2014, arXiv 1409.3215) and conversation (Vinyals,
Le 2015, arXiv 1506.05869), which differ in their texts, in what is reported and in what is done with a trained model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.analysis import bleu
from deepx.engine import entry
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Batch, Experiment, Key, Mean, Metrics, Report
from deepx.engine.supervised import Gradients, TrainState, accumulated, descent
from deepx.nn import buckets, sequences
from experiments import numerics, seq2seq_talk_report, seq2seq_talker
from experiments.seq2seq_data import Corpus, corpus, width
from experiments.seq2seq_models import LanguageModel, Model, model_of
from experiments.seq2seq_report import report, watch
from experiments.seq2seq_translator import Translator, mark, predict, served

OPTIMIZERS = {"sgd": optax.sgd, "adagrad": optax.adagrad, "adam": optax.adam}
VOCABULARIES = {"words_VE": -2, "output/kernel": -1, "output/bias": -1}  # the axis that devices may share out


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/seq2seq` file. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    check(config)
    return experiment(config, corpus(config))


def experiment(config: ConfigDict, sets: Corpus) -> Experiment:
    """The same, of texts that have been read."""
    model = model_of(config, sets)
    if not sets.spoken:
        return translation(config, sets, model)
    if isinstance(model, LanguageModel):
        raise UserError("model.name is 'language_model', which does not answer; one learns beside the others anyway.")
    return conversation(config, sets, model)


def translation(config: ConfigDict, sets: Corpus, model: Model | LanguageModel) -> Experiment:
    """Sentences are translated; or what their translations are is learnt, by a language model."""
    translates = isinstance(model, Model)
    translator = Translator(model, sets.source, sets.target, config.evaluation.batch_size) if translates else None
    descending = descent(
        lambda key: (model.init(key), mark(sets)), gradients_of(config, model), optimizer(config, sets.count)
    )
    return Experiment(
        **descending._asdict(),
        eval_step=evaluation_of(config, model),
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        test_data={"test": sets.test},
        watch=watch(config, sets, translator) if translator else None,
        report=(lambda state, key: report(config, sets, translator, state)) if translator else None,
        summary=perplexities,
        predict=(lambda state: predict(config, sets, translator, state)) if translator else None,
        serve=(lambda state: served(config, translator, state)) if translator else None,
        split=VOCABULARIES,
        mappable=True,
        in_turn=True,  # side by side, every batch would take the branches of all lengths
        units={"loss": "nats a word", "bleu": f"BLEU ({bleu.signature()})", "bleu_greedy": "BLEU"},
        provenance=sets.provenance,
    )


def conversation(config: ConfigDict, sets: Corpus, model: Model) -> Experiment:
    """Turns are answered. A language model of answers learns beside the model, from the same batches: MMI needs it, and
    its perplexity tells what it helps to know what is answered. Parameters are {"answer", "language"}; the gradients of
    each are clipped as if it were alone.
    """
    prior = LanguageModel(model.config.decoder)
    learners = {"answer": model, "language": prior}
    gradients = {name: gradients_of(config, learner) for name, learner in learners.items()}
    evaluations = {name: evaluation_of(config, learner) for name, learner in learners.items()}
    talker = seq2seq_talker.talker_of(config, sets, model, prior)

    def init(key: Key) -> tuple[Any, Any]:
        keys = jax.random.split(key, len(learners))
        return {name: learners[name].init(k) for name, k in zip(learners, keys, strict=True)}, mark(sets)

    def both(params: Any, stats: Any, batch: Batch, key: Key) -> tuple[Any, tuple[Any, Metrics]]:
        of_each = {
            name: gradients[name](params[name], stats, batch, jax.random.fold_in(key, at))
            for at, name in enumerate(learners)
        }
        metrics = told({name: metrics for name, (_, (_, metrics)) in of_each.items()})
        return {name: of_loss for name, (of_loss, _) in of_each.items()}, (stats, metrics)

    def eval_step(state: TrainState, batch: Batch) -> Metrics:
        return told({name: f(state._replace(params=state.params[name]), batch) for name, f in evaluations.items()})

    def told(metrics: Mapping[str, Metrics]) -> Metrics:
        return {"loss": metrics["answer"]["loss"], "loss/language": metrics["language"]["loss"]}

    descending = descent(
        init,
        both,
        optax.partition({name: optimizer(config, sets.count) for name in learners}, {name: name for name in learners}),
    )
    return Experiment(
        **descending._asdict(),
        eval_step=eval_step,
        train_data=sets.train,
        eval_data={"valid": sets.valid},
        test_data={"test": sets.test},
        watch=seq2seq_talk_report.watch(config, sets, talker),
        report=lambda state, key: seq2seq_talk_report.report(config, sets, talker, state, key),
        summary=perplexities,
        predict=lambda state: seq2seq_talker.chat(config, sets, talker, state),
        serve=lambda state: seq2seq_talker.served(config, talker, state),
        split=VOCABULARIES,
        mappable=True,
        in_turn=True,
        units={"loss": "nats a word", "repeated": "%", "commonest": "%", "words": "words an answer"},
        provenance=sets.provenance,
    )


def check(config: ConfigDict) -> None:
    """Raises UserError for settings that make no sense together."""
    lengths = tuple(config.lengths)
    if not lengths or list(lengths) != sorted(set(lengths)) or lengths[0] < 1:
        raise UserError(f"lengths is {lengths}; they must rise, and begin above 0.")
    numerics.check(config)
    if config.evaluation.beam < 1:
        raise UserError(f"evaluation.beam is {config.evaluation.beam}; it must be at least 1.")


def cut(config: ConfigDict, batch: Batch, f: Any) -> Any:
    """f of the batch without most of its padding: it is cut to the shortest of `config.lengths` that holds it."""
    whole = max(batch[side].shape[1] for side in ("source", "target"))
    edges = [edge for edge in config.lengths if edge < whole] + [whole]

    def at(edge: int, batch: Batch) -> Any:
        return f({**batch, **{side: batch[side][:, :edge] for side in ("source", "target")}})

    return buckets.shortest(edges, width(batch), at, batch)


def gradients_of(config: ConfigDict, model: Model | LanguageModel) -> Gradients:
    """Gradients of the sum of -log p over the words, divided by the number of sentences, as in the paper (section 3.4).

    They are taken inside the branch of a length.
    """

    def gradients(params: Any, stats: Any, batch: Batch, key: Key) -> tuple[Any, tuple[Any, Metrics]]:
        def loss(params: Any, batch: Batch) -> tuple[Array, Array]:
            used = numerics.lowered(params, config.precision)
            nats = -model.apply(used, batch["source"], batch["target"], key).sum()
            return nats / len(batch["target"]), nats

        (_, nats), of_loss = cut(config, batch, lambda batch: jax.value_and_grad(loss, has_aux=True)(params, batch))
        words = sequences.lengths(batch["target"]).sum()
        return of_loss, (stats, {"loss": Mean(nats, words.astype(jnp.float32))})

    return accumulated(gradients, config.accumulate)


def evaluation_of(config: ConfigDict, model: Model | LanguageModel):
    """-log p a word, ends included, of sentences that are told (teacher forcing)."""

    def eval_step(state: TrainState, batch: Batch) -> Metrics:
        def nats(batch: Batch) -> Array:
            return -model.apply(state.params, batch["source"], batch["target"]).sum(-1)

        words_B = sequences.lengths(batch["target"]).astype(jnp.float32)
        nats_B = cut(config, batch, nats)
        return {"loss": Mean((nats_B * batch["mask"]).sum(), (words_B * batch["mask"]).sum())}

    return eval_step


def perplexities(values: Mapping[str, np.ndarray]) -> Report:
    """exp of what was measured in nats a word."""
    losses = {name: value for name, value in values.items() if name.partition("/")[0].endswith("_loss")}
    return Report({}, {name.replace("_loss", "_perplexity", 1): np.exp(value) for name, value in losses.items()})


def optimizer(config: ConfigDict, pairs: int) -> optax.GradientTransformation:
    """'sgd' or 'adagrad', the papers', or 'adam'; gradients clipped by their norm."""
    c, rate = config.optimizer, schedule(config, pairs / config.batch_size)
    if c.name not in OPTIMIZERS:
        raise UserError(f"optimizer.name is {c.name!r}; it must be one of {', '.join(OPTIMIZERS)}.")
    return optax.chain(optax.clip_by_global_norm(c.clip), OPTIMIZERS[c.name](rate))


def schedule(config: ConfigDict, steps: float) -> optax.Schedule:
    """'halving', the paper's: at the end of epoch `halve_after` the rate is halved, and then every `halve_every`
    epochs, of `steps` steps each; 'cosine': to 0 in `schedule_steps` steps; 'constant'.
    """
    c = config.optimizer
    if c.schedule == "halving":
        after = c.halve_after - c.halve_every
        return lambda step: c.learning_rate * 0.5 ** jnp.maximum((step / steps - after) // c.halve_every, 0)
    if c.schedule == "cosine":
        return optax.cosine_decay_schedule(c.learning_rate, c.schedule_steps)
    if c.schedule == "constant":
        return optax.constant_schedule(c.learning_rate)
    raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'halving', 'cosine' or 'constant'.")


if __name__ == "__main__":
    entry.main(build)
