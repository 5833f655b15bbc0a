"""./scripts/bench scaling: how the time of a training step grows with the sizes that it depends on.

./scripts/bench scaling --out=docs/bench-scaling.png        and docs/bench-scaling.json, the numbers behind it
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from matplotlib.figure import Figure
from rich.console import Console

from deepx.engine.supervised import supervised
from deepx.files import write
from deepx.models import memn2n, ntm, resnet, seq2seq
from scripts.benchmarks.alternate import processor
from scripts.benchmarks.stepping import Step, stepping
from scripts.benchmarks.worker import prepare_jax, seconds_a_step

ROUNDS, SECONDS = 5, 0.3


class Axis(NamedTuple):
    """A size of a model or its data: what it is called, its values, and the step that each makes."""

    name: str
    values: Sequence[int]
    step: Callable[[int], Step]


def of_loss(init: Callable, loss: Callable, *batch: jax.Array) -> Step:
    """Steps of Adam on loss(params, *batch)."""
    training = supervised(
        lambda key: (init(key), ()),
        lambda params, stats, batch, key: (loss(params, *batch), (stats, {})),
        optax.adam(1e-3),
    )
    state, key = training.init(jax.random.key(0)), jax.random.key(1)
    return stepping(lambda *given: training.train_step(*given)[0], state, batch, key)


def ntm_step(batch: int = 16, length: int = 20, slots: int = 128) -> Step:
    """Copying a sequence of so many vectors."""
    config = ntm.Config(9, 8, memory_slots=slots)
    inputs_BTI = jnp.ones((batch, 2 * length + 1, 9))
    return of_loss(
        lambda key: ntm.init(key, config),
        lambda params, inputs: optax.sigmoid_binary_cross_entropy(ntm.apply(config, params, inputs), 1.0).mean(),
        inputs_BTI,
    )


def memn2n_step(memories: int = 50) -> Step:
    """32 questions over so many sentences of 7 words."""
    config = memn2n.Config(36, memories, 20, 3)
    story, question = jnp.ones((32, memories, 7), jnp.int32), jnp.ones((32, 7), jnp.int32)
    return of_loss(
        lambda key: memn2n.init(key, config),
        lambda params, story, question: jnp.square(
            memn2n.apply(config, params, story, jnp.full(32, memories), question)[0]
        ).sum(),
        story,
        question,
    )


def seq2seq_step(length: int = 16, vocabulary: int = 4000, layers: int = 1) -> Step:
    """64 sentences."""
    config = seq2seq.Config(vocabulary, vocabulary, layers, 256, embedding=256)
    sentence = jnp.full((64, length), 2)
    return of_loss(
        lambda key: seq2seq.init(key, config),
        lambda params, source, target: -seq2seq.apply(config, params, source, target).mean(),
        sentence,
        sentence,
    )


def resnet_step(depth: int = 20, batch: int = 32) -> Step:
    """Images of 32 x 32."""
    config = resnet.cifar(depth=depth)
    stats = resnet.init(jax.random.key(0), config)["batch_stats"]

    def loss(params, images):
        variables = {"params": params, "batch_stats": stats}
        return jnp.square(resnet.apply(config, variables, images, train=True)[0]).mean()

    return of_loss(lambda key: resnet.init(key, config)["params"], loss, jnp.ones((batch, 32, 32, 3)))


AXES = {
    "NTM": (
        Axis("batch", (1, 4, 16, 64), lambda n: ntm_step(batch=n)),
        Axis("sequence length", (5, 10, 20, 40, 80), lambda n: ntm_step(length=n)),
        Axis("memory slots", (32, 64, 128, 256, 512), lambda n: ntm_step(slots=n)),
    ),
    "MemN2N": (Axis("memories", (10, 20, 50, 100, 200), memn2n_step),),
    "seq2seq": (
        Axis("sentence length", (8, 16, 32, 64), lambda n: seq2seq_step(length=n)),
        Axis("vocabulary", (1000, 4000, 16_000), lambda n: seq2seq_step(vocabulary=n)),
        Axis("layers", (1, 2, 4), lambda n: seq2seq_step(layers=n)),
    ),
    "ResNet": (
        Axis("depth", (8, 20, 32, 56), lambda n: resnet_step(depth=n)),
        Axis("batch", (8, 32, 128), lambda n: resnet_step(batch=n)),
    ),
}


def measured(axis: Axis) -> list[float]:
    """Seconds of a step at each value, the medians over rounds in which all values have their turn."""
    steps = [axis.step(value) for value in axis.values]
    rounds = [[seconds_a_step(step.take, SECONDS) for step in steps] for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def drawn(seconds: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """A panel an axis; dashed, what grows in proportion, through the largest value."""
    panels = [(model, axis) for model, axes in AXES.items() for axis in axes]
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    for place, (model, axis) in zip(figure.subplots(3, 3).flat, panels, strict=True):
        times = [1000 * s for s in seconds[model][axis.name]]
        place.loglog(axis.values, times, "o-")
        place.loglog(axis.values, [times[-1] * value / axis.values[-1] for value in axis.values], "--", color="0.6")
        place.set_xticks(axis.values, [f"{value:,}" for value in axis.values])
        place.set_yticks([times[0], times[-1]], [f"{time:.3g}" for time in (times[0], times[-1])])
        place.minorticks_off()
        place.set_xlabel(axis.name)
        place.set_title(model, fontsize=10)
        place.set_ylabel("ms a step")
    figure.suptitle(f"Training steps on {processor()}; dashed: in proportion", fontsize=10)
    return figure


def main() -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bench scaling", description=__doc__, formatter_class=layout)
    parser.add_argument("--out", type=Path, default=Path("scaling.png"), help="the picture; its numbers beside it")
    out = parser.parse_args().out
    prepare_jax()
    seconds: dict[str, dict[str, list[float]]] = {}
    console = Console(width=120)
    for model, axes in AXES.items():
        for axis in axes:
            with Console(stderr=True).status(f"{model}: {axis.name}"):
                times = seconds.setdefault(model, {})[axis.name] = measured(axis)
            told = ", ".join(f"{value:,}: {1000 * s:.3g} ms" for value, s in zip(axis.values, times, strict=True))
            console.print(f"{model}, {axis.name}: {told}")
    drawn(seconds).savefig(out, dpi=150)
    values = {model: {axis.name: list(axis.values) for axis in axes} for model, axes in AXES.items()}
    write(out.with_suffix(".json"), json.dumps({"values": values, "seconds": seconds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
