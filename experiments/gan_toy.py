"""The game on densities that are known: the generator's comes to the data's, D to 1/2, the value to -log 4.

Goodfellow, Pouget-Abadie, Mirza et al. 2014 (arXiv 1406.2661), section 4 and figure 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure as Picture
from ml_collections import ConfigDict

from deepx.analysis import density_figures
from deepx.data.densities import DENSITIES, Density
from deepx.engine.adversarial import adversarial, watched
from deepx.engine.averaged import averaged
from deepx.engine.data import generated
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Experiment, Figure, Key, Mean, Served, Told, Watch
from deepx.engine.replicated import separate
from deepx.engine.supervised import TrainState
from deepx.models import gan
from deepx.nn.adversarial import GENERATOR_LOSSES, GenDisc, discriminator_loss, parts, variables
from experiments import gan_predict
from experiments.gan_schedule import optimizers

PLACES = 200  # of the line, at which densities are drawn and compared
LATTICE = 60  # places along each axis of the plane
SAMPLES = 20_000  # from which the generator's density is read
DRAWN = 400  # points of the plane that are shown
ARROWS = 25
SHOWN = 8  # looks in the figure
TOLD = 5  # points that are printed


def build(config: ConfigDict) -> Experiment:
    """The experiment of `configs/gan/toy_density`. Raises UserError, ValueError."""
    if config.data.name not in DENSITIES:
        raise UserError(
            f"data.name is {config.data.name!r}; it must be one of {', '.join(DENSITIES)}."
            f"{nearest(config.data.name, DENSITIES)}"
        )
    density = DENSITIES[config.data.name]()
    settings = config.model.to_dict()
    settings.pop("name")
    net = gan.Config(data_shape=(density.dimensions,), output="linear", **settings)
    generator_loss = GENERATOR_LOSSES[config.loss]

    def of(params: GenDisc) -> GenDisc:
        return variables(params, GenDisc({}, {}))

    def logits(disc, points: Array, key: Key | None = None) -> Array:
        return gan.discriminate(net, disc, points, train=True, key=key)[0]

    def disc_loss(params, stats, points, key: Key):
        of_noise, *of_dropout = jax.random.split(key, 3)
        gen, disc = of(params)
        fake = gan.generate(net, gen, gan.sample_noise(of_noise, net, len(points)))
        real_N, fake_N = (logits(disc, x, k) for x, k in zip((points, fake), of_dropout, strict=True))
        return discriminator_loss(real_N, fake_N, config.smoothing), (stats, watched(real_N, fake_N))

    def gen_loss(params, stats, points, key: Key):
        of_noise, of_dropout = jax.random.split(key)
        gen, disc = of(params)
        fake = gan.generate(net, gen, gan.sample_noise(of_noise, net, len(points)))
        return generator_loss(logits(disc, fake, of_dropout)), (stats, {})

    def init(key: Key):
        return parts(gan.init(key, net))

    def eval_step(state: TrainState, batch: Mapping[str, Array]):
        gen, disc = of(state.params)
        real_N = gan.discriminate(net, disc, batch["points"])
        fake_N = gan.discriminate(net, disc, gan.generate(net, gen, batch["z"]))
        return {**watched(real_N, fake_N), "distance_from_half": Mean.of(jnp.abs(jax.nn.sigmoid(real_N) - 0.5))}

    def drawn(key: Key) -> dict[str, Array]:
        of_points, of_noise = jax.random.split(key)
        size = config.evaluation.batch_size
        return {"points": density.sample(of_points, size), "z": gan.sample_noise(of_noise, net, size)}

    game = adversarial(init, GenDisc(gen_loss, disc_loss), optimizers(config), config.discriminator_steps)
    sight = watch(net, density, of)
    held_out = generated(drawn, config.evaluation.samples // config.evaluation.batch_size)
    return averaged(
        Experiment(
            **game._asdict(),
            eval_step=eval_step,
            train_data=generated(lambda key: density.sample(key, config.discriminator_steps * config.batch_size)),
            eval_data={"valid": held_out},
            test_data={"test": held_out},
            watch=sight,
            predict=lambda state: predict(config, density, sight, state),
            serve=lambda state: served(net, of(separate(state, config.run.replicas)[0].params)),
            mappable=True,
            units={"value": "nats", "right": "%", "divergence": "nats"},
        ),
        config.average,
        part=lambda state: state.params,
        put=lambda state, params: state._replace(params=params),
    )


def watch(net: gan.Config, density: Density, of: Any) -> Watch:
    """Both densities, D, and how far apart they are: their Jensen-Shannon divergence, 0 at the optimum, at most log 2.

    The generator's density is that of a histogram over the same cells.
    """
    cells = cells_of(density)
    axes = np.meshgrid(*[cells] * density.dimensions, indexing="ij")
    places = jnp.asarray(np.stack([axis.ravel() for axis in axes], 1), jnp.float32)
    cell = (cells[1] - cells[0]) ** density.dimensions

    def look(state: TrainState, key: Key) -> dict[str, Array]:
        gen, disc = of(state.params)
        points = gan.generate(net, gen, gan.sample_noise(key, net, SAMPLES))
        index = jnp.round((points + density.reach) / (cells[1] - cells[0])).astype(jnp.int32)
        inside = jnp.all((index >= 0) & (index < len(cells)), axis=1)
        flat = jnp.ravel_multi_index(tuple(index.T), axes[0].shape, mode="clip")
        shares = jnp.zeros(len(places)).at[flat].add(inside / SAMPLES)
        return {
            "d": jax.nn.sigmoid(gan.discriminate(net, disc, places)),
            "generator": shares / cell,
            "data": jnp.exp(density.log_density(places)),
            "points": points[:DRAWN],
            "line": along(gen)[1],
        }

    def along(gen) -> tuple[Array, Array]:
        """Noise along the diagonal of its cube, and what becomes of it."""
        z = jnp.linspace(-1.0, 1.0, ARROWS)[:, None] * np.sqrt(3) * jnp.ones(net.noise)
        return z[:, 0], gan.generate(net, gen, z)[:, 0]

    def tell(numbers: Mapping[str, np.ndarray]) -> Told:
        p, q = (numbers[name][-1].astype(np.float64) * cell for name in ("data", "generator"))
        mean = (p + q) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(x > 0, x * np.log(x / mean), 0).sum() / 2 for x in (p, q)]
        return Told({"divergence": sum(parts)})

    def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> dict[str, Figure]:
        shown = np.unique(np.geomspace(1, len(steps), SHOWN).round().astype(int) - 1)  # the most is learnt at first
        moments = {f"step {steps[t]:,}": {name: array[t] for name, array in numbers.items()} for t in shown}
        picture = drawn_of(density, moments)
        caption = "The generator's density comes to the data's, and the discriminator can tell less and less: D to 1/2."
        return {"densities": Figure(picture, {"steps": np.asarray(steps), **numbers}, caption)}

    return Watch(look, tell, film)


def cells_of(density: Density) -> np.ndarray:
    """Places along each axis."""
    return np.linspace(-density.reach, density.reach, PLACES if density.dimensions == 1 else LATTICE)


def drawn_of(density: Density, looks: Mapping[str, Mapping[str, np.ndarray]]) -> Picture:
    """A panel for every look, by title."""
    cells = cells_of(density)
    if density.dimensions == 1:
        noise = np.linspace(-1, 1, ARROWS)
        lines = {
            title: density_figures.Line(cells, one["data"], one["generator"], one["d"], noise, one["line"])
            for title, one in looks.items()
        }
        return density_figures.lines_figure(lines)
    data, extent = np.asarray(density.sample(jax.random.key(0), DRAWN)), (-density.reach, density.reach) * 2
    planes = {
        title: density_figures.Plane(data, one["points"], one["d"].reshape(len(cells), len(cells)).T, extent)
        for title, one in looks.items()
    }
    return density_figures.planes_figure(planes)


def predict(config: ConfigDict, density: Density, sight: Watch, state: TrainState) -> None:
    """New points of the generator: their density beside the data's, and the first of them. Raises UserError."""
    one, look = separate(state, config.run.replicas)[0], jax.jit(sight.look)

    def draw(key: Key) -> tuple[Picture, str]:
        seen = jax.device_get(look(one, key))
        divergence = sight.tell({name: array[None] for name, array in seen.items()}).metrics["divergence"]
        points = ", ".join(" ".join(f"{x:.2f}" for x in point) for point in seen["points"][:TOLD])
        picture = drawn_of(density, {f"{SAMPLES:,} points": seen})
        return picture, f"{SAMPLES:,} points, {points}, ...; their density is {divergence:.4f} nats from the data's."

    gan_predict.of_noises(config, draw)


def served(net: gan.Config, both: GenDisc) -> Served:
    """The generator, and what the discriminator thinks of what it makes."""

    def made(given: Mapping[str, Array]) -> Mapping[str, Array]:
        points = gan.generate(net, both.gen, given["noise"])
        return {"point": points, "d": jax.nn.sigmoid(gan.discriminate(net, both.disc, points))}

    return Served(
        made,
        {"noise": (("batch", net.noise), "float32")},
        "Noise, as the model's sample_noise draws it; the points that become of it, and D there, the probability of "
        "being the data's.",
    )
