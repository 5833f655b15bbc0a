"""Gradient descent on one loss: the state and step that every experiment with a single optimiser shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from deepx.engine.experiment import Array, Batch, Key, Mean, Metrics, State
from deepx.engine.parallel import averaged_over_replicas

# params, stats, batch, key -> gradients like params, (new stats, metrics)
Gradients = Callable[[Any, Any, Batch, Key], tuple[Any, tuple[Any, Metrics]]]


class TrainState(NamedTuple):
    """Parameters; statistics the forward pass writes (batch normalisation's, or ()); the optimiser's state."""

    params: Any
    stats: Any
    optimizer: Any


class Descent(NamedTuple):
    """The three functions of an `Experiment` that follow from a loss and an optimiser."""

    init: Callable[[Key], State]
    train_step: Callable[[State, Batch, Key], tuple[State, Metrics]]
    gradients: Callable[[State, Batch, Key], Any]


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
    gradients: Gradients,
    optimizer: optax.GradientTransformation,
) -> Descent:
    """As `supervised`, of an experiment that differentiates by itself."""

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


def accumulated(gradients: Gradients, parts: int) -> Gradients:
    """`gradients` of so many equal parts of a batch, one after another: the memory of one part, the gradients of all.

    Losses must be means over examples: gradients, and statistics, are the means over the parts, metrics their sums.
    Batch normalisation sees a part at a time. A part has every `parts`-th example, so that devices that share out the
    batch have some of each. Raises ValueError unless the batch divides.
    """
    if parts == 1:
        return gradients

    def dealt(array: Array) -> Array:
        if len(array) % parts:
            raise ValueError(f"a batch of {len(array)} does not divide into {parts} parts")
        return array.reshape(-1, parts, *array.shape[1:]).swapaxes(0, 1)

    def mean(so_far: Array, new: Array) -> Array:
        return so_far + new / parts if jnp.issubdtype(new.dtype, jnp.inexact) else new

    def of_parts(params: Any, stats: Any, batch: Batch, key: Key) -> tuple[Any, tuple[Any, Metrics]]:
        def add(sums: Any, slot: tuple[Batch, Key]) -> tuple[Any, None]:
            (of_loss, stats_so_far), metrics = sums
            of_part, (new_stats, new_metrics) = gradients(params, stats, *slot)
            means = jax.tree.map(mean, (of_loss, stats_so_far), (of_part, new_stats))
            return (means, jax.tree.map(jnp.add, metrics, new_metrics)), None

        slots = jax.tree.map(dealt, batch), jax.random.split(key, parts)
        first = jax.tree.map(lambda a: a[0], slots)
        of_loss, (new_stats, metrics) = jax.eval_shape(gradients, params, stats, *first)
        zeros = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), ((of_loss, new_stats), metrics))
        ((of_loss, new_stats), metrics), _ = jax.lax.scan(add, zeros, slots)
        return of_loss, (new_stats, metrics)

    return of_parts
