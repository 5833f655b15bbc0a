"""`./scripts/lesions`: what nets lose with their blocks, and by which paths they learn (Veit 2016, figures 3 to 6).

    ./scripts/lesions ResNet=runs/resnet/cifar10_resnet20 VGG=runs/resnet/cifar10_vgg --out=lesions
    ./scripts/lesions ResNet-56=resnet/cifar10_resnet56:resnet56.npz  of ./scripts/convert_weights
    ./scripts/lesions runs/resnet/cifar10_vgg --images=1000 --out=first   a quick look

A net is the work directory of a run, or a config's name with a file of weights; NAME= is what figures call it. Draws
deletions.png (each block deleted), random_deletions.png (several), shuffles.png (blocks in another order) and paths.png
(the gradient by length of path), each with the numbers behind it as .npz. Nets without shortcuts have the first only,
and nets in which no two blocks can change places no shuffles.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure as Picture
from ml_collections import ConfigDict

from deepx.analysis import lesion_figures, lesions, paths, shuffles
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.engine import config as configuration
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.engine.progress import shown
from deepx.engine.usage import fitted
from deepx.nn.cpu import kernels
from deepx.nn.residual import along, gated, switched
from experiments import image_sets, trained_nets
from experiments.nets import Net, Regime, blocks_of, net_of, regime_of
from experiments.reproduce import CONFIGS
from experiments.trained_nets import TrainedNet

PICTURES = ("deletions", "random_deletions", "shuffles", "paths")
BATCH = 50  # images in one call of a program, for all lesions of a figure


class Subject(NamedTuple):
    """A trained net on the table. images, labels: of the test set, normalised as it expects."""

    net: Net
    regime: Regime
    blocks: lesions.Blocks
    variables: Any
    images: Array
    labels: Array
    classes: int

    @property
    def has_paths(self) -> bool:
        """Whether something leads around the blocks as long as the net is whole."""
        return self.blocks.bypassed and getattr(self.net.config, "residual", True)


def subject(text: str, images: int) -> tuple[str, Subject]:
    """Of '[NAME=]WORKDIR' or '[NAME=]BENCHMARK:FILE.npz', with its name.

    Raises UserError, ValueError, DataNotPrepared, DataCorrupt.
    """
    name, _, where = text.rpartition("=")
    benchmark, _, file = where.partition(":")
    if not file:
        return name or where, of_run(Path(where), images)
    if not (path := CONFIGS / f"{benchmark}.py").is_file():
        raise UserError(f"There is no config {benchmark!r} in configs/, which is to say what net {file} holds.")
    if not Path(file).is_file():
        raise UserError(f"There is no file {file}. scripts/convert_weights makes such from PyTorch's.")
    config = configuration.load(path, "paper")
    return name or where, on_the_table(config, trained_nets.of_weights(net_of(config.model), Path(file)), images)


def of_run(workdir: Path, images: int) -> Subject:
    """Of a run's directory. Raises UserError, DataNotPrepared, DataCorrupt."""
    return on_the_table(*trained_nets.of_run(workdir), images)


def on_the_table(config: ConfigDict, trained: TrainedNet, images: int) -> Subject:
    """A net with the first images of its test set."""
    test = {key: array[:images] for key, array in image_sets.test_images(config.data).items()}
    return Subject(
        trained.net,
        regime_of(config.join, trained.net),
        blocks_of(trained.net),
        trained.variables,
        trained.normalised(test["image"]),
        jnp.asarray(test["label"]),
        config.model.classes,
    )


class Counts(NamedTuple):
    """How much is measured: draws of each number of deleted blocks, other orders of the blocks, images with paths."""

    deleted: int = 10  # at most
    draws: int = 10
    orders: int = 50
    swaps: int = 60  # in one order, at most
    paths: int = 100


def errors(of: Subject) -> Callable[[Any, np.ndarray, str], np.ndarray]:
    """A function (variables, gates [G, L]) -> errors [G] in percent."""
    lesioned = gated if of.has_paths else switched
    count = lesions.wrong_answers(of.net.apply, lambda gates_L: of.regime.weighted(lesioned(gates_L)))

    def measured(variables: Any, gates_GL: np.ndarray, what: str) -> np.ndarray:
        wrong = np.zeros(len(gates_GL))
        for start in shown(range(0, len(of.labels), BATCH), what):
            part = slice(start, start + BATCH)
            wrong += np.asarray(count(variables, gates_GL, of.images[part], of.labels[part]))
        return 100 * wrong / len(of.labels)

    return measured


def deletions(name: str, of: Subject) -> lesion_figures.Deletions:
    """Each block deleted in turn."""
    gates_GL = np.concatenate([lesions.deletion(of.blocks, [])[None], lesions.single_deletions(of.blocks)])
    whole, *without = errors(of)(of.variables, gates_GL, f"{name}: one block deleted")
    return lesion_figures.Deletions(np.array(of.blocks.deletable), np.array(without), whole, of.blocks.reshaping)


