"""What is around the games for images and densities: data, systems in one form, mistakes told in words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict
from PIL import Image

from deepx.data import faces, images, squares
from deepx.data.densities import DENSITIES
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.scenes import kinds
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import gan, gan_image_data
from experiments.gan_systems import system_of
from experiments.reproduce import CONFIGS


def smoke(name, **changes):
    config = load(CONFIGS / "gan" / f"{name}.py", "smoke").unlock()
    config.update_from_flattened_dict(changes)
    return config


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_is_one_and_is_what_is_sampled(name):
    density = DENSITIES[name]()
    cells = np.linspace(-density.reach, density.reach, 2001 if density.dimensions == 1 else 201)
    places = np.stack([axis.ravel() for axis in np.meshgrid(*[cells] * density.dimensions)], 1)
    p = np.exp(density.log_density(jnp.asarray(places, jnp.float32))) * (cells[1] - cells[0]) ** density.dimensions
    np.testing.assert_allclose(p.sum(), 1, atol=1e-3)
    points = np.asarray(density.sample(jax.random.key(0), 20_000))
    np.testing.assert_allclose(points.mean(0), p @ places, atol=0.04)
    np.testing.assert_allclose(np.square(points).mean(0), p @ np.square(places), rtol=0.03)


def test_digits_are_whole_pixels_of_the_small_ones():
    found = images.digits(28)
    assert found["image"].shape == (1797, 28, 28, 1) and found["image"].max() == 255
    assert found["label"][:3].tolist() == [0, 1, 2]
    inner = found["image"][0, 2:26, 2:26, 0]
    assert np.array_equal(inner, inner[::3, ::3].repeat(3, 0).repeat(3, 1)) and not found["image"][:, :2].any()


def test_a_face_is_the_middle_of_its_photograph():
    photograph = np.zeros((218, 178, 3), np.uint8)
    photograph[55:163, 35:143] = 200
    assert np.all(faces.face(photograph, 64) == 200)
    assert faces.kind({"Male": True, "Smiling": False}) == 2 and faces.KINDS[2] == "neutral man"


def test_scenes_are_of_the_kind_that_they_are_labelled(monkeypatch):
    monkeypatch.setattr(kinds, "PIECE", 30)
    found = kinds.images(70, 32, seed=3)
    assert found["image"].shape == (70, 32, 32, 3) and found["image"].dtype == np.uint8 and found["label"].max() == 3
    for picture, label in zip(found["image"].astype(int), found["label"], strict=True):
        on = np.ptp(picture, axis=-1) > 60  # the ground is grey
        rows, columns = np.nonzero(on)
        red, _, blue = picture[int(rows.mean().round()), int(columns.mean().round())]
        box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        cross = on.sum() / box < 0.7  # a circle fills pi / 4 of its box
        assert kinds.KINDS[label] == f"{'blue' if blue > red else 'red'} {'cross' if cross else 'circle'}"
    np.testing.assert_array_equal(found["image"], kinds.images(70, 32, seed=3)["image"])
    assert not np.array_equal(found["image"], kinds.images(70, 32)["image"])


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures of 9 x 4 pixels, whose middle has two halves, of another colour each."""
    for i in range(12):
        picture = np.full((4, 9, 3), 255, np.uint8)
        picture[:, 2:4], picture[:, 4:6] = (20 * i, 0, 0), (0, 20 * i, 0)
        Image.fromarray(picture if i else picture.swapaxes(0, 1)).save(tmp_path / f"{i:02}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_pictures_of_a_folder_are_cut_to_the_middle_and_scaled(folder):
    found = squares.load(folder, 2, 3)
    assert found["image"].shape == (12, 2, 2, 3) and not found["label"].any()
    np.testing.assert_array_equal(found["image"][5], [[(100, 0, 0), (0, 100, 0)]] * 2)
    np.testing.assert_array_equal(squares.load(folder, 1, 3)["image"][5], [[(50, 50, 0)]])
    np.testing.assert_array_equal(squares.load(folder, 2, 1)["image"][5, 0], [[30], [59]])  # 0.299 red + 0.587 green


def test_what_data_are_split_into(folder, monkeypatch):
    monkeypatch.setattr(gan_image_data, "SCENES", 30)
    for name, shape, total, classes, said in (
        (str(folder), (2, 2, 3), 12, 1, f"12 pictures in the folder {folder.name}"),
        ("scenes", (8, 8, 3), 30, 4, "generated scenes"),
        ("digits", (8, 8, 1), 1797, 10, "scikit-learn's digits"),
        ("generated", (4, 4, 1), 96, 10, "generated"),
    ):
        sets = gan_image_data.image_data(ConfigDict({"name": name, "held_out": 5}), shape)
        assert [len(part["label"]) for part in (sets.train, sets.valid, sets.test)] == [total - 5, 2, 3]
        assert sets.train["image"].shape[1:] == shape and sets.classes == classes and sets.provenance == said
        assert len(sets.kinds) == (4 if name == "scenes" else 0)


def test_folders_that_cannot_be_learnt_from(folder, tmp_path):
    def load(name, held_out=4):
        return gan_image_data.image_data(ConfigDict({"name": str(name), "held_out": held_out}), (2, 2, 3))

    for held_out in (3, 8, 5000):
        with pytest.raises(UserError, match=f"data.held_out is {held_out}, of 12 images; it must be 4 or more"):
            load(folder, held_out)
    with pytest.raises(DataNotPrepared, match="There is no folder ./none of pictures"):
        load("./none")
    (folder / "empty").mkdir()
    with pytest.raises(DataNotPrepared, match="empty has no pictures in it"):
        load(folder / "empty")
    (folder / "torn.png").write_bytes((folder / "05.png").read_bytes()[:60])
    with pytest.raises(DataCorrupt, match="torn.png"):
        load(folder)


@pytest.mark.parametrize("name", ["goodfellow_mnist", "dcgan_mnist", "conditional_mnist"])
def test_systems_make_images_from_minus_one_to_one_of_any_class(name):
    system = system_of(smoke(name).model)
    shape = system.config.data_shape
    variables = jax.jit(system.init)(jax.random.key(0), jnp.full(shape, 0.25))
    y = jnp.arange(4)
    made = jax.jit(system.generate)(variables.gen, 1e6 * system.noise(jax.random.key(1), 4), y)  # saturated
    assert made.shape == (4, *shape) and made.min() == -1 and made.max() == 1
    assert jax.jit(system.discriminate)(variables.disc, made, y).shape == (4,)


@pytest.mark.parametrize("name", ["goodfellow_mnist", "conditional_mnist"])
def test_the_output_of_perceptrons_begins_at_the_mean_of_the_data(name):
    """Where neither noise nor condition says anything: their hidden biases are zero."""
    system = system_of(smoke(name).model)
    mean = jnp.linspace(0.1, 0.9, 64).reshape(system.config.data_shape)
    variables = jax.jit(system.init)(jax.random.key(0), mean)
    nothing = jax.tree.map(jnp.zeros_like, variables.gen["params"]) | {"output": variables.gen["params"]["output"]}
    made = jax.jit(system.generate)({"params": nothing}, system.noise(jax.random.key(1), 1), jnp.zeros(1, int))
    np.testing.assert_allclose(made[0], 2 * mean - 1, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("dcgan_mnist", {"model.name": "dcgann"}, "model.name is 'dcgann'.* Did you mean 'dcgan'"),
        ("toy_density", {"data.name": "rings"}, "data.name is 'rings'.* Did you mean 'ring'"),
        ("dcgan_mnist", {"data.held_out": 96}, "data.held_out is 96, of 96 images"),
        ("dcgan_mnist", {"optimizer.name": "adagrad"}, "optimizer.name is 'adagrad'"),
    ],
)
def test_mistakes_are_told(name, changes, words):
    with pytest.raises(UserError, match=words):
        gan.build(smoke(name, **changes))
