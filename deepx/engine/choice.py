"""Flags that have one of a few values, and are answered with the nearest; what an experiment's --mode may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from absl import flags

from deepx.engine.errors import nearest

flags.disclaim_key_flags()  # a flag made here belongs to the module which asked for it: --help lists it there

MODES = ("train", "eval", "predict", "export", "replay")  # all but the first look at a run that is there


class Choice(flags.EnumParser):
    """Like absl's, but that its error suggests."""

    def parse(self, argument: str) -> str:
        try:
            return super().parse(argument)
        except ValueError as error:
            raise ValueError(f"{error}.{nearest(argument, self.enum_values)}") from None


def define(name: str, default: str | None, values: Sequence[str], told: str, **given: Any) -> flags.FlagHolder:
    """A flag of `values`, as `flags.DEFINE_enum` makes it. told: its help."""
    return flags.DEFINE(Choice(values), name, default, f"<{'|'.join(values)}>: {told}", **given)
