"""The engine on a toy: averages, devices, replicas, data, compilation."""

import collections
import dataclasses
import functools
import json
import threading

import chex
import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import toy

from deepx.engine import keys, log
from deepx.engine.data import DeviceData, epochs, generated, one_pass, permuted, round_keys
from deepx.engine.errors import UserError
from deepx.engine.experiment import Mean
from deepx.engine.program import Program
from deepx.engine.replicated import replicated


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """By seed, and whether the data is the host's: what one device has learnt in the end."""

    @functools.cache
    def carry(seed: int, host: bool):
        run = dataclasses.replace(toy.RUN, seed=seed)
        trained, _ = toy.run(toy.experiment(host=host), tmp_path_factory.mktemp("alone"), run)
        return jax.device_get(trained.carry)

    return carry


def test_a_mean_is_a_sum_and_a_count():
    mean = Mean.of(jnp.array([1.0, 2.0, 30.0]), jnp.array([1.0, 1.0, 0.0]))
    assert (float(mean.total), float(mean.count)) == (3.0, 2.0)


def test_evaluation_counts_every_example_once():
    # 11 examples in batches of 4: the mean of batch means would weigh the last three too heavily.
    made = toy.experiment()
    program = Program(made, toy.RUN, jax.devices()[:1])
    state = program.init().state
    data = toy.examples(11, 1)
    expected = np.mean((data["x"] @ np.asarray(state.params["w"]) - data["y"]) ** 2)
    np.testing.assert_allclose(program.evaluate(state, "valid", made.eval_data["valid"])["error"], expected, rtol=1e-6)


@functools.partial(jax.jit, static_argnums=1)
def permutation(key, n):
    places = jnp.arange(n, dtype=jnp.uint32)
    return jax.vmap(lambda place: permuted(round_keys(key), place, n))(places)


@hypothesis.given(n=st.integers(1, 300), seed=st.integers(0, 2**31 - 1))
@hypothesis.example(n=1, seed=0)
@hypothesis.example(n=256, seed=1)  # a power of 2, and one more: where numbers get another bit
@hypothesis.example(n=257, seed=2)
@hypothesis.settings(max_examples=8, derandomize=True)  # each is a program of its own
def test_permuted_is_a_permutation(n, seed):
    places = permutation(jax.random.key(seed), n)
    assert sorted(places.tolist()) == list(range(n))


def test_permutations_differ_and_look_random():
    orders = [np.array(permutation(jax.random.key(k), 1000)) for k in range(20)]
    assert abs(np.mean([np.corrcoef(order, np.arange(1000))[0, 1] for order in orders])) < 0.03
    fixed = np.mean([(order == np.arange(1000)).sum() for order in orders])
    assert fixed < 3  # a random permutation keeps one place on average


def test_an_epoch_visits_every_example_once_across_batch_borders():
    data = epochs({"i": jnp.arange(10)}, batch_size=4)
    sample = jax.jit(data.sample)
    seen = np.concatenate([sample(data.arrays, jax.random.key(0), i)["i"] for i in range(5)])
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10].tolist() != seen[10:].tolist()


def test_training_learns_and_compiles_once(tmp_path):
    compiled = collections.Counter()
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, _, **about: compiled.update([about.get("fun_name")]) if "backend_compile" in event else None
    )
    run = dataclasses.replace(toy.RUN, steps=400, log_every=100, eval_every=100, checkpoint_every=100)
    toy.run(toy.experiment(), tmp_path, run)
    rows = log.read(tmp_path)
    assert [row["step"] for row in rows if row["split"] == "train"] == [100, 200, 300, 400]
    assert [row for row in rows if row["split"] == "valid"][-1]["values"]["error"] < 0.01
    assert compiled["jit(_steps)"] == compiled["jit(_evaluate_device)"] == 1, compiled


@pytest.mark.parametrize("host", [False, True])
def test_eight_devices_compute_what_one_does(tmp_path, host, alone):
    eight, program = toy.run(toy.experiment(host=host), tmp_path, devices=8)
    assert len(jax.tree.leaves(eight.carry.state)[0].sharding.device_set) == 8
    chex.assert_trees_all_close(alone(toy.RUN.seed, host), jax.device_get(eight.carry), rtol=1e-5)
    batch = jax.eval_shape(lambda: program.batch_at(0))
    assert batch["x"].shape == (8, 3)


@pytest.mark.parametrize(("devices", "in_turn"), [(1, False), (2, False), (4, False), (1, True), (2, True)])
def test_replicas_are_single_runs(tmp_path, devices, in_turn, alone):
    run = dataclasses.replace(toy.RUN, replicas=4)
    made = replicated(toy.experiment()._replace(in_turn=in_turn), 4)
    several, _ = toy.run(made, tmp_path / "all", run, devices=devices)
    for i, seed in enumerate(run.seeds):
        one_of = jax.tree.map(lambda a, i=i: np.asarray(a)[i], several.carry.state)
        chex.assert_trees_all_close(one_of, alone(seed, False).state, rtol=1e-5)
    row = log.read(tmp_path / "all")[0]
    assert len(row["values"]["loss"]) == 4


