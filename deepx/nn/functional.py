"""Flax nets as pure functions: variables in; outputs and, in training, the new batch statistics out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
from flax import linen as nn

Key = jax.Array
Variables = Mapping[str, Any]  # {"params": ..., "batch_stats": ...}


def init(net: nn.Module, key: Key, *inputs: Any) -> Variables:
    """Fresh {"params", "batch_stats"} of a net called with (*inputs, train); without statistics the latter is empty."""
    return {"batch_stats": {}, **net.init(key, *inputs, train=False)}


def apply(net: nn.Module, variables: Variables, *inputs: Any, train: bool, key: Key | None = None) -> Any:
    """The net's output or, in training, (output, new batch_stats). key: of dropout, in nets that have it."""
    if not train:
        return net.apply(variables, *inputs, train=False)
    rngs = {} if key is None else {"dropout": key}
    output, updated = net.apply(variables, *inputs, train=True, mutable=["batch_stats"], rngs=rngs)
    return output, updated.get("batch_stats", {})
