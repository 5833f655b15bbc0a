"""A net that begins as the shallower one that a run trained: `config.grown_from`."""

import jax
import numpy as np
import pytest
import toy

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir
from experiments import reproduce, resnet


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


def test_a_run_that_is_not_there_is_told():
    config = smoke("cifar10_resnet20", depth=14)
    config.grown_from = "runs/nowhere"
    with pytest.raises(UserError, match="runs/nowhere holds no run"):
        resnet.build(config)
