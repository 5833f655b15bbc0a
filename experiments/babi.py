"""Question answering on bAbI stories (Weston et al. 2015), task by task or on all tasks together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.data.babi.encode import Encoded, Vocabulary, encode
from deepx.data.babi.story import Example
from deepx.engine import entry
from deepx.engine.data import DeviceData, epochs, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Key, Mean, Metrics
from deepx.engine.side_by_side import flat, side_by_side, together
from deepx.engine.supervised import TrainState, supervised
from experiments import babi_linear_start as linear_start
from experiments import babi_predict, babi_report, babi_stories
from experiments.babi_readers import Answered, Batch, Reader, reader_of, with_words


class Questions(NamedTuple):
    """What one set of parameters is trained and tested on: one task, or all of them."""

    examples: Mapping[str, babi_stories.Split]  # by task
    vocabulary: Vocabulary
    encoded: Encoded  # its sets are named TASK/train, TASK/valid, TASK/test

    @property
    def tasks(self) -> list[str]:
        return list(self.examples)

    def part(self, part: str) -> dict[str, Mapping[str, np.ndarray]]:
        """The encoded questions of a part, by task."""
        return {task: dict(self.encoded.questions[f"{task}/{part}"]) for task in self.tasks}


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/babi` file. Raises UserError, DataNotPrepared, DataCorrupt, ValueError."""
    splits, provenance = babi_stories.splits(config.data)
    separate = [{task: split} for task, split in splits.items()]
    learnt = [questions_of(one, config.memories) for one in ([splits] if config.joint else separate)]
    readers = [reader_of(config, one.encoded, one.vocabulary) for one in learnt]
    made = [experiment_of(config, *pair) for pair in zip(learnt, readers, strict=True)]
    whole = made[0] if config.joint else side_by_side(dict(zip(splits, made, strict=True)))
    return whole._replace(
        report=lambda state, key: babi_report.report(config, learnt, readers, state),
        summary=lambda values: babi_report.summary(config, values),
        predict=lambda state: babi_predict.predict(config, learnt, readers, state),
        serve=lambda state: babi_predict.served(config, learnt, readers, state),
        units={"error": "%", "loss": "nats"},
        provenance=provenance,
    )


def questions_of(splits: Mapping[str, babi_stories.Split], memories: int) -> Questions:
    """The questions as arrays. The vocabulary is that of training and validation, not of test."""
    known: Sequence[Example] = [e for split in splits.values() for e in (*split.train, *split.valid)]
    sets = {f"{task}/{part}": getattr(split, part) for task, split in splits.items() for part in split._fields}
    vocabulary = Vocabulary.of(known)
    return Questions(splits, vocabulary, encode(sets, vocabulary, memories))


def experiment_of(config: ConfigDict, questions: Questions, reader: Reader) -> Experiment:
    """Training one reader on all of these questions; its errors task by task, where there are several."""
    train, valid, test = (questions.part(part) for part in ("train", "valid", "test"))
    everything, held_out = (jax.tree.map(lambda *a: np.concatenate(a), *part.values()) for part in (train, valid))
    steps = len(everything["answer"]) // config.batch_size  # of an epoch
    if steps < 1:
        raise UserError(f"batch_size is {config.batch_size}, more than the questions there are to learn from.")
    source, sentences_UJ = epochs(everything, config.batch_size), questions.encoded.sentences_UJ
    watched = config.batch_size // 4  # validation questions a step: an epoch sees them all, more than twice

    def sample(arrays, key: Key, i: Array):
        batch = with_words(source.sample(arrays["train"], key, i), arrays["sentences"])
        if not config.linear_start.epochs:
            return batch, None
        index = (i * watched + jnp.arange(watched)) % len(arrays["valid"]["answer"])
        return batch, with_words(jax.tree.map(lambda a: a[index], arrays["valid"]), arrays["sentences"])

    def loss(params, stats, batches, key: Key):
        batch, beside = batches
        answered = reader.loss(params, batch, key, stats.linear)
        if beside is not None:
            frozen = jax.lax.stop_gradient(params)
            told = reader.loss(frozen, beside, key, stats.linear).losses_B.sum()
            stats = linear_start.after(config.linear_start, stats, told, steps)
        return answered.losses_B.sum(), (stats, scores(answered, batch, jnp.ones(config.batch_size)))

    def evaluate(state: TrainState, batch) -> Metrics:
        return scores(reader.answer(state.params, batch), batch, batch["mask"])

    def passes(part: Mapping[str, Mapping[str, np.ndarray]]) -> DeviceData:
        size = min(config.evaluation.batch_size, max(len(arrays["answer"]) for arrays in part.values()))
        every = together({task: one_pass(arrays, size) for task, arrays in part.items()})

        def sample(arrays, key: Key, i: Array):
            batches = every.sample(arrays["questions"], key, i)
            return {task: with_words(batch, arrays["sentences"]) for task, batch in batches.items()}

        return DeviceData(sample, {"questions": every.arrays, "sentences": sentences_UJ}, every.batches)

    def eval_step(state: TrainState, batches) -> Metrics:
        each = {task: evaluate(state, batch) for task, batch in batches.items()}
        return flat(each) if len(each) > 1 else each.popitem()[1]

    descent = supervised(
        lambda key: (reader.init(key), linear_start.begin(config.linear_start)), loss, optimizer(config, steps)
    )
    return Experiment(
        **descent._asdict(),
        eval_step=eval_step,
        train_data=DeviceData(sample, {"train": everything, "valid": held_out, "sentences": sentences_UJ}),
        eval_data={"valid": passes(valid)},
        test_data={"test": passes(test)},
    )


def scores(answered: Answered, batch: Batch, mask: Array) -> Metrics:
    """The loss, and the percentage of wrong answers, where answers were asked for."""
    measured = {"loss": Mean.of(answered.losses_B, mask)}
    if answered.answer_B is not None:
        measured["error"] = Mean.of(100.0 * (answered.answer_B != batch["answer"]), mask)
    return measured


def optimizer(config: ConfigDict, steps: int) -> optax.GradientTransformation:
    """'sgd' or 'adamw', on the gradient of a batch's sum (as the authors' program has it), clipped by its norm."""
    c, rate = config.optimizer, schedule(config, steps)
    if c.name == "sgd":
        descend = optax.sgd(rate)
    elif c.name == "adamw":
        descend = optax.adamw(rate, weight_decay=c.weight_decay)
    else:
        raise UserError(f"optimizer.name is {c.name!r}; it must be 'sgd' or 'adamw'.")
    return optax.chain(optax.clip_by_global_norm(c.clip), descend)


def schedule(config: ConfigDict, steps: int) -> Callable[[Array], Array]:
    """Halved every `halve_every` epochs, which are counted after those of the linear start."""
    c = config.optimizer

    def rate(step: Array) -> Array:
        after = jnp.maximum(step // steps - config.linear_start.epochs, 0)
        return c.learning_rate * 0.5 ** (after // c.halve_every)

    return rate


if __name__ == "__main__":
    entry.main(build)
