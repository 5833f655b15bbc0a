"""Runs of configs, as training would make them, for measurements of the engine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import jax

from deepx.engine import config as configuration
from deepx.engine.experiment import Experiment
from deepx.engine.program import Program
from deepx.engine.run import Run
from experiments import reproduce
from experiments.plan import built


class Built(NamedTuple):
    experiment: Experiment
    run: Run

    def program(self) -> Program:
        """Over all devices."""
        return Program(self.experiment, self.run, jax.devices())


def built_of(name: str) -> Built:
    """The run of a benchmark, 'ntm/copy:cpu'; its variant is `cpu` unless said. Raises UserError."""
    benchmark, variant = reproduce.named_variant(name)
    return Built(*built(configuration.load(reproduce.CONFIGS / f"{benchmark}.py", variant)))


class Rows:
    """A study's table, whose rows are printed as soon as they are known: some take minutes."""

    def __init__(self, names: Sequence[str], *columns: str, width: int = 0):
        """names: what the rows are of. columns: titles of the others, each at least `width` wide."""
        self._first = max(map(len, names))
        self._widths = [max(width, len(title)) for title in columns]
        self.add("", *columns)

    def add(self, name: str, *cells: str) -> None:
        """Prints a row."""
        told = (f"{cell:>{width}}" for cell, width in zip(cells, self._widths, strict=True))
        print(f"{name:{self._first}}", *told, sep="  ", flush=True)


def names_given(study: str, about: str, names: Sequence[str]) -> Sequence[str]:
    """The benchmarks that the command line of a study names; `names` where it names none."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=f"bench {study}", description=about, formatter_class=layout)
    parser.add_argument("names", nargs="*", default=names, help="benchmarks, as " + " ".join(names))
    return parser.parse_args().names
