"""The perceptrons of Goodfellow et al.: maxout by hand, sizes, ranges, dropout, the initial weights."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import shaken, shapes

from deepx.models import gan
from deepx.nn.maxout import Maxout, irange

TOY = gan.Config(data_shape=(2,), noise=3, generator=(8, 8), output="linear", discriminator=(8, 8), pieces=3)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_maxout_by_hand():
    """Two units of two pieces: max(x1 + 1, -x2) and max(2 x2, x1 - x2)."""
    kernel, bias = jnp.array([[1.0, 0, 0, 1], [0, 2, -1, -1]]), jnp.array([1.0, 0, 0, 0])
    x = jnp.array([[1.0, -3], [-4, 1]])
    y = Maxout(2, 2, irange(1.0)).apply({"params": {"pieces": {"kernel": kernel, "bias": bias}}}, x)
    np.testing.assert_array_equal(y, [[3, 4], [-1, 2]])


def test_parameters_for_mnist():
    generator, discriminator = (
        sum(leaf.size for leaf in jax.tree.leaves(net["params"])) for net in shapes(gan, gan.Config())
    )
    assert generator == 100 * 1200 + 1200 * 1200 + 1200 * 784 + 1200 + 1200 + 784
    assert discriminator == (784 * 240 + 240 * 240 + 240 + 240) * 5 + 240 + 1


def test_a_sigmoid_generator_is_the_linear_one_into_the_unit_interval():
    variables, z = shaken(gan, TOY).gen, drawn(0, 50, 3)
    linear, stats = gan.generate(TOY, variables, z, train=True)
    images = gan.generate(dataclasses.replace(TOY, output="sigmoid"), variables, z)
    assert linear.shape == (50, 2) and np.abs(linear).max() > 1 and stats == {}
    np.testing.assert_allclose(images, 1 / (1 + np.exp(-linear)), rtol=1e-5)


def test_weights_begin_uniform_and_the_output_at_the_mean_of_the_data():
    config, mean = gan.Config((4, 5, 1), generator=(50,), discriminator=(50,)), np.linspace(0, 0.9, 20)
    gen, disc = jax.jit(partial(gan.init, config=config))(jax.random.key(0), mean=mean.reshape(4, 5, 1))
    output, pieces = gen["params"]["output"], disc["params"]["layer1"]["pieces"]
    np.testing.assert_allclose(jax.nn.sigmoid(output["bias"]), mean, atol=1e-6)
    for kernel, limit in ((np.asarray(output["kernel"]), 0.05), (np.asarray(pieces["kernel"]), 0.005)):
        assert kernel.min() < -0.99 * limit and 0.99 * limit < kernel.max() <= limit
        np.testing.assert_allclose(kernel.std(), limit / np.sqrt(3), rtol=0.05)


def test_dropout_of_the_input_and_of_hidden_layers():
    variables, x, nothing = shaken(gan, TOY).disc, drawn(0, 30, 2), np.zeros((30, 2), np.float32)

    @partial(jax.jit, static_argnums=0)
    def moved(config, data):
        trained, stats = gan.discriminate(config, variables, data, train=True, key=jax.random.key(0))
        assert stats == {}
        return jnp.abs(trained - gan.discriminate(config, variables, data)).max()

    of_input, of_hidden = dataclasses.replace(TOY, hidden_dropout=0.0), dataclasses.replace(TOY, input_dropout=0.0)
    assert moved(of_input, x) > 1e-2 and moved(of_input, nothing) == 0
    assert moved(of_hidden, nothing) > 1e-2


def test_noise_is_uniform_with_variance_one():
    z = gan.sample_noise(jax.random.key(0), gan.Config(), 100)
    assert z.shape == (100, 100)
    np.testing.assert_allclose([z.min(), z.mean(), z.var(), z.max()], [-np.sqrt(3), 0, 1, np.sqrt(3)], atol=0.05)


def test_nets_that_cannot_be():
    with pytest.raises(ValueError, match="output must be one of sigmoid, linear, got 'tanh'"):
        gan.Config(output="tanh")
    with pytest.raises(ValueError, match="pieces must be 2 or more"):
        gan.Config(pieces=1)
