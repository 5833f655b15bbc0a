"""Optimisers of the two players, from the `optimizer` section of a config."""

from __future__ import annotations

import optax
from ml_collections import ConfigDict

from deepx.engine.errors import UserError
from deepx.nn.adversarial import GenDisc


def optimizers(config: ConfigDict) -> GenDisc:
    """Adam or SGD with momentum for each player, at a rate that stays or falls linearly to 0 over `decay_steps`."""
    c = config.optimizer

    def one(learning_rate: float) -> optax.GradientTransformation:
        rate = (
            optax.linear_schedule(learning_rate, 0.0, c.decay_steps, c.decay_begin) if c.decay_steps else learning_rate
        )
        if c.name == "adam":
            return optax.adam(rate, b1=c.momentum)
        if c.name == "sgd":
            return optax.sgd(rate, momentum=c.momentum)
        raise UserError(f"optimizer.name is {c.name!r}; it must be 'adam' or 'sgd'.")

    return GenDisc(gen=one(c.learning_rate), disc=one(c.disc_factor * c.learning_rate))
