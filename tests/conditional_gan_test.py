"""Conditional nets: sizes, noise, and where the condition is read."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import shaken, shapes

from deepx.models import conditional_gan, dcgan
from deepx.models.conditional_gan import Config, ConvConfig
from deepx.nn.strided import joined

MLP = Config((4, 4, 1), 3, 5, (4, 6, 8), ((6, 3), (4, 2), (5, 4)))
CONV = ConvConfig(16, 3, 6, (5, 4), classes=3)
CONDITIONS = np.repeat(np.eye(3, dtype=np.float32)[[0, 2], None], 2, 1)  # two conditions of a batch of two


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def counts(model, config):
    """Of the generator's and the discriminator's parameters."""
    return [sum(leaf.size for leaf in jax.tree.leaves(net["params"])) for net in shapes(model, config)]


def players(config):
    """Function, variables and first argument of each net."""
    gen, disc = shaken(conditional_gan, config)
    yield conditional_gan.generate, gen, drawn(3, 2, config.noise)
    yield conditional_gan.discriminate, disc, np.tanh(drawn(1, 2, *config.data_shape))


def test_a_condition_is_joined_as_channels_constant_over_the_map():
    x, y = drawn(0, 2, 3, 3, 4), np.eye(2, dtype=np.float32)
    maps = joined(x, y)
    np.testing.assert_array_equal(maps[..., :4], x)
    np.testing.assert_array_equal(maps[1, ..., 4:], np.broadcast_to([0, 1], (3, 3, 2)))
    np.testing.assert_array_equal(joined(x[:, 0, 0], y)[0, 4:], [1, 0])
    assert joined(x, None) is x


def test_parameters_of_the_perceptrons_for_mnist():
    """Section 4.1: 100 to 200 and 10 to 1000, to 1200, to 784; 784 to 240x5 and 10 to 50x5, to 240x4, to 1."""
    of_gen = 101 * 200 + 11 * 1000 + 1201 * 1200 + 1201 * 784
    of_disc = 785 * 240 * 5 + 11 * 50 * 5 + 291 * 240 * 4 + 241
    assert counts(conditional_gan, Config()) == [of_gen, of_disc]


@pytest.mark.parametrize(("size", "channels", "widths"), [(28, 1, (128, 64)), (32, 3, (256, 128, 64))])
def test_every_layer_of_the_convolutional_nets_has_weights_for_the_condition(size, channels, widths):
    plain = dcgan.Config(size, channels, widths=widths)
    of_gen = plain.bottom**2 * widths[0] + 25 * (sum(widths[1:]) + channels)
    of_disc = 25 * sum(widths) + 1
    told = counts(conditional_gan, ConvConfig(size, channels, widths=widths))
    assert told == [a + 10 * b for a, b in zip(counts(dcgan, plain), (of_gen, of_disc), strict=True)]


def test_both_perceptrons_read_the_condition_in_its_layer_only():
    for apply, net, given in players(MLP):
        deaf = {**net["params"], "condition": jax.tree.map(np.zeros_like, net["params"]["condition"])}
        both = jax.tree.map(lambda *of: np.stack(of), net["params"], deaf)

        @jax.jit
        @partial(jax.vmap, in_axes=(0, None))
        @partial(jax.vmap, in_axes=(None, 0))
        def outputs(params, y, apply=apply, given=given):
            trained, stats = apply(MLP, {"params": params}, given, y, train=True, key=jax.random.key(0))
            assert stats == {}
            return apply(MLP, {"params": params}, given, y), trained

        ((told, told_other), (deaf_told, deaf_other)), trained = outputs(both, CONDITIONS)
        assert np.abs(told - told_other).max() > 1e-2
        np.testing.assert_array_equal(deaf_told, deaf_other)
        assert np.abs(told - trained[0, 0]).max() > 1e-2, "there is no dropout"
        if apply is conditional_gan.generate:
            assert told.shape == (2, 4, 4, 1) and 0 < told.min() < told.max() < 1


def test_the_convolutional_nets_read_the_condition_at_every_layer():
    """Of the weights on the condition all are zero, or all but one layer's: only then does the output know it."""
    layers = ("project", "up1", "up2"), ("down1", "down2", "logit")
    for (apply, net, given), names in zip(players(CONV), layers, strict=True):

        def hearing(layer, net=net, names=names):
            deaf = {name: {"kernel": net["params"][name]["kernel"].copy()} for name in names if name != layer}
            for kernel in deaf.values():
                kernel["kernel"][..., -3:, :] = 0
            return {**net["params"], **deaf}

        @jax.jit
        @jax.vmap
        def difference(params, net=net, apply=apply, given=given):
            told, other = (apply(CONV, {**net, "params": params}, given, y) for y in CONDITIONS)
            return jnp.abs(told - other).max()

        silent, *heard = difference(jax.tree.map(lambda *of: np.stack(of), *map(hearing, (None, *names))))
        assert silent == 0 and min(heard) > 1e-3


@pytest.mark.parametrize(("config", "end"), [(Config(), np.sqrt(3)), (ConvConfig(), 1)])
def test_noise_is_uniform(config, end):
    """Variance 1 of the perceptrons', a third of DCGAN's."""
    z = conditional_gan.sample_noise(jax.random.key(0), config, 100)
    assert z.shape == (100, 100)
    np.testing.assert_allclose([z.min(), z.mean(), z.max()], [-end, 0, end], atol=0.05)
    np.testing.assert_allclose(z.var(), end**2 / 3, rtol=0.03)
