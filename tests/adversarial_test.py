"""The game of two networks: its losses, the order of moves, what writes statistics, averages, looks, resuming."""

import dataclasses
import json
import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import toy
from matplotlib.figure import Figure as Picture
from resume_test import After

from deepx.engine.adversarial import adversarial, watched
from deepx.engine.averaged import averaged
from deepx.engine.data import generated
from deepx.engine.experiment import Experiment, Figure, Mean, Told, Watch
from deepx.engine.loop import Interrupted
from deepx.engine.replicated import replicated
from deepx.nn import adversarial as game
from deepx.nn.adversarial import GenDisc


def test_losses_are_those_of_the_probabilities():
    real, fake = jnp.array([2.0, -1.0, 0.5]), jnp.array([-3.0, 1.0])
    d_real, d_fake = jax.nn.sigmoid(real), jax.nn.sigmoid(fake)
    expected = jnp.mean(jnp.log(d_real)) + jnp.mean(jnp.log(1 - d_fake))
    np.testing.assert_allclose(game.value(real, fake), expected, rtol=1e-6)
    np.testing.assert_allclose(game.discriminator_loss(real, fake), -expected, rtol=1e-6)
    np.testing.assert_allclose(game.minimax(fake), jnp.mean(jnp.log(1 - d_fake)), rtol=1e-6)
    np.testing.assert_allclose(game.non_saturating(fake), -jnp.mean(jnp.log(d_fake)), rtol=1e-6)
    smoothed = -jnp.mean(0.9 * jnp.log(d_real) + 0.1 * jnp.log(1 - d_real)) - jnp.mean(jnp.log(1 - d_fake))
    np.testing.assert_allclose(game.discriminator_loss(real, fake, 0.1), smoothed, rtol=1e-6)


def test_a_discriminator_that_cannot_tell_has_the_value_of_theorem_1():
    assert math.isclose(game.value(jnp.zeros(4), jnp.zeros(4)), game.VALUE_AT_OPTIMUM, rel_tol=1e-6)
    row = {name: float(mean.total / mean.count) for name, mean in watched(jnp.ones(2), jnp.ones(2)).items()}
    assert row["right/real"] == 100 and row["right/fake"] == 0 and row["d_real"] == row["d_fake"] > 0.7


def test_where_the_discriminator_is_sure_only_one_loss_still_teaches():
    slopes = {name: float(jax.grad(loss)(jnp.full(1, -9.0))[0]) for name, loss in game.GENERATOR_LOSSES.items()}
    assert slopes["non_saturating"] < -0.99 and -2e-4 < slopes["minimax"] < 0


def linear_game(k=1):
    """D's loss is d times the mean of its part, G's is g d: what moved when can be read off the numbers."""

    def disc_loss(params, stats, batch, key):
        mean = {"drawn": Mean.of(jax.random.uniform(key))}
        return params.disc * params.gen * 0 + params.disc * batch.mean(), (stats._replace(disc=stats.disc + 1), mean)

    def gen_loss(params, stats, batch, key):
        return params.gen * params.disc, (
            stats._replace(gen=stats.gen + 1),
            {"drawn_gen": Mean.of(jax.random.uniform(key))},
        )

    zero = jnp.zeros(())
    init = lambda key: (GenDisc(zero, zero), GenDisc(zero, zero))  # noqa: E731
    return adversarial(init, GenDisc(gen_loss, disc_loss), GenDisc(optax.sgd(1.0), optax.sgd(1.0)), k)


def test_the_discriminator_moves_k_times_on_parts_of_the_batch_and_then_the_generator():
    made = linear_game(k=2)
    state, metrics = jax.jit(made.train_step)(
        made.init(jax.random.key(0)), jnp.array([1.0, 1, 3, 3]), jax.random.key(1)
    )
    assert float(state.params.disc) == -(1 + 3)
    assert float(state.params.gen) == 4  # down the gradient d that the discriminator's moves have left
    assert (float(state.stats.gen), float(state.stats.disc)) == (1, 2)
    assert int(metrics["drawn"].count) == 2 and float(metrics["drawn"].total) != 2 * float(metrics["drawn_gen"].total)
    assert float(metrics["gradient_norm/disc"].total) == 1 + 3


def test_a_batch_that_does_not_divide_is_told():
    made = linear_game(k=2)
    with pytest.raises(ValueError, match="a batch of 3 does not divide into 2 discriminator steps"):
        made.train_step(made.init(jax.random.key(0)), jnp.ones(3), jax.random.key(0))


