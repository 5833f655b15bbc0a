"""A net that begins as the shallower one that a run trained: `config.grown_from`."""

import grain
import jax
import numpy as np
import pytest
import toy

from deepx.engine.config import load
from deepx.engine.data import HostData, first_batch
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir
from experiments import reproduce, resnet
from experiments.image_sets import image_set
from experiments.nets import net_of


def smoke(name, **model):
    config = load(reproduce.CONFIGS / f"resnet/{name}.py", "smoke").unlock()
    config.run.steps = config.run.eval_every = config.run.log_every = config.run.checkpoint_every = 3
    config.model.update(model)
    return config


@pytest.mark.parametrize("name", ["cifar10_resnet20", "cifar10_plain20"])
def test_the_deeper_net_begins_with_the_errors_of_the_shallower(name, tmp_path):
    shallow, deep = smoke(name), smoke(name, depth=14)
    Workdir(tmp_path).claim(shallow)
    trained, program = toy.run(resnet.build(shallow), tmp_path, Run(**shallow.run))
    deep.grown_from = str(tmp_path)
    grown = Program(resnet.build(deep), Run(**deep.run), jax.devices()[:1])
    begun = grown.init()
    assert len(jax.tree.leaves(begun.state.params)) > len(jax.tree.leaves(trained.carry.state.params))
    theirs, ours = program.validate(trained.carry.state)["valid"], grown.validate(begun.state)["valid"]
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-4)
    assert ours["error"] == theirs["error"]


def test_a_plain_net_is_grown_by_images_that_the_host_reads(monkeypatch):
    shallow, deep = smoke("cifar10_plain20"), smoke("cifar10_plain20", depth=14)
    on_device = image_set(shallow)
    batch = jax.device_get(first_batch(on_device.valid))
    read = on_device._replace(valid=HostData(lambda seed: grain.MapDataset.source([batch])))
    monkeypatch.setattr(resnet, "trained", lambda *_: (shallow, {}))
    monkeypatch.setattr(resnet.deepen, "deepened", lambda key, config, variables, deeper, images: images)
    seen = [resnet.grown(deep, net_of(deep.model), sets)(jax.random.key(1)) for sets in (on_device, read)]
    assert seen[0].shape == (*batch["label"].shape, *on_device.shape)
    np.testing.assert_array_equal(*seen)


def test_a_run_that_is_not_there_is_told():
    config = smoke("cifar10_resnet20", depth=14)
    config.grown_from = "runs/nowhere"
    with pytest.raises(UserError, match="runs/nowhere holds no run"):
        resnet.build(config)
