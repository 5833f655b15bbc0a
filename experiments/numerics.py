"""How a step computes, in the configs that say so: `precision` of the network, `accumulate` parts of a batch."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.engine.errors import UserError

PRECISIONS = ("float32", "bfloat16")


def check(config: ConfigDict) -> None:
    """Raises UserError for a precision that there is not, and for a batch that does not divide."""
    if config.accumulate < 1 or config.batch_size % config.accumulate:
        raise UserError(f"accumulate is {config.accumulate}; batch_size {config.batch_size} must be a multiple of it.")
    if config.precision not in PRECISIONS:
        raise UserError(f"precision is {config.precision!r}; it must be one of {', '.join(PRECISIONS)}.")


def lowered(tree: Any, precision: str) -> Any:
    """Arrays in `precision`, for the forward and backward pass. Gradients arrive in the arrays' own type.

    What is kept (parameters, statistics, the optimiser's state) and the loss stay float32. bfloat16 has float32's
    range, so the loss needs no scaling (Micikevicius et al. 2018, arXiv 1710.03740, scale it for float16).
    """
    return jax.tree.map(lambda a: a.astype(jnp.dtype(precision)), tree)
