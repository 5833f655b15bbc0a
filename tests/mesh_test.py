"""A mesh of devices: what lies where, that every mesh computes the same, and what is said of one that cannot be."""

import dataclasses
import re

import chex
import jax
import jax.numpy as jnp
import pytest
import toy
import words
from jax.sharding import PartitionSpec as P
from ml_collections import ConfigDict
from resume_test import After

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.errors import UserError
from deepx.engine.loop import Interrupted
from deepx.engine.mesh import mesh_of, of_state
from deepx.engine.program import Program
from deepx.engine.replicated import replicated
from deepx.engine.workdir import Workdir

MESHES = [(1, False), (1, True), (2, False), (4, True), (8, False)]  # devices along `model`, of 8; shard_state


def run_of(model=1, shard=False, **changes):
    return dataclasses.replace(toy.RUN, mesh={"data": 0, "model": model}, shard_state=shard, **changes)


def program_of(model=1, shard=False, made=None, devices=8, **changes):
    return Program(made or words.experiment(), run_of(model, shard, **changes), jax.devices()[:devices])


def dispatched(program, carry=None, start=0):
    return program.dispatch(program.init() if carry is None else carry, start, next(program.feed(start)))


def specs(shapes, split, **how):
    mesh = mesh_of({"data": 0, "model": 2}, jax.devices())
    shapes = {name: jax.ShapeDtypeStruct(shape, jnp.float32) for name, shape in shapes.items()}
    shardings = of_state(mesh, shapes, split, **({"replicas": None, "shard": False} | how))
    return {name: sharding.spec for name, sharding in shardings.items()}


def test_what_is_split_lies_along_model_and_the_rest_on_every_device():
    shapes = {"kernel": (3, 8), "a_kernel": (3, 8), "step": ()}
    assert specs(shapes, {"kernel": -1}) == {"kernel": P(None, "model"), "a_kernel": P(None, None), "step": P()}
    assert specs({"kernel": (5, 3, 8)}, {"kernel": -1}, replicas="whole") == {"kernel": P(None, None, "model")}
    assert specs({"kernel": (4, 3, 8)}, {"kernel": -1}, replicas="shared") == {"kernel": P("data", None, "model")}


def test_a_sharded_state_lies_along_data_on_the_longest_axis_that_divides():
    shapes = {"kernel": (16, 8), "long": (4, 30), "deep": (4, 8), "odd": (3, 5), "step": ()}
    found = specs(shapes, {"kernel": 0}, shard=True)
    assert found["kernel"] == P("model", "data")
    assert found["long"] == P("data", None)  # 30 is longer, but no multiple of 4
    assert found["deep"] == P(None, "data")
    assert found["odd"] == P(None, None) and found["step"] == P()
    replicas = specs({"kernel": (8, 4, 2)}, {"kernel": -1}, shard=True, replicas="whole")
    assert replicas["kernel"] == P(None, "data", "model")


@pytest.fixture(scope="module")
def alone():
    return jax.device_get(dispatched(program_of(devices=1)))


