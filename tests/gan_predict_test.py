"""New samples by `--mode=predict`: what is drawn is what the generator makes, of the noise that its number means."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from matplotlib.figure import Figure

from deepx.data.densities import DENSITIES
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import gan, gan_predict, gan_report, gan_toy
from experiments.gan_systems import system_of
from experiments.reproduce import CONFIGS


def smoke(name, **changes):
    config = load(CONFIGS / "gan" / f"{name}.py", "smoke").unlock()
    config.update_from_flattened_dict(changes)
    return config


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    """What a run in this directory says of lines, and the images that it drew."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    drawn = []

    def grid_figure(images, rows=()):
        drawn.append((images, rows))
        return Figure(figsize=(1, 1))  # drawing is tested elsewhere, and takes long

    monkeypatch.setattr(gan_predict, "grid_figure", grid_figure)

    def run(predict, lines):
        drawn.clear()
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        with flagsaver.flagsaver(workdir=str(tmp_path)):
            predict()
        return *capsys.readouterr(), list(drawn)

    return run


def state_of(experiment):
    return experiment.init(jax.random.key(0))


def test_classes_that_are_asked_for_are_drawn_of_one_noise(said, tmp_path):
    config = smoke("conditional_mnist")
    experiment = gan.build(config)
    state, system = state_of(experiment), system_of(config.model)
    out, err, drawn = said(lambda: experiment.predict(state), "3 1 3\n10\n\nx\n")
    assert out.splitlines() == [
        f"{tmp_path}/samples/0.png: 10 samples of 3, 1.",
        f"{tmp_path}/samples/1.png: 10 samples of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.",
    ]
    assert err.splitlines() == [
        f"{word!r} is not a class: these are whole numbers from 0 to 9." for word in ("10", "x")
    ]
    assert [rows for _, rows in drawn] == [["3", "1"], list("0123456789")]
    z = system.noise(gan_predict.key_of(config, 0), gan_report.GRID)
    assert abs(drawn[0][0][0] - drawn[0][0][1]).max() > 1e-3 and np.ptp(drawn[0][0][0], axis=0).max() > 1e-3
    served = experiment.serve(state).function
    for row, y in enumerate((3, 1)):
        expected = served({"noise": z, "label": jnp.full(len(z), y)})["image"]
        np.testing.assert_allclose(drawn[0][0][row], expected, atol=1e-5)


def test_a_noise_has_a_number_and_nothing_asks_for_a_new_one(said, tmp_path):
    config = smoke("dcgan_mnist")
    experiment = gan.build(config)
    state = state_of(experiment)
    out, err, drawn = said(lambda: experiment.predict(state), "1\n\n\n1\n1 2\n")
    assert [line.split("/")[-1] for line in out.splitlines()] == [f"{n}.png: 100 samples." for n in (1, 0, 2, 1)]
    assert err == "A line has one number of a noise, not 2.\n"
    np.testing.assert_array_equal(drawn[0][0], drawn[3][0])
    assert abs(drawn[0][0] - drawn[1][0]).max() > 1e-4 and drawn[0][0].shape == (10, 10, 8, 8, 1)
    assert {path.name for path in (tmp_path / "samples").iterdir()} == {"0.png", "1.png", "2.png"}
    with pytest.raises(UserError, match="There are no lines on standard input. Type the number of a noise"):
        said(lambda: experiment.predict(state), "")


def test_points_of_a_density_are_drawn_and_told(said, tmp_path, monkeypatch):
    """Two seeds: the first's points."""
    config, looks = smoke("toy_density", **{"run.replicas": 2}), []
    monkeypatch.setattr(gan_toy, "drawn_of", lambda density, of: looks.append(of) or Figure(figsize=(1, 1)))
    experiment = gan.build(config)
    states = jax.vmap(experiment.init)(jax.random.split(jax.random.key(0), 2))
    (line,) = said(lambda: experiment.predict(states), "5")[0].splitlines()
    ((title, seen),) = looks[0].items()
    first = jax.tree.map(lambda a: a[0], states)
    expected = experiment.watch.look(first, gan_predict.key_of(config, 5))
    np.testing.assert_allclose(seen["points"], expected["points"], atol=1e-5)
    told = experiment.watch.tell({name: array[None] for name, array in seen.items()})
    points = ", ".join(" ".join(f"{x:.2f}" for x in point) for point in seen["points"][:5])
    assert line == (
        f"{tmp_path}/samples/5.png: {title}, {points}, ...; their density is "
        f"{told.metrics['divergence']:.4f} nats from the data's."
    )


@pytest.mark.parametrize("name", ["gaussian", "ring"])
def test_a_look_at_a_density_is_a_panel(name):
    density = DENSITIES[name]()
    places = len(gan_toy.cells_of(density)) ** density.dimensions
    look = {of: np.full(places, 0.5) for of in ("data", "generator", "d")}
    look |= {"line": np.zeros(gan_toy.ARROWS), "points": np.zeros((4, 2))}
    axes = gan_toy.drawn_of(density, {"4 points": look}).axes
    assert axes[0].get_title() == "4 points"
