"""What is around the games for images and densities: data, systems in one form, mistakes told in words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.data import faces, images
from deepx.data.densities import DENSITIES
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import gan
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
    assert faces.kind({"Male": True, "Smiling": False}) == 2


@pytest.mark.parametrize("name", ["goodfellow_mnist", "dcgan_mnist", "conditional_mnist"])
def test_systems_make_images_from_minus_one_to_one_of_any_class(name):
    system = system_of(smoke(name).model)
    shape = system.config.data_shape
    variables = system.init(jax.random.key(0), jnp.full(shape, 0.25))
    y = jnp.arange(4)
    made = system.generate(variables.gen, 1e6 * system.noise(jax.random.key(1), 4), y)  # saturated
    assert made.shape == (4, *shape) and made.min() == -1 and made.max() == 1
    assert system.discriminate(variables.disc, made, y).shape == (4,)


def test_the_output_of_a_gan_begins_at_the_mean_of_the_data():
    system = system_of(smoke("goodfellow_mnist").model)
    variables = system.init(jax.random.key(0), jnp.full(system.config.data_shape, 0.25))
    made = system.generate(variables.gen, jnp.zeros((1, system.config.noise)), jnp.zeros(1, int))
    np.testing.assert_allclose(made, -0.5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("dcgan_mnist", {"model.name": "dcgann"}, "model.name is 'dcgann'.* Did you mean 'dcgan'"),
        ("toy_density", {"data.name": "rings"}, "data.name is 'rings'.* Did you mean 'ring'"),
        ("dcgan_mnist", {"data.held_out": 96}, "it must leave some of the 96 images to both sides"),
        ("dcgan_mnist", {"optimizer.name": "adagrad"}, "optimizer.name is 'adagrad'"),
    ],
)
def test_mistakes_are_told(name, changes, words):
    with pytest.raises(UserError, match=words):
        gan.build(smoke(name, **changes))
