"""What is seen of a game for images while it is played, and measured of its generator when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import collapse, distances, frechet, samples
from deepx.analysis import sample_figures as figures
from deepx.analysis.parzen import parzen
from deepx.data import augment
from deepx.engine.experiment import Array, Figure, Key, Report, Told, Watch
from deepx.models import attribute_classifier, dcgan
from experiments import gan_arithmetic
from experiments.gan_image_data import Sets
from experiments.gan_systems import System

GRID = 10  # rows and columns of a grid
LOOKED = 500  # samples of a look, judged and compared with as many real images
PIECE = 500  # samples made at once
ENDS = 6  # ways from one noise to another
WAY = 9  # images on each
NEIGHBOURS = 8  # samples whose nearest training images are shown


class Sight(NamedTuple):
    """Whose samples are looked at, and who judges them. generator, discriminator: state -> variables."""

    system: System
    judge: attribute_classifier.Config
    generator: Callable[[Any], Any]
    discriminator: Callable[[Any], Any]
    sets: Sets
    evaluation: ConfigDict

    @property
    def classes(self) -> int:
        return self.sets.classes

    def sample(self, state: Any, key: Key, y: Array) -> Array:
        """Images in [-1, 1] of the classes y [N]."""
        return self.system.generate(self.generator(state), self.system.noise(key, len(y)), y)

    def many(self, state: Any, key: Key, n: int) -> tuple[np.ndarray, np.ndarray]:
        """n images in [0, 1] and the classes that were asked for, in pieces."""
        make = jax.jit(self.sample)
        y = np.arange(-(-n // PIECE) * PIECE) % self.classes
        made = [np.asarray(make(state, jax.random.fold_in(key, i), y[i : i + PIECE])) for i in range(0, len(y), PIECE)]
        return shown(np.concatenate(made)[:n]), y[:n]

    def judged(self, state: Any, images: Array) -> tuple[Array, Array]:
        """The judge's logits [N, classes] and features [N, F]."""
        logits, features = attribute_classifier.with_features(self.judge, state.verdicts, images)
        return logits["label"], features


def shown(images: np.ndarray) -> np.ndarray:
    """[-1, 1] as [0, 1]."""
    return (np.asarray(images) + 1) / 2


def in_pieces(function: Callable[[Any], Any], x: Any) -> Any:
    """function(x [N, ...]), some rows at once: an array, or several."""
    found = [jax.device_get(function(x[i : i + PIECE])) for i in range(0, len(x), PIECE)]
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)


def watch(sight: Sight) -> Watch:
    """A grid of the same noise at every look, how much of the data its samples cover, and what is alarming in it."""
    real = sight.sets.valid["image"][:LOOKED]

    def look(state: Any, key: Key) -> dict[str, Array]:
        y = jnp.arange(LOOKED) % sight.classes
        made = sight.sample(state, key, y)
        logits, features = sight.judged(state, made)
        pixels = augment.signed(jnp.asarray(real))
        real_logits, real_features = sight.judged(state, pixels)
        told_real, told_made = (
            jnp.mean(100.0 * (sign * sight.system.discriminate(sight.discriminator(state), x, labels) > 0))
            for sign, x, labels in ((1, pixels, real_logits.argmax(-1)), (-1, made, y))
        )
        return {
            "grid": made[: GRID * GRID],
            "asked": y,
            "answers": logits.argmax(-1),
            "features": features,
            "real_features": real_features,
            "spread": jnp.stack([spread(made), spread(pixels)]),
            "right": (told_real + told_made) / 2,
        }

    def tell(numbers: Mapping[str, np.ndarray]) -> Told:
        last = {name: array[-1] for name, array in numbers.items()}
        diversity = float(last["spread"][0] / last["spread"][1])
        seen = collapse.Seen(diversity=diversity, right=numbers["right"].tolist())
        if sight.classes == 1:  # a judge that has learnt nothing
            return Told({"diversity": diversity}, collapse.alarms(seen))
        of_class = samples.shares(last["answers"], sight.classes)
        metrics = {
            "modes_covered": samples.modes_covered(of_class, sight.evaluation.least_share),
            "diversity": diversity,
            "frechet_look": frechet.frechet_distance(last["features"], last["real_features"]),
        }
        if sight.system.conditional:
            metrics["condition_accuracy_look"] = 100 * np.mean(last["answers"] == last["asked"])
        commonest = int(of_class.argmax())
        seen = seen._replace(commonest_share=float(of_class[commonest]), commonest=str(commonest))
        return Told(metrics, collapse.alarms(seen))

    def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> dict[str, Figure]:
        grids = shown(numbers["grid"])
        film = Figure(
            figures.film_figure(grids[:, :GRID], steps),
            {"steps": np.asarray(steps), "images": grids[:, :GRID]},
            "What the generator makes of the same noise, as training goes on.",
        )
        newest = grids[-1].reshape(GRID, GRID, *grids.shape[2:])
        if sight.system.conditional:
            picture = figures.grid_figure(newest.swapaxes(0, 1), [f"{c}" for c in range(GRID)])
            caption = "A row a class that was asked for."
        else:
            picture, caption = figures.grid_figure(newest), "Samples, as they come."
        return {"samples": Figure(picture, {"images": newest}, caption), "film": film}

    return Watch(look, tell, film)


def spread(images: Array) -> Array:
    """Mean squared distance of two different images of a batch."""
    x = images.reshape(len(images), -1)
    return 2 * jnp.square(x - x.mean(0)).sum() / (len(x) - 1)


