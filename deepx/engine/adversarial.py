"""The game of two networks, algorithm 1 of Goodfellow et al. 2014 (arXiv 1406.2661): what `supervised` is for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import optax

from deepx.engine.experiment import Array, Batch, Key, Mean, Metrics
from deepx.engine.parallel import averaged_over_replicas
from deepx.engine.supervised import Descent, TrainState
from deepx.nn import adversarial as game
from deepx.nn.adversarial import GenDisc

# params, stats, batch, key -> scalar, (new stats, metrics)
Loss = Callable[[GenDisc, GenDisc, Batch, Key], tuple[Array, tuple[GenDisc, Metrics]]]


def adversarial(
    init: Callable[[Key], tuple[GenDisc, GenDisc]],
    losses: GenDisc,
    optimizers: GenDisc,
    discriminator_steps: int = 1,
) -> Descent:
    """Alternating descent: a training step is k discriminator steps and one generator step, each with a key of its own.

    Parameters, statistics and the optimisers' states of the `TrainState` are a `GenDisc` each.

    init:    key -> params, stats.
    losses:  a `Loss` each, of which the discriminator's is differentiated by params.disc only, the generator's by
             params.gen only. What passes write into batch statistics is what a loss returns as new stats.
    discriminator_steps: k. The batch holds k parts of equal length, one for each of these steps; the generator's step
             is given the last. Raises ValueError unless the batch divides so.

    Adds the metrics `gradient_norm/disc` and `gradient_norm/gen`, before any clipping.
    """

    def start(key: Key) -> TrainState:
        params, stats = init(key)
        return TrainState(params, stats, GenDisc(*(o.init(p) for o, p in zip(optimizers, params, strict=True))))

    def parts(batch: Batch) -> list[Batch]:
        sizes = {len(leaf) for leaf in jax.tree.leaves(batch)}
        if any(size % discriminator_steps for size in sizes):
            raise ValueError(f"a batch of {max(sizes)} does not divide into {discriminator_steps} discriminator steps")
        stacked = jax.tree.map(lambda a: a.reshape(discriminator_steps, -1, *a.shape[1:]), batch)
        return [jax.tree.map(lambda a, i=i: a[i], stacked) for i in range(discriminator_steps)]

    def differentiate(player: str, state: TrainState, batch: Batch, key: Key):
        def loss(own):
            return getattr(losses, player)(state.params._replace(**{player: own}), state.stats, batch, key)

        gradients, (stats, metrics) = jax.grad(loss, has_aux=True)(getattr(state.params, player))
        return *averaged_over_replicas((gradients, stats)), metrics

    def move(player: str, state: TrainState, batch: Batch, key: Key) -> tuple[TrainState, Metrics]:
        gradients, stats, metrics = differentiate(player, state, batch, key)
        params, optimizer = getattr(state.params, player), getattr(state.optimizer, player)
        updates, optimizer = getattr(optimizers, player).update(gradients, optimizer, params)
        moved = TrainState(
            state.params._replace(**{player: optax.apply_updates(params, updates)}),
            stats,
            state.optimizer._replace(**{player: optimizer}),
        )
        return moved, {**metrics, f"gradient_norm/{player}": Mean.of(optax.tree.norm(gradients))}

    def train_step(state: TrainState, batch: Batch, key: Key) -> tuple[TrainState, Metrics]:
        *of_disc, of_gen = jax.random.split(key, discriminator_steps + 1)
        of_steps = parts(batch)
        rows = []
        for part, of_step in zip(of_steps, of_disc, strict=True):
            state, metrics = move("disc", state, part, of_step)
            rows.append(metrics)
        state, of_game = move("gen", state, of_steps[-1], of_gen)
        return state, {**jax.tree.map(lambda *sums: sum(sums), *rows), **of_game}

    def gradients(state: TrainState, batch: Batch, key: Key) -> GenDisc:
        """Both players', at the state that the step begins with, of the last part of the batch."""
        keys = jax.random.split(key, discriminator_steps + 1)
        last = parts(batch)[-1]
        return GenDisc(
            gen=differentiate("gen", state, last, keys[-1])[0], disc=differentiate("disc", state, last, keys[-2])[0]
        )

    return Descent(start, train_step, gradients)


def generator_of(state: TrainState) -> tuple[Any, Any]:
    """The generator's parameters and batch statistics: what is averaged over steps."""
    return state.params.gen, state.stats.gen


def with_generator(state: TrainState, part: tuple[Any, Any]) -> TrainState:
    """The state with another generator, as of `generator_of`."""
    params, stats = part
    return state._replace(params=state.params._replace(gen=params), stats=state.stats._replace(gen=stats))


def watched(real_N: Array, fake_N: Array) -> Metrics:
    """What one sees of the game in the discriminator's logits: its value (nats), and how often it is right (%).

    `d_real` and `d_fake` are the mean probabilities D(x) and D(G(z)).
    """
    return {
        "value": Mean.of(game.value(real_N, fake_N)),
        "d_real": Mean.of(jax.nn.sigmoid(real_N)),
        "d_fake": Mean.of(jax.nn.sigmoid(fake_N)),
        "right/real": Mean.of(100.0 * (real_N > 0)),
        "right/fake": Mean.of(100.0 * (fake_N < 0)),
    }
