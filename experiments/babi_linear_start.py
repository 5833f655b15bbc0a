"""Linear start (Sukhbaatar et al. 2015, section 4.1): training begins without the softmax on the attention.

The softmax enters when the loss on validation questions has stalled for some epochs, and at the latest after a number
of them (the authors' program knows this number only: 20, and 30 in joint training). The loss is watched as training
goes: each step sees the next few validation questions, as many every epoch, and an epoch's sum is compared with the
least of the epochs before.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.engine.experiment import Array


class Stats(NamedTuple):
    """Whether training is linear still; steps taken; the validation loss of this epoch so far, the least of any epoch,
    and for how many epochs it has been the least."""

    linear: Array
    step: Array
    loss: Array
    least: Array
    stalled: Array


def begin(settings: ConfigDict) -> Stats:
    """Before the first step; without epochs of linear start, there is none."""
    none = jnp.zeros((), jnp.int32)
    return Stats(jnp.array(settings.epochs > 0), none, jnp.zeros(()), jnp.full((), 1e30, jnp.float32), none)


def after(settings: ConfigDict, stats: Stats, loss: Array, steps: int) -> Stats:
    """The next step's, this step having seen a validation loss; `steps` make an epoch."""
    step, loss = stats.step + 1, stats.loss + loss
    epoch_ends, better = step % steps == 0, loss < stats.least
    stalled = jnp.where(epoch_ends, jnp.where(better, 0, stats.stalled + 1), stats.stalled)
    return Stats(
        stats.linear & (stalled < settings.patience) & (step < settings.epochs * steps),
        step,
        jnp.where(epoch_ends, 0.0, loss),
        jnp.where(epoch_ends & better, loss, stats.least),
        stalled,
    )
