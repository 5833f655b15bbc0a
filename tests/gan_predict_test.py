"""New samples by `--mode=predict`: what is drawn is what the generator makes, of the noise that its number means."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from deepx.analysis import sample_figures
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import gan, gan_predict, gan_report
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
        return sample_figures.grid_figure(images, rows)

    monkeypatch.setattr(gan_predict, "grid_figure", grid_figure)

    def run(predict, lines):
        drawn.clear()
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        with flagsaver.flagsaver(workdir=str(tmp_path)):
            predict()
        return *capsys.readouterr(), list(drawn)

    return run


def state_of(experiment):
    return jax.jit(experiment.init)(jax.random.key(0))


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
    assert abs(drawn[0][0] - drawn[1][0]).max() > 0.01 and drawn[0][0].shape == (10, 10, 8, 8, 1)
    assert {path.name for path in (tmp_path / "samples").iterdir()} == {"0.png", "1.png", "2.png"}
    assert Image.open(tmp_path / "samples" / "0.png").size[0] > 300
    with pytest.raises(UserError, match="There are no lines on standard input. Type the number of a noise"):
        said(lambda: experiment.predict(state), "")


@pytest.mark.parametrize("density", ["gaussian", "ring"])
def test_points_of_a_density_are_drawn_and_told(density, said, tmp_path):
    """Two seeds: the first's points."""
    config = smoke("toy_density", **{"data.name": density, "run.replicas": 2})
    experiment = gan.build(config)
    states = jax.vmap(experiment.init)(jax.random.split(jax.random.key(0), 2))
    (line,) = said(lambda: experiment.predict(states), "5")[0].splitlines()
    first = jax.tree.map(lambda a: a[0], states)
    seen = jax.jit(experiment.watch.look)(first, gan_predict.key_of(config, 5))
    told = experiment.watch.tell({name: np.asarray(array)[None] for name, array in seen.items()})
    points = ", ".join(" ".join(f"{x:.2f}" for x in point) for point in np.asarray(seen["points"][:5]))
    assert line == (
        f"{tmp_path}/samples/5.png: 20,000 points, {points}, ...; their density is "
        f"{told.metrics['divergence']:.4f} nats from the data's."
    )
