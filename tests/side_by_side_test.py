"""Several experiments in one program compute what each would compute alone."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from deepx.engine.program import Program
from deepx.engine.replicated import replicated
from deepx.engine.side_by_side import keys, side_by_side
from tests.toy import RUN, experiment


def test_each_is_trained_as_alone():
    one, other = experiment(batch=8), experiment(batch=4)
    both = side_by_side({"one": one, "other": other})
    key, data_key = jax.random.key(0), jax.random.key(1)
    state = both.init(key)
    batch = both.train_data.sample(both.train_data.arrays, data_key, 5)
    after, metrics = both.train_step(state, batch, jax.random.key(2))
    for name, alone in {"one": one, "other": other}.items():
        init, data, step = (keys(k, ["one", "other"])[name] for k in (key, data_key, jax.random.key(2)))
        expected = alone.train_data.sample(alone.train_data.arrays, data, 5)
        np.testing.assert_array_equal(batch[name]["x"], expected["x"])
        state_alone, metrics_alone = alone.train_step(alone.init(init), expected, step)
        jax.tree.map(np.testing.assert_array_equal, after[name], state_alone)
        np.testing.assert_array_equal(metrics[f"loss/{name}"].total, metrics_alone["loss"].total)
        gradients = both.gradients(state, batch, jax.random.key(2))[name]
        jax.tree.map(np.testing.assert_array_equal, gradients, alone.gradients(alone.init(init), expected, step))


def test_it_runs_replicated_and_measures_each():
    both = replicated(side_by_side({"one": experiment(), "other": experiment(batch=4)}), 3)
    program = Program(both, replace(RUN, replicas=3), jax.devices()[:1])
    carry, outcome = program.dispatch(program.init(), 0, next(program.feed(0)))
    assert int(outcome.step) == 4 and set(outcome.metrics) == {
        f"{metric}/{name}" for metric in ("loss", "gradient_norm") for name in ("one", "other")
    }
    measured = program.validate(carry.state)["valid"]
    assert measured["error/one"].shape == (3,) and not np.array_equal(measured["error/one"], measured["error/other"])


@pytest.mark.parametrize("batches, told", [(1, r"\[1, 3\]"), (None, r"\[3, None\]")])
def test_those_with_different_numbers_of_evaluation_batches_are_refused(batches, told):
    one = experiment()
    short = one.eval_data["valid"]._replace(batches=batches)
    with pytest.raises(ValueError, match=f"as many batches each, not {told}"):
        side_by_side({"one": one, "other": one._replace(eval_data={"valid": short})})
