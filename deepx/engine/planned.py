"""A program whose devices hold nothing and need not exist: for what can be known of a run before it is run."""

from __future__ import annotations

from typing import Any

import jax

from deepx.engine.program import Program


class Planned(Program):
    """A `Program` that is never run: its keys and data are shapes, so it can be traced, lowered and compiled only.

    devices: any that JAX can compile for; `jax.experimental.topologies` describes some that are not there.
    """

    def _placed(self, tree: Any) -> Any:
        shapes = jax.eval_shape(lambda t: t, tree)
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=self.whole), shapes)
