"""A judge of what a generator makes: a classifier that learns beside the game, from the real examples of each step.

It never sees a generated one while it learns. It is in the checkpoint like everything else; early in a run it judges
badly, and `judge_error` on held-out examples says how badly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import optax

from deepx.engine.experiment import Array, Batch, Key, Mean
from deepx.engine.supervised import Descent, TrainState, supervised
from deepx.models import attribute_classifier

LEARNING_RATE = 1e-3


class Judged(NamedTuple):
    """The state of a game, and of its judge."""

    game: TrainState
    judge: TrainState

    @property
    def params(self):
        return self.game.params

    @property
    def verdicts(self) -> Mapping[str, Any]:
        """The judge's variables."""
        return {"params": self.judge.params, "batch_stats": self.judge.stats}


def judged(
    game: Descent, config: attribute_classifier.Config, real: Callable[[Batch], tuple[Array, Mapping[str, Array]]]
) -> Descent:
    """`game` with a judge. real: a training batch -> images in [-1, 1], and their classes [N] by attribute."""

    def init(key: Key):
        variables = attribute_classifier.init(key, config)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key: Key) -> tuple[Array, Any]:
        images, classes = real(batch)
        variables = {"params": params, "batch_stats": stats}
        logits, stats = attribute_classifier.apply(config, variables, images, train=True)
        losses = {
            name: optax.softmax_cross_entropy_with_integer_labels(logits[name], classes[name]) for name in classes
        }
        total = sum(each.mean() for each in losses.values())
        return total, (stats, {})  # pyrefly: ignore[bad-return]  # never a sum of nothing

    descent = supervised(init, loss, optax.adam(LEARNING_RATE))

    def start(key: Key) -> Judged:
        of_game, of_judge = jax.random.split(key)
        return Judged(game.init(of_game), descent.init(of_judge))

    def train_step(state: Judged, batch: Batch, key: Key):
        played, metrics = game.train_step(state.game, batch, key)
        judge, _ = descent.train_step(state.judge, batch, key)
        return Judged(played, judge), metrics

    return Descent(start, train_step, lambda state, batch, key: game.gradients(state.game, batch, key))


def judge_error(
    config: attribute_classifier.Config, state: Judged, images: Array, classes: Mapping[str, Array], mask: Array
) -> dict[str, Mean]:
    """How often the judge is wrong about real examples, in percent: a lower bound of any error it reports."""
    right = attribute_classifier.right(attribute_classifier.apply(config, state.verdicts, images), classes)
    return {
        f"judge_error/{name}" if len(right) > 1 else "judge_error": Mean.of(100.0 * ~of, mask)
        for name, of in right.items()
    }
