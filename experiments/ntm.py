"""The neural Turing machine on its algorithmic tasks (Graves, Wayne, Danihelka 2014, section 4)."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from deepx.analysis import ntm_figures
from deepx.data import algorithmic
from deepx.engine import entry
from deepx.engine.data import generated
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Experiment, Figure, Key, Mean, Report
from deepx.engine.supervised import TrainState, supervised
from deepx.models import ntm

BITS = 1 / np.log(2)  # a nat in bits
PARTS = ("inputs", "targets", "outputs")


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/ntm` file. Raises UserError or ValueError for values that make no sense."""
    task, model = config.task, model_config(config)
    descent = supervised(lambda key: (ntm.init(key, model), ()), loss_of(model), optimizer(config))

    def copies(batch_size: int, low: int, high: int):
        return lambda key: algorithmic.copy(key, batch_size=batch_size, bits=task.bits, min_length=low, max_length=high)

    evaluation = config.evaluation
    if evaluation.watched_length not in evaluation.lengths:
        raise UserError(f"evaluation.watched_length must be one of evaluation.lengths, {tuple(evaluation.lengths)}.")
    if evaluation.batch_size < 1:
        raise UserError(f"evaluation.batch_size is {evaluation.batch_size}; it must be at least 1.")
    batches = -(-evaluation.sequences // evaluation.batch_size)

    def at_length(n: int):
        return generated(copies(evaluation.batch_size, n, n), batches)

    return Experiment(
        init=descent.init,
        train_step=descent.train_step,
        gradients=descent.gradients,
        eval_step=lambda state, batch: scores(ntm.apply(model, state.params, batch.inputs_BTI), batch),
        train_data=generated(copies(config.batch_size, task.min_length, task.max_length)),
        eval_data={f"len{evaluation.watched_length}": at_length(evaluation.watched_length)},
        test_data={f"len{n}": at_length(n) for n in evaluation.lengths},
        report=lambda state, key: report(config, model, state, key),
        units={"bits_per_sequence": "bits", "wrong_sequences": "%"},
    )


def model_config(config: ConfigDict) -> ntm.Config:
    """The model a config describes: the task decides its inputs (the bits and a delimiter) and outputs."""
    return ntm.Config(input_size=config.task.bits + 1, output_size=config.task.bits, **config.model)


def optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """'rmsprop': the paper's, as in Graves (2013), each element clipped; 'adam': clipped by global norm."""
    c = config.optimizer
    if c.name == "rmsprop":
        descend = optax.rmsprop(schedule(config), decay=c.decay, eps=1e-4, centered=True, momentum=c.momentum)
        return optax.chain(optax.clip(c.clip), descend)
    if c.name == "adam":
        descend = optax.adam(schedule(config), b1=c.momentum, b2=c.decay)
        return optax.chain(optax.clip_by_global_norm(c.clip), descend)
    raise UserError(f"optimizer.name is {c.name!r}; it must be 'rmsprop' or 'adam'.")


def schedule(config: ConfigDict) -> optax.Schedule:
    """'constant', or 'cosine', falling to 0 in `schedule_steps`."""
    c = config.optimizer
    if c.schedule == "constant":
        return optax.constant_schedule(c.learning_rate)
    if c.schedule == "cosine":
        return optax.cosine_decay_schedule(c.learning_rate, c.schedule_steps)
    raise UserError(f"optimizer.schedule is {c.schedule!r}; it must be 'constant' or 'cosine'.")


def bits_of(logits_BTO: Array, batch: algorithmic.Batch) -> Array:
    """Cost of each sequence in bits: cross-entropy summed over wanted steps and channels."""
    nats_BTO = optax.sigmoid_binary_cross_entropy(logits_BTO, batch.targets_BTO)
    return (nats_BTO.sum(-1) * batch.mask_BT).sum(-1) * BITS


def loss_of(model: ntm.Config):
    """Mean cost of a sequence, in nats."""

    def loss(params, stats, batch: algorithmic.Batch, key: Key):
        bits_B = bits_of(ntm.apply(model, params, batch.inputs_BTI), batch)
        return bits_B.mean() / BITS, (stats, {"bits_per_sequence": Mean.of(bits_B)})

    return loss


def scores(logits_BTO: Array, batch: algorithmic.Batch) -> dict[str, Mean]:
    """Bits a sequence, and the percentage of sequences in which some bit is wrong."""
    wrong_BTO = ((logits_BTO > 0) != (batch.targets_BTO > 0.5)) & (batch.mask_BT[..., None] > 0)
    wrong_B = wrong_BTO.any(axis=(1, 2)).astype(jnp.float32)
    return {"bits_per_sequence": Mean.of(bits_of(logits_BTO, batch)), "wrong_sequences": Mean.of(100 * wrong_B)}


def report(config: ConfigDict, model: ntm.Config, state: TrainState, key: Key) -> Report:
    """The paper's figure 4 (copies at several lengths) and figure 6 (the memory in use), for the first seed."""
    params = state.params
    if config.run.replicas > 1:
        params, key = jax.tree.map(lambda a: a[0], params), key[0]

    @functools.partial(jax.jit, static_argnums=0)
    def run(n: int):
        fresh = jax.random.fold_in(key, n)
        batch = algorithmic.copy(fresh, batch_size=1, bits=config.task.bits, min_length=n, max_length=n)
        logits, trace = ntm.apply(model, params, batch.inputs_BTI, trace=True)
        return jax.tree.map(lambda a: a[0], (batch, jax.nn.sigmoid(logits), trace))

    copies = {n: jax.device_get(run(n)) for n in config.evaluation.lengths}
    asked = [(batch.inputs_BTI[: n + 1], batch.targets_BTO[n + 1 :], p[n + 1 :]) for n, (batch, p, _) in copies.items()]
    copied = Figure(
        ntm_figures.copy_figure(*zip(*asked, strict=True)),
        {f"{part}_{n}": a for n, row in zip(copies, asked, strict=True) for part, a in zip(PARTS, row, strict=True)},
        f"Copies at lengths {', '.join(map(str, copies))} after training on lengths {config.task.min_length} to "
        f"{config.task.max_length}, seed {config.run.seed}; compare figure 4 of the paper.",
    )
    batch, outputs, trace = copies[config.evaluation.watched_length]
    shown = {
        "inputs": batch.inputs_BTI,
        "outputs": outputs * batch.mask_BT[:, None],
        "adds": trace.add_BTEW[:, 0],
        "reads": trace.read_BTRW[:, 0],
        "write_w": trace.write_w_BTEN[:, 0],
        "read_w": trace.read_w_BTRN[:, 0],
    }
    memory = Figure(
        ntm_figures.memory_figure(**shown),
        shown,
        f"The memory while a sequence of length {config.evaluation.watched_length} is copied, seed {config.run.seed}: "
        "where it was written, it is read, in the same order; compare figure 6 of the paper.",
    )
    return Report({"copies": copied, "memory": memory})


if __name__ == "__main__":
    entry.main(build)