def random_deletions(name: str, of: Subject, key: Array, how: Counts) -> lesion_figures.RandomDeletions:
    """Several random blocks deleted, drawn anew each time."""
    counts = np.arange(1, min(how.deleted, len(of.blocks.deletable)) + 1)
    gates = [lesions.random_deletions(jax.random.fold_in(key, n), of.blocks, n, how.draws) for n in counts]
    found = errors(of)(of.variables, np.concatenate(gates), f"{name}: several blocks deleted")
    return lesion_figures.RandomDeletions(counts, found.reshape(len(counts), how.draws))


def reordered(name: str, of: Subject, key: Array, how: Counts) -> lesion_figures.Shuffles:
    """The blocks in other orders."""
    measured, whole_L = errors(of), lesions.deletion(of.blocks, [])[None]
    taus, found = [], []
    for i in shown(range(how.orders), f"{name}: blocks in another order"):
        swaps = round(how.swaps ** ((i + 1) / how.orders))  # many orders with few swaps, few with many
        order_L = shuffles.swapped(jax.random.fold_in(key, i), of.blocks, swaps)
        taus.append(shuffles.kendall_tau(order_L))
        found.append(measured(shuffles.shuffled(of.variables, of.blocks, order_L), whole_L, "")[0])
    return lesion_figures.Shuffles(
        np.array(taus), np.array(found), measured(of.variables, whole_L, f"{name}: its own order")[0]
    )


def lengths(name: str, of: Subject, key: Array, how: Counts) -> paths.Lengths:
    """The gradient that comes along paths of every length."""
    images = min(how.paths, len(of.labels))
    paths_NKL = paths.one_of_every_length(key, images, len(of.blocks.names))
    norms = paths.gradient_norms(of.net.apply, lambda path_L: of.regime.weighted(along(path_L)))
    found = [
        norms(of.variables, of.images[i : i + 1], of.labels[i : i + 1], paths_NKL[i : i + 1])
        for i in shown(range(images), f"{name}: paths")
    ]
    return paths.by_length(np.concatenate(found))


def pictures(
    subjects: Mapping[str, Subject], how: Counts, seed: int, wanted: Collection[str] = PICTURES
) -> Iterator[tuple[str, Picture, Mapping]]:
    """Names of figures, the figures, and the numbers behind them by net; those of `wanted` that the nets allow."""
    key = jax.random.key(seed)
    chance = 100 * (1 - 1 / next(iter(subjects.values())).classes)
    residual = {name: of for name, of in subjects.items() if of.has_paths}
    movable = {name: of for name, of in residual.items() if any(len(g) > 1 for g in shuffles.groups(of.blocks))}
    if "deletions" in wanted:
        found = {name: deletions(name, of) for name, of in subjects.items()}
        yield "deletions", lesion_figures.deletions_figure(found, chance), found
    if "random_deletions" in wanted and residual:
        found = {name: random_deletions(name, of, key, how) for name, of in residual.items()}
        yield "random_deletions", lesion_figures.random_deletions_figure(found, chance), found
    if "shuffles" in wanted and movable:
        found = {name: reordered(name, of, key, how) for name, of in movable.items()}
        yield "shuffles", lesion_figures.shuffles_figure(found, chance), found
    if "paths" in wanted and residual:
        found = {name: lengths(name, of, key, how) for name, of in residual.items()}
        yield "paths", lesion_figures.paths_figure(found), found


def numbers(found: Mapping[str, NamedTuple]) -> dict[str, Any]:
    """The numbers behind a figure under names for a file: NET.FIELD."""
    return {f"{net}.{field}": a for net, of in found.items() for field, a in of._asdict().items()}


def main() -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="lesions", description=fitted(__doc__), formatter_class=layout)
    parser.add_argument("nets", nargs="+", metavar="[NAME=]NET", help="a work directory, or BENCHMARK:FILE.npz")
    parser.add_argument("--out", type=Path, default=Path("lesions"), help="directory of the figures")
    parser.add_argument("--images", type=int, default=500, help="of the test set; 10000 are all of CIFAR-10's")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    for field, default in Counts._field_defaults.items():
        parser.add_argument(f"--{field}", type=int, default=default, help=f"default {default}")
    flags = parser.parse_args()
    kernels.enable()
    try:
        if flags.images < 1:
            raise UserError("--images must be at least 1.")
        subjects = dict(subject(text, flags.images) for text in flags.nets)
        how = Counts(**{field: getattr(flags, field) for field in Counts._fields})
        flags.out.mkdir(parents=True, exist_ok=True)
        for name, picture, found in pictures(subjects, how, flags.seed):
            picture.savefig(flags.out / f"{name}.png", dpi=120)
            np.savez(flags.out / f"{name}.npz", **numbers(found))
            print(f"{flags.out / name}.png")
    except (UserError, DataNotPrepared, DataCorrupt, ValueError, OSError) as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