def test_replicas_share_what_the_host_reads(tmp_path, alone):
    run = dataclasses.replace(toy.RUN, replicas=2)
    several, _ = toy.run(replicated(toy.experiment(host=True), 2), tmp_path, run)
    first = jax.tree.map(lambda a: np.asarray(a)[0], several.carry.state)
    # The first seed reads the same batches.
    chex.assert_trees_all_close(first, alone(toy.RUN.seed, True).state, rtol=1e-5)


def test_evaluation_data_is_the_same_for_every_seed():
    made = toy.experiment()._replace(
        eval_data={"fresh": generated(lambda key: {"x": jax.random.normal(key, (4, 3)), "y": jnp.zeros(4)}, 2)},
        eval_step=lambda state, batch: {"x": Mean.of(batch["x"])},
    )
    programs = [Program(made, dataclasses.replace(toy.RUN, seed=seed), jax.devices()[:1]) for seed in (0, 1)]
    a, b = (p.evaluate(p.init().state, "fresh", made.eval_data["fresh"])["x"] for p in programs)
    assert a == b


def test_streams_of_keys_are_distinct():
    names = ("init", "train", "data", "report")
    drawn = {tuple(jax.random.key_data(keys.stream([s], n, replicated=False)).tolist()) for s in (0, 1) for n in names}
    assert len(drawn) == 8
    stacked = keys.stream([4, 5], "data", replicated=True)
    assert jnp.all(stacked[1] == keys.stream([5], "data", replicated=False))
    assert jnp.all(keys.at_step(stacked, jnp.int32(7))[0] == keys.at_step(stacked[0], jnp.int32(7)))


def test_every_step_has_its_own_key(tmp_path):
    def step(state, batch, key):
        return state, {"drawn": Mean.of(jax.random.uniform(key))}

    toy.run(toy.experiment()._replace(train_step=step), tmp_path, dataclasses.replace(toy.RUN, steps=8, log_every=4))
    stream = keys.stream([toy.RUN.seed], "train", replicated=False)
    drawn = np.array([jax.random.uniform(jax.random.fold_in(stream, i)) for i in range(8)])
    logged = [row["values"]["drawn"] for row in log.read(tmp_path) if row["split"] == "train"]
    np.testing.assert_allclose(logged, drawn.reshape(2, 4).mean(1), rtol=1e-6)


def test_a_batch_that_does_not_divide_over_the_devices_is_told(tmp_path):
    with pytest.raises(UserError, match="batch of 6 does not divide over 4 devices"):
        Program(toy.experiment(batch=6), toy.RUN, jax.devices()[:4])


def test_evaluation_data_need_not_divide(tmp_path):
    made = toy.experiment()
    odd = one_pass(toy.examples(10, 1), 5)
    values = [Program(made, toy.RUN, jax.devices()[:n]) for n in (1, 4)]
    one, four = (p.evaluate(p.init().state, "odd", odd)["error"] for p in values)
    np.testing.assert_allclose(one, four, rtol=1e-6)


def test_steps_of_one_call_or_many_are_the_same_steps(tmp_path, alone):
    many, _ = toy.run(toy.experiment(), tmp_path, dataclasses.replace(toy.RUN, steps_per_call=1))
    chex.assert_trees_all_close(jax.device_get(many.carry), alone(toy.RUN.seed, False), rtol=1e-6)


def test_rows_are_json_and_hold_what_was_averaged(tmp_path):
    toy.run(toy.experiment(), tmp_path)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    steps = [(row["step"], row["split"]) for row in map(json.loads, lines)]
    assert steps == [(8, "train"), (12, "valid"), (16, "train"), (24, "train"), (24, "valid")]
    assert any((tmp_path / "tb").iterdir())


def test_rows_are_read_while_the_next_one_is_written(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"st')
    assert log.read(tmp_path) == [{"step": 1}, {"step": 2}]
    assert log.read(tmp_path / "nowhere") == []


def test_metric_names():
    assert log.metric_name("error", "test") == "test_error"
    assert log.metric_name("bits_per_sequence", "len20") == "bits_per_sequence/len20"


def test_the_step_is_compiled_while_the_first_state_is_made(tmp_path):
    made, begun, met = toy.experiment(), threading.Event(), []

    def init(key):
        met.append(begun.wait(10 * len(met)))  # at first, its shapes are asked for
        return made.init(key)

    def train_step(*arguments):
        begun.set()
        return made.train_step(*arguments)

    toy.run(made._replace(init=init, train_step=train_step), tmp_path)
    assert met == [False, True]


def test_device_data_is_not_baked_into_the_program():
    arrays = {"x": jnp.ones((1000, 3)), "y": jnp.ones(1000)}
    made = toy.experiment()._replace(train_data=epochs(arrays, 8))
    program = Program(made, toy.RUN, jax.devices()[:1])
    carry = program.init()
    program.dispatch(carry, 0, next(program.feed(0)))
    assert "1000x3xf32> {" in program._dispatch.result().as_text() or "1000,3" in program._dispatch.result().as_text()
    assert isinstance(made.train_data, DeviceData)
