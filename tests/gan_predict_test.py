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
from deepx.engine.experiment import Told, Watch
from experiments import gan_predict, gan_report, gan_toy
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


def generator_of(name):
    """A generator as it begins, and how it is used by `--mode=predict`."""
    config = smoke(name)
    system = system_of(config.model)
    variables = jax.jit(lambda key: system.init(key, None).gen)(jax.random.key(0))
    sight = gan_report.Sight(system, None, lambda state: state, None, None, config.evaluation)
    return config, system, variables, lambda: gan_predict.predict(config, sight, variables)


def test_classes_that_are_asked_for_are_drawn_of_one_noise(said, tmp_path):
    config, system, variables, predict = generator_of("conditional_mnist")
    out, err, drawn = said(predict, "3 1 3\n10\n\nx\n")
    assert out.splitlines() == [
        f"{tmp_path}/samples/0.png: 10 samples of 3, 1.",
        f"{tmp_path}/samples/1.png: 10 samples of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.",
    ]
    assert err.splitlines() == [
        f"{word!r} is not a class: these are whole numbers from 0 to 9." for word in ("10", "x")
    ]
    assert [rows for _, rows in drawn] == [["3", "1"], list("0123456789")]
    z = system.noise(gan_predict.key_of(config, 0), gan_report.GRID)
    images = drawn[0][0]
    assert abs(images[0] - images[1]).max() > 1e-3 and np.ptp(images[0], axis=0).max() > 1e-3
    for row, y in enumerate((3, 1)):
        np.testing.assert_allclose(2 * images[row] - 1, system.generate(variables, z, jnp.full(len(z), y)), atol=1e-5)


def test_a_noise_has_a_number_and_nothing_asks_for_a_new_one(said, tmp_path):
    *_, predict = generator_of("dcgan_mnist")
    out, err, drawn = said(predict, "1\n\n\n1\n1 2\n")
    assert [line.split("/")[-1] for line in out.splitlines()] == [f"{n}.png: 100 samples." for n in (1, 0, 2, 1)]
    assert err == "A line has one number of a noise, not 2.\n"
    np.testing.assert_array_equal(drawn[0][0], drawn[3][0])
    assert abs(drawn[0][0] - drawn[1][0]).max() > 1e-4 and drawn[0][0].shape == (10, 10, 8, 8, 1)
    assert {path.name for path in (tmp_path / "samples").iterdir()} == {"0.png", "1.png", "2.png"}
    with pytest.raises(UserError, match="There are no lines on standard input. Type the number of a noise"):
        said(predict, "")


def test_points_of_a_density_are_drawn_and_told(said, tmp_path, monkeypatch):
    """Of two seeds the first's, which stand around 0."""
    config, looks = smoke("toy_density", **{"run.replicas": 2}), []
    monkeypatch.setattr(gan_toy, "drawn_of", lambda density, of: looks.append(of) or Figure(figsize=(1, 1)))
    sight = Watch(
        lambda centre, key: {"points": centre + jax.random.normal(key, (9, 2))},
        lambda numbers: Told({"divergence": abs(numbers["points"][-1]).max() / 1000}),
        None,
    )
    out, *_ = said(lambda: gan_toy.predict(config, None, sight, jnp.array([0.0, 500.0])), "5")
    points = np.asarray(jax.random.normal(gan_predict.key_of(config, 5), (9, 2)))
    np.testing.assert_allclose(looks[0]["20,000 points"]["points"], points, atol=1e-6)
    first = ", ".join(f"{x:.2f} {y:.2f}" for x, y in points[:5])
    told = f"20,000 points, {first}, ...; their density is {abs(points).max() / 1000:.4f} nats from the data's."
    assert out == f"{tmp_path}/samples/5.png: {told}\n"


@pytest.mark.parametrize("name", ["gaussian", "ring"])
def test_a_look_at_a_density_is_a_panel(name):
    density = DENSITIES[name]()
    places = len(gan_toy.cells_of(density)) ** density.dimensions
    look = {of: np.full(places, 0.5) for of in ("data", "generator", "d")}
    look |= {"line": np.zeros(gan_toy.ARROWS), "points": np.zeros((4, 2))}
    axes = gan_toy.drawn_of(density, {"4 points": look}).axes
    assert axes[0].get_title() == "4 points"