def reported(sight: Sight, replicas: int) -> Callable[[Any, Key], Report]:
    """`report`, of several replicas each: figures are the first's."""

    def each(states: Any, keys: Key) -> Report:
        reports = [report(sight, jax.tree.map(lambda a, r=r: a[r], states), keys[r]) for r in range(replicas)]
        named = [name for name in reports[0].metrics if all(name in one.metrics for one in reports)]
        metrics = {name: np.array([one.metrics[name] for one in reports]) for name in named}
        return Report(reports[0].figures, metrics)

    return each if replicas > 1 else lambda state, key: report(sight, state, key)


def report(sight: Sight, state: Any, key: Key) -> Report:
    """Log-likelihood by Parzen windows, what the judge says, where samples stand in the training set, and arithmetic.

    Test images are those of the test set, which nothing has looked at before.
    """
    evaluation, sets = sight.evaluation, sight.sets
    made, asked = sight.many(state, key, evaluation.samples)
    valid, test = (of["image"][: evaluation.samples].astype(np.float32) / 255 for of in (sets.valid, sets.test))
    estimate = parzen(made, valid[: evaluation.parzen_valid], test)
    metrics = {
        "parzen_ll": estimate.log_likelihood,
        "parzen_standard_error": estimate.standard_error,
        "parzen_sigma": estimate.sigma,
    }
    if sight.classes > 1:
        metrics |= verdicts(sight, state, made, asked, test)
        if "svm_examples" in evaluation:
            metrics["svm_accuracy"] = svm_accuracy(sight, state, evaluation.svm_examples)
    of_kinds = arithmetic(sight, state, key)
    figures_of = {**of_kinds.figures, **ways(sight, state, key), **neighbours(sight, made[:NEIGHBOURS])}
    return Report(figures_of, {**metrics, **of_kinds.metrics})


def verdicts(sight: Sight, state: Any, made: np.ndarray, asked: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """What the judge says of the samples, of which classes were asked for, and of test images."""
    judge = partial(jax.jit(sight.judged), state)
    (logits, features), (_, real_features) = (in_pieces(judge, 2 * images - 1) for images in (made, test))
    answers = logits.argmax(-1)
    of_class = samples.shares(answers, sight.classes)
    metrics = {
        "frechet": frechet.frechet_distance(features, real_features),
        "modes_covered": samples.modes_covered(of_class, sight.evaluation.least_share),
        "class_divergence": samples.divergence(of_class),
    }
    if sight.system.conditional:
        metrics["condition_accuracy"] = 100 * float(np.mean(answers == asked))
    return metrics


def arithmetic(sight: Sight, state: Any, key: Key) -> Report:
    """Arithmetic on noise, where nothing else makes an image and its classes are the kinds of two attributes."""
    if sight.system.conditional or not sight.sets.kinds:
        return Report({})
    make = jax.jit(lambda state, z: sight.system.generate(sight.generator(state), z, None))
    judge = jax.jit(lambda state, images: jax.nn.softmax(sight.judged(state, images)[0]))
    of_noise, of_sums = jax.random.split(jax.random.fold_in(key, 2))
    return gan_arithmetic.arithmetic(
        sight.system.noise(of_noise, gan_arithmetic.LOOKED),
        lambda z: shown(in_pieces(partial(make, state), z)),
        lambda images: in_pieces(partial(judge, state), 2 * images - 1),
        of_sums,
        sight.sets.kinds,
    )


def ways(sight: Sight, state: Any, key: Key) -> dict[str, Figure]:
    """Images on straight ways between noises (Radford et al. 2015, figure 4)."""
    ends = sight.system.noise(jax.random.fold_in(key, 1), 2 * ENDS).reshape(2, ENDS, 1, -1)
    share = jnp.linspace(0, 1, WAY)[:, None]
    z = ((1 - share) * ends[0] + share * ends[1]).reshape(ENDS * WAY, -1)
    y = jnp.repeat(jnp.arange(ENDS) % sight.classes, WAY)
    made = shown(jax.jit(lambda s: sight.system.generate(sight.generator(s), z, y))(state))
    made = made.reshape(ENDS, WAY, *made.shape[1:])
    caption = "From one noise to another, on a straight line."
    return {"ways": Figure(figures.interpolation_figure(made), {"images": made}, caption)}


def neighbours(sight: Sight, made: np.ndarray) -> dict[str, Figure]:
    """Samples beside the training images nearest to them: a generator that copies would show it here."""
    train = sight.sets.train["image"]
    index, apart = distances.nearest(made, train.astype(np.float32) / 255, 5)
    picture = figures.neighbours_figure(made, train[index] / 255, apart)
    caption = "Samples and the training images nearest to them, by Euclidean distance of pixels in [0, 1]."
    return {"neighbours": Figure(picture, {"samples": made, "index": index, "distance": apart}, caption)}


def svm_accuracy(sight: Sight, state: Any, examples: int) -> float:
    """Of a linear SVM on the discriminator's features, in percent of test images (Radford et al. 2015, section 5.1).

    Trained on the first `examples` training images; features are standardised, C = 1e-4 stays as it is.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    variables = sight.discriminator(state)
    features_of = jax.jit(lambda x: dcgan.features(sight.system.config, variables, x))

    def features(images: np.ndarray) -> np.ndarray:
        return in_pieces(lambda part: features_of(augment.signed(part)), images)

    train, test = sight.sets.train, sight.sets.test
    scale = StandardScaler().fit(seen := features(train["image"][:examples]))
    svm = LinearSVC(C=1e-4, random_state=0).fit(scale.transform(seen), train["label"][:examples])
    return 100 * svm.score(scale.transform(features(test["image"])), test["label"])
