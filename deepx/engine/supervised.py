"""Gradient descent on one loss: the state and step that every experiment with a single optimiser shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import optax

from deepx.engine.experiment import Array, Batch, Key, Mean, Metrics
from deepx.engine.parallel import averaged_over_replicas


class TrainState(NamedTuple):
    """Parameters; statistics the forward pass writes (batch normalisation's, or ()); the optimiser's state."""

    params: Any
    stats: Any
    optimizer: Any


class Descent(NamedTuple):
    """The three functions of an `Experiment` that follow from a loss and an optimiser."""

    init: Callable[[Key], TrainState]
    train_step: Callable[[TrainState, Batch, Key], tuple[TrainState, Metrics]]
    gradients: Callable[[TrainState, Batch, Key], Any]


def supervised(
    init: Callable[[Key], tuple[Any, Any]],
    loss: Callable[[Any, Any, Batch, Key], tuple[Array, tuple[Any, Metrics]]],
    optimizer: optax.GradientTransformation,
) -> Descent:
    """Gradient descent on `loss`.

    init:  key -> params, stats.
    loss:  params, stats, batch, key -> scalar, (new stats, metrics).
    The step adds the metric `gradient_norm`, the global norm before any clipping.
    """
    return descent(init, jax.grad(loss, has_aux=True), optimizer)


def descent(
    init: Callable[[Key], tuple[Any, Any]],
    gradients: Callable[[Any, Any, Batch, Key], tuple[Any, tuple[Any, Metrics]]],
    optimizer: optax.GradientTransformation,
) -> Descent:
    """As `supervised`, of an experiment that differentiates by itself.

    gradients:  params, stats, batch, key -> gradients like params, (new stats, metrics).
    """

    def averaged(state: TrainState, batch: Batch, key: Key) -> tuple[Any, Any, Metrics]:
        of_loss, (stats, metrics) = gradients(state.params, state.stats, batch, key)
        return *averaged_over_replicas((of_loss, stats)), metrics

    def start(key: Key) -> TrainState:
        params, stats = init(key)
        return TrainState(params, stats, optimizer.init(params))

    def train_step(state: TrainState, batch: Batch, key: Key) -> tuple[TrainState, Metrics]:
        of_loss, stats, metrics = averaged(state, batch, key)
        updates, optimizer_state = optimizer.update(of_loss, state.optimizer, state.params)
        norm = Mean.of(optax.tree.norm(of_loss))
        params = optax.apply_updates(state.params, updates)
        return TrainState(params, stats, optimizer_state), {**metrics, "gradient_norm": norm}

    return Descent(start, train_step, lambda state, batch, key: averaged(state, batch, key)[0])
