"""A step mapped over devices against the same step in one program: gradients, batch statistics, metrics, keys."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import toy
import words

from deepx.engine.adversarial import adversarial
from deepx.engine.data import epochs, generated
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment, Mean
from deepx.engine.program import Program, averages
from deepx.engine.supervised import supervised
from deepx.nn.adversarial import GenDisc
from deepx.nn.batch_norm import BatchNorm

MAPPED = dataclasses.replace(toy.RUN, parallel="pmap")


def taken(made, run=toy.RUN, devices=8):
    """The state after four steps, and their metrics."""
    program = Program(made, run, jax.devices()[:devices])
    carry, outcome = program.dispatch(program.init(), 0, next(program.feed(0)))
    return carry.state, jax.device_get(outcome.metrics)


def numbers(made, run=toy.RUN):
    """The same, as numbers that can be compared."""
    state, metrics = taken(made, run)
    return jax.device_get(state), averages(metrics)


def normalised(groups=1):
    """Regression on what batch normalisation leaves of the inputs, with statistics of so many parts of a batch."""
    norm = BatchNorm(use_running_average=False, momentum=0.9, groups=groups)

    def loss(params, stats, batch, key):
        h, written = norm.apply(
            {"params": params["norm"], "batch_stats": stats}, batch["x"] @ params["w"], mutable=["batch_stats"]
        )
        errors = (jnp.sin(h).sum(-1) - batch["y"]) ** 2
        return errors.mean(), (written["batch_stats"], {"loss": Mean.of(errors)})

    def init(key):
        variables = norm.init(key, jnp.zeros((groups, 4)))
        w = jax.random.normal(key, (3, 4))
        return {"w": w, "norm": variables["params"]}, variables["batch_stats"]

    made = toy.experiment()._replace(**supervised(init, loss, optax.adam(0.05))._asdict(), mappable=True)
    return made._replace(train_data=epochs(toy.examples(64, 0), 32), eval_data={})


def game():
    """Two players of a few numbers."""

    def fake(params, batch):
        return batch["z"] * params.gen

    def disc_loss(params, stats, batch, key):
        gap = (fake(params, batch) - batch["x"]) @ params.disc
        return jnp.tanh(gap).mean(), (stats._replace(disc=stats.disc + gap.mean()), {"gap": Mean.of(gap)})

    def gen_loss(params, stats, batch, key):
        return -jnp.tanh(fake(params, batch) @ params.disc).mean(), (stats, {})

    def init(key):
        return GenDisc(jnp.ones(3), jax.random.normal(key, (3,))), GenDisc((), jnp.zeros(()))

    descent = adversarial(init, GenDisc(gen_loss, disc_loss), GenDisc(optax.sgd(0.1), optax.sgd(0.1)))
    return Experiment(
        **descent._asdict(),
        eval_step=lambda state, batch: {},
        train_data=generated(lambda key: dict(zip("zx", jax.random.normal(key, (2, 16, 3)), strict=True))),
        eval_data={},
        mappable=True,
    )


@pytest.mark.parametrize("made", [words.experiment(), game()], ids=["supervised", "adversarial"])
def test_without_batch_statistics_both_compute_the_same(made):
    chex.assert_trees_all_close(numbers(made), numbers(made, MAPPED), rtol=1e-4, atol=1e-6)


def test_batch_statistics_are_each_devices_own_and_running_averages_their_means():
    by_groups, mapped, whole = numbers(normalised(8)), numbers(normalised(), MAPPED), numbers(normalised())
    chex.assert_trees_all_close(by_groups, mapped, rtol=1e-4, atol=1e-6)
    for part in ("params", "stats"):
        ours, theirs = (getattr(state, part) for state, _ in (mapped, whole))
        apart = jax.tree.map(lambda a, b: float(np.abs(a - b).max()), ours, theirs)
        assert max(jax.tree.leaves(apart)) > 1e-2, apart


def test_gradients_of_a_step_that_goes_wrong_are_those_of_the_step():
    program = Program(normalised(), MAPPED, jax.devices())
    by_groups = Program(normalised(8), toy.RUN, jax.devices())
    found = [jax.jit(p.experiment.gradients)(p.init().state, p.batch_at(0), p.key_at(0)) for p in (program, by_groups)]
    chex.assert_trees_all_close(*map(jax.device_get, found), rtol=1e-4, atol=1e-6)


def test_every_device_keeps_the_same_state():
    state, _ = taken(normalised(), MAPPED)
    for array in jax.tree.leaves(state):
        first, *others = (np.asarray(shard.data) for shard in array.addressable_shards)
        assert len(others) == 7
        for other in others:
            np.testing.assert_array_equal(first, other)


def test_every_device_draws_its_own_noise():
    def loss(params, stats, batch, key):
        drawn = jax.random.uniform(key)
        return params["w"].sum(), (stats, {"drawn": Mean.of(drawn), "squared": Mean.of(drawn**2)})

    init = lambda key: ({"w": jnp.zeros(3)}, ())  # noqa: E731
    made = words.experiment()._replace(**supervised(init, loss, optax.sgd(0.1))._asdict(), eval_data={})
    run = dataclasses.replace(MAPPED, steps_per_call=1)
    sums = taken(made, run)[1]
    assert sums["drawn"].count == 8
    mean, squared = (sums[name].total / 8 for name in ("drawn", "squared"))
    assert squared - mean**2 > 0.01  # all the same: 0


def test_metrics_count_every_example_once():
    (_, mapped), (_, alone) = taken(words.experiment(), MAPPED), taken(words.experiment(), devices=1)
    assert mapped["loss"].count == alone["loss"].count == 4 * words.BATCH * words.LENGTH


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"replicas": 2}, "run.replicas is 2, but run.parallel=pmap .* needs run.replicas=1"),
        ({"mesh": {"data": 0, "model": 2}}, "run.mesh.model is 2, but run.parallel=pmap"),
        ({"shard_state": True}, "run.shard_state is True, but run.parallel=pmap"),
        ({"parallel": "pjit"}, "run.parallel is 'pjit'; it must be 'jit' or 'pmap'"),
    ],
)
def test_what_does_not_go_together_is_told(changes, said):
    with pytest.raises(UserError, match=said):
        dataclasses.replace(MAPPED, **changes)


def test_an_experiment_that_cannot_be_mapped_is_told():
    with pytest.raises(UserError, match="cannot be mapped over devices.*Use run.parallel=jit"):
        Program(words.experiment()._replace(mappable=False), MAPPED, jax.devices())


def test_a_part_of_a_batch_that_cannot_be_trained_on_is_told():
    with pytest.raises(UserError, match="batch of one of 8 devices cannot be .*: a batch of 4 .* 8 equal groups"):
        Program(normalised(8), MAPPED, jax.devices())