@pytest.mark.parametrize(("model", "shard"), MESHES)
def test_every_mesh_computes_what_one_device_does(alone, model, shard):
    program = program_of(model, shard)
    chex.assert_trees_all_equal(jax.device_get(program.init()), jax.device_get(program_of(devices=1).init()))
    carry, outcome = dispatched(program)
    chex.assert_trees_all_close((jax.device_get(carry), jax.device_get(outcome)), alone, rtol=1e-4, atol=1e-6)
    one = Program(words.experiment(), toy.RUN, jax.devices()[:1])
    losses = [p.validate(jax.device_put(jax.device_get(carry.state)))["valid"]["loss"] for p in (program, one)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize(("model", "shard"), MESHES)
def test_a_device_holds_its_part_of_parameters_and_optimiser(model, shard):
    state = dispatched(program_of(model, shard))[0].state
    parts = 8 if shard else model
    for tree in (state.params, state.optimizer[0].mu, state.optimizer[0].nu):
        kernel, embeddings = tree["output"]["kernel"], tree["words_VE"]
        assert kernel.addressable_shards[0].data.size == kernel.size // parts
        assert embeddings.addressable_shards[0].data.size == embeddings.size // parts


@pytest.mark.parametrize("rows", [None, 16])
def test_nothing_as_long_as_the_vocabulary_is_on_any_device(rows):
    """Neither logits nor a matrix is gathered, forwards or backwards, and no device has rows of another's examples."""
    program = program_of(4, made=words.experiment(rows=rows))
    dispatched(program)
    text = program._dispatch.result().as_text()
    shapes = {tuple(map(int, found.split(","))) for found in re.findall(r"\w\d+\[([\d,]+)\]", text)}
    parameters = {(words.WORDS // 4, words.WIDTH), (words.WIDTH, words.WORDS // 4)}
    assert parameters <= shapes and "all-gather" not in text
    assert not [shape for shape in shapes if words.WORDS in shape]
    all_rows = {words.BATCH * words.LENGTH, rows}
    assert not [shape for shape in shapes if words.WORDS // 4 in shape and all_rows & set(shape)]


@pytest.mark.parametrize(("saved", "restored"), [((1, True, 8), (1, False, 1)), ((1, False, 1), (2, True, 8))])
def test_a_checkpoint_is_read_on_another_mesh(tmp_path, saved, restored):
    (model, shard, devices), (other_model, other_shard, other_devices) = saved, restored
    before = program_of(model, shard, devices=devices)
    carry, _ = dispatched(before)
    checkpoints = Checkpoints(tmp_path, before.run)
    checkpoints.save(carry, {})
    checkpoints.wait()
    after = program_of(other_model, other_shard, devices=other_devices)
    again = checkpoints.newest(after.abstract(), print).carry
    checkpoints.close()
    chex.assert_trees_all_equal(jax.device_get(again), jax.device_get(carry))
    kernel = again.state.optimizer[0].mu["output"]["kernel"]
    assert len(kernel.sharding.device_set) == other_devices
    assert kernel.addressable_shards[0].data.size == kernel.size // (other_devices if other_shard else other_model)
    went_on = [jax.device_get(dispatched(p, c, 4)) for p, c in ((before, carry), (after, again))]
    chex.assert_trees_all_close(*went_on, rtol=1e-4, atol=1e-6)


def test_a_run_goes_on_on_another_mesh(tmp_path):
    whole, _ = toy.run(words.experiment(), tmp_path / "whole", run_of())
    with pytest.raises(Interrupted):
        toy.run(words.experiment(), tmp_path / "parts", run_of(2, True), devices=8, interrupt=After(2))
    parts, _ = toy.run(words.experiment(), tmp_path / "parts", run_of(1, True), devices=4)
    chex.assert_trees_all_close(jax.device_get(whole.carry), jax.device_get(parts.carry), rtol=1e-3, atol=1e-5)


def test_a_work_directory_takes_another_mesh_but_not_another_computation(tmp_path):
    section = dataclasses.asdict(run_of())
    Workdir(tmp_path).claim(ConfigDict({"run": section}))
    other = ConfigDict({"run": dataclasses.asdict(run_of(2, True))})
    Workdir(tmp_path).check(other)
    with pytest.raises(UserError, match="run.parallel: 'jit' there, 'pmap' now"):
        Workdir(tmp_path).check(ConfigDict({"run": section | {"parallel": "pmap"}}))


@pytest.mark.parametrize(("replicas", "in_turn"), [(4, False), (3, True)])
def test_replicas_on_a_mesh(replicas, in_turn):
    made = replicated(words.experiment()._replace(in_turn=in_turn), replicas)
    eight, one = (
        jax.device_get(dispatched(program_of(model, shard, made, devices, replicas=replicas)))
        for model, shard, devices in ((2, True, 8), (1, False, 1))
    )
    chex.assert_trees_all_close(eight, one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "made", "said"),
    [
        ({"mesh": {"data": 0, "model": 3}}, {}, "run.mesh.model is 3, which does not divide the number of devices, 8"),
        ({"mesh": {"data": 3, "model": 2}}, {}, r"run.mesh is 3 x 2 .* there are 8 devices. Use 6 .*--devices=6"),
        ({"mesh": {"data": 0, "model": 0}}, {}, "it must give data, 0 .all devices. or more, and model, 1 or more"),
        ({"mesh": {"data": 0}}, {}, "it must give data, 0 .all devices. or more, and model"),
        ({"mesh": {"data": 0, "model": 8}}, {"words": 100}, r"params/output/bias \[100\] does not divide over .* = 8"),
    ],
)
def test_a_mesh_that_cannot_be_is_told(changes, made, said):
    with pytest.raises(UserError, match=said):
        Program(words.experiment(**made), dataclasses.replace(toy.RUN, **changes), jax.devices())


def test_a_batch_must_divide_over_the_data_axis_only():
    program_of(2, made=words.experiment(batch=4))
    with pytest.raises(UserError, match="batch of 4 does not divide over 8 devices"):
        program_of(1, made=words.experiment(batch=4))


def test_a_model_axis_that_nothing_is_split_over_is_told():
    with pytest.raises(UserError, match="nothing that is shared out along that axis"):
        program_of(2, made=toy.experiment())
