"""An exponential average of parameters over steps, with which a net is tested: a transform of the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.engine.experiment import Array, Experiment


class Averaged(NamedTuple):
    """The state that trains, the average of a part of it, and over how many steps that was taken."""

    state: Any
    average: Any
    steps: Array


def averaged(
    experiment: Experiment, decay: float, part: Callable[[Any], Any], put: Callable[[Any, Any], Any]
) -> Experiment:
    """`experiment`, evaluated, watched, reported and used with an average of `part(state)` in its place.

    After step t (from 0): average <- d average + (1 - d) part, d = min(decay, (1 + t) / (10 + t)), so that the average
    soon forgets the first state, with which it begins.

    put: state, part -> the state with that part.
    """

    def init(key):
        state = experiment.init(key)
        average = jax.tree.map(jnp.copy, part(state))  # a copy: both are donated
        return Averaged(state, average, jnp.zeros((), jnp.int32))

    def train_step(both: Averaged, batch, key):
        state, metrics = experiment.train_step(both.state, batch, key)
        d = jnp.minimum(decay, (1 + both.steps) / (10 + both.steps))
        average = jax.tree.map(lambda old, new: d * old + (1 - d) * new, both.average, part(state))
        return Averaged(state, average, both.steps + 1), metrics

    def with_average(function):
        return function and (lambda both, *others: function(put(both.state, both.average), *others))

    watch = experiment.watch
    return experiment._replace(
        init=init,
        train_step=train_step,
        eval_step=with_average(experiment.eval_step),
        gradients=experiment.gradients and (lambda both, batch, key: experiment.gradients(both.state, batch, key)),
        report=with_average(experiment.report),
        predict=with_average(experiment.predict),
        serve=with_average(experiment.serve),
        watch=watch and watch._replace(look=with_average(watch.look)),
    )