def test_gradients_are_those_of_the_two_players():
    made = linear_game(k=2)
    state = made.init(jax.random.key(0))._replace(params=GenDisc(gen=5.0, disc=7.0))
    assert made.gradients(state, jnp.array([1.0, 1, 3, 3]), jax.random.key(0)) == GenDisc(gen=7.0, disc=3.0)


def watched_game() -> Experiment:
    """A generator of one number that is to be distributed as N(3, 1); the discriminator is linear."""

    def disc_loss(params, stats, batch, key):
        fake = params.gen + jax.random.normal(key, batch.shape)
        real_N, fake_N = (params.disc[0] * x + params.disc[1] for x in (batch, fake))
        return game.discriminator_loss(real_N, fake_N), (stats, watched(real_N, fake_N))

    def gen_loss(params, stats, batch, key):
        fake = params.gen + jax.random.normal(key, batch.shape)
        return game.non_saturating(params.disc[0] * fake + params.disc[1]), (stats, {})

    made = adversarial(
        lambda key: (GenDisc(jax.random.normal(key), jnp.zeros(2)), GenDisc((), ())),
        GenDisc(gen_loss, disc_loss),
        GenDisc(optax.adam(0.05), optax.adam(0.1)),
    )

    def film(steps, numbers):
        return {"film": Figure(Picture(), {"steps": np.array(steps), **numbers}, "where the generator stood")}

    return averaged(
        Experiment(
            init=made.init,
            train_step=made.train_step,
            gradients=made.gradients,
            eval_step=lambda state, batch: {"mean": Mean.of(state.params.gen)},
            train_data=generated(lambda key: 3 + jax.random.normal(key, (8,))),
            eval_data={"valid": generated(lambda key: jnp.zeros(1), 1)},
            watch=Watch(
                look=lambda state, key: {"sample": state.params.gen + jax.random.normal(key)},
                tell=lambda numbers: Told({"at": numbers["sample"][-1]}, ["nothing moves"]),
                film=film,
            ),
        ),
        0.9,
        part=lambda state: state.params.gen,
        put=lambda state, gen: state._replace(params=state.params._replace(gen=gen)),
    )


@pytest.mark.parametrize("replicas", [1, 2])
def test_two_optimisers_an_average_and_looks_resume_bit_for_bit(tmp_path, replicas):
    run = dataclasses.replace(toy.RUN, replicas=replicas, eval_every=8)
    made = replicated(watched_game(), replicas) if replicas > 1 else watched_game()
    whole, _ = toy.run(made, tmp_path / "whole", run)
    with pytest.raises(Interrupted):
        toy.run(made, tmp_path / "parts", run, interrupt=After(3))
    resumed, _ = toy.run(made, tmp_path / "parts", run)
    chex.assert_trees_all_equal(jax.device_get(whole.carry), jax.device_get(resumed.carry))
    for name in ("metrics.jsonl", "watch/8.npz", "watch/24.npz", "figures/film.npz"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name


def test_looks_are_logged_filmed_and_told(tmp_path, capsys):
    trained, _ = toy.run(watched_game(), tmp_path, dataclasses.replace(toy.RUN, eval_every=8))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    looks = [row for row in rows if row["split"] == "look"]
    assert [row["step"] for row in looks] == [8, 16, 24] and looks[0]["alarms"] == ["nothing moves"]
    film = np.load(tmp_path / "figures" / "film.npz")
    assert film["steps"].tolist() == [8, 16, 24] and film["sample"].shape == (3,)
    assert "Step 24: nothing moves" in capsys.readouterr().err
    sample, average = looks[-1]["values"]["at"], float(trained.carry.state.average)
    valid = [row for row in rows if row["split"] == "valid"][-1]["values"]["mean"]
    assert np.isclose(valid, average) and not np.isclose(average, trained.carry.state.state.params.gen)
    assert np.isclose(
        sample - film["sample"][0], average - [r for r in rows if r["split"] == "valid"][0]["values"]["mean"]
    )


@pytest.mark.parametrize(("steps", "d"), [(0, 1 / 10), (10, 11 / 20), (1000, 0.9)])
def test_an_average_soon_forgets_its_beginning_and_then_by_its_decay(steps, d):
    made = watched_game()
    before = made.init(jax.random.key(0))._replace(steps=jnp.int32(steps))
    after, _ = jax.jit(made.train_step)(before, jnp.ones(8), jax.random.key(1))
    np.testing.assert_allclose(after.average, d * before.average + (1 - d) * after.state.params.gen, rtol=1e-6)
    assert after.steps == steps + 1
