"""DCGAN: strided layers, PyTorch's numbers and sizes, batch statistics, the features for a linear classifier."""

from functools import partial

import jax
import numpy as np
import pytest
from nets import shaken, shapes

from deepx.models import dcgan
from deepx.nn.strided import down, up

TINY = {"size": 16, "channels": 3, "noise": 6, "widths": (5, 4)}  # from 4x4


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_up_is_the_transpose_of_down(kernel):
    w, large, small = drawn(0, kernel, kernel, 2, 3), drawn(1, 2, 8, 8, 2), drawn(2, 2, 4, 4, 3)
    halved, transposed = jax.vjp(lambda x: down(3, kernel, name="down").apply({"params": {"kernel": w}}, x), large)
    assert halved.shape == small.shape
    doubled = up(2, kernel, name="up").apply({"params": {"kernel": w[::-1, ::-1].swapaxes(2, 3)}}, small)
    np.testing.assert_allclose(doubled, transposed(small)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "generator", "discriminator"),
    [
        ({"kernel": 4, "widths": (512, 256, 128, 64)}, 3_576_704, 2_765_568),  # the DCGAN of PyTorch's examples
        ({"kernel": 4}, 12_658_432, 11_036_160),
        ({}, 1_638_400 + 25 * 688_512 + 2 * 1920, 25 * 688_512 + 16_384 + 2 * 1792),  # figure 1
    ],
)
def test_parameters_for_64_pixels(fields, generator, discriminator):
    counts = [
        sum(leaf.size for leaf in jax.tree.leaves(net["params"])) for net in shapes(dcgan, dcgan.Config(**fields))
    ]
    assert counts == [generator, discriminator]


@pytest.mark.parametrize(("size", "channels", "widths", "bottom"), [(28, 1, (128, 64), 7), (32, 3, (256, 128, 64), 4)])
def test_small_images_and_where_they_are_normalised(size, channels, widths, bottom):
    config = dcgan.Config(size, channels, widths=widths)
    assert config.bottom == bottom
    variables = shapes(dcgan, config)
    images, stats = jax.eval_shape(partial(dcgan.generate, config, train=True), variables.gen, np.zeros((2, 100)))
    assert images.shape == (2, size, size, channels) and set(stats) == {f"norm{i + 1}" for i in range(len(widths))}
    logits, stats = jax.eval_shape(partial(dcgan.discriminate, config, train=True), variables.disc, images)
    assert logits.shape == (2,) and set(stats) == {f"norm{i + 2}" for i in range(len(widths) - 1)}


def test_weights_begin_narrow_and_scales_near_one():
    config = dcgan.Config(8, widths=(64,), noise=10)
    params = jax.jit(lambda key: dcgan.init(key, config).gen["params"])(jax.random.key(0))
    np.testing.assert_allclose([np.std(params[layer]["kernel"]) for layer in ("project", "up1")], 0.02, rtol=0.05)
    scale = np.asarray(params["norm1"]["scale"])
    np.testing.assert_allclose([scale.mean(), scale.std()], [1, 0.02], atol=0.01)


def in_pytorch(kernel, first, second, variables):
    """Both nets of `TINY` as plain modules, with our weights."""
    torch = pytest.importorskip("torch")
    from torch import nn

    pad, more = (kernel - 1) // 2, kernel % 2
    gen = nn.Sequential(
        *(nn.Linear(6, first * 16, bias=False), nn.Unflatten(1, (first, 4, 4)), nn.BatchNorm2d(first), nn.ReLU()),
        *(nn.ConvTranspose2d(first, second, kernel, 2, pad, more, bias=False), nn.BatchNorm2d(second), nn.ReLU()),
        *(nn.ConvTranspose2d(second, 3, kernel, 2, pad, more, bias=False), nn.Tanh()),
    )
    disc = nn.Sequential(
        *(nn.Conv2d(3, second, kernel, 2, pad, bias=False), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(second, first, kernel, 2, pad, bias=False), nn.BatchNorm2d(first), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(first * 16, 1, bias=False)),
    )
    to_theirs = {
        "project": lambda w: w.reshape(-1, 4, 4, first).transpose(3, 1, 2, 0).reshape(first * 16, -1),
        "up": lambda w: w[::-1, ::-1].transpose(2, 3, 0, 1),
        "down": lambda w: w.transpose(3, 2, 0, 1),
        "logit": lambda w: w.reshape(4, 4, first).transpose(2, 0, 1).reshape(1, -1),
    }

    def fill(module, net, layer):
        arrays = {**net["params"][layer], **net["batch_stats"].get(layer, {})}
        if "kernel" in arrays:
            arrays = {"weight": to_theirs[layer.rstrip("12")](arrays["kernel"])}
        names = {"scale": "weight", "mean": "running_mean", "var": "running_var"}
        with torch.no_grad():
            for name, array in arrays.items():
                getattr(module, names.get(name, name)).copy_(torch.tensor(np.ascontiguousarray(array)))

    for place, layer in {0: "project", 2: "norm1", 4: "up1", 5: "norm2", 7: "up2"}.items():
        fill(gen[place], variables.gen, layer)
    for place, layer in {0: "down1", 2: "down2", 3: "norm2", 6: "logit"}.items():
        fill(disc[place], variables.disc, layer)
    return gen, disc


@pytest.mark.parametrize(("kernel", "train"), [(4, False), (5, True)])
def test_the_numbers_of_pytorch(kernel, train):
    torch = pytest.importorskip("torch")
    config = dcgan.Config(**TINY, kernel=kernel)
    variables, z, x = shaken(dcgan, config), drawn(2, 4, 6), np.tanh(drawn(1, 4, 16, 16, 3))

    @jax.jit
    def ours(nets, z, x):
        both = dcgan.generate(config, nets.gen, z, train=train), dcgan.discriminate(config, nets.disc, x, train=train)
        return tuple(output for output, _ in both) if train else both

    images, logits = ours(variables, z, x)
    gen, disc = in_pytorch(kernel, *config.widths, variables)
    with torch.no_grad():
        theirs = gen.train(train)(torch.tensor(z)), disc.train(train)(torch.tensor(x.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(images, theirs[0].permute(0, 2, 3, 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logits, theirs[1][:, 0], rtol=1e-4, atol=1e-5)


def test_batch_statistics_move_and_are_of_the_batch_in_training_only():
    config = dcgan.Config(**TINY)
    both = shaken(dcgan, config)
    for apply, net, given in (
        (dcgan.generate, both.gen, drawn(3, 4, 6)),
        (dcgan.discriminate, both.disc, drawn(1, 4, 16, 16, 3)),
    ):

        @jax.jit
        def outputs(net, x, apply=apply):
            return apply(config, net, x), apply(config, net, x[:1]), apply(config, net, x, train=True)

        evaluated, alone, (trained, stats) = outputs(net, given)
        np.testing.assert_allclose(alone[0], evaluated[0], rtol=1e-4, atol=1e-5)
        assert np.abs(trained - evaluated).max() > 1e-2
        moved = jax.tree.map(lambda a, b: np.all(a != b), stats, net["batch_stats"])
        assert jax.tree.leaves(moved) and all(jax.tree.leaves(moved))


def test_features_are_the_largest_in_sixteen_parts_of_every_map():
    config = dcgan.Config(**TINY)
    net, x = shaken(dcgan, config).disc, drawn(1, 2, 16, 16, 3)
    found = jax.jit(partial(dcgan.features, config))(net, x)
    assert found.shape == (2, 16 * (5 + 4))
    first, last = np.split(found, [16 * 4], 1)  # of 8x8 pixels, and of 4x4: those as they are
    logits = jax.jit(partial(dcgan.discriminate, config))(net, x)
    np.testing.assert_allclose(last @ net["params"]["logit"]["kernel"][:, 0], logits, rtol=1e-4)
    maps = np.asarray(down(4, 5, name="down1").apply({"params": net["params"]["down1"]}, x))
    maps = np.where(maps > 0, maps, 0.2 * maps)
    np.testing.assert_allclose(first.reshape(2, 4, 4, 4)[1, 2, 3], maps[1, 4:6, 6:8].max((0, 1)), rtol=1e-5)


def test_noise_is_uniform():
    z = dcgan.sample_noise(jax.random.key(0), dcgan.Config(), 100)
    assert z.shape == (100, 100)
    np.testing.assert_allclose([z.min(), z.mean(), z.max()], [-1, 0, 1], atol=0.05)


def test_images_of_sizes_that_cannot_be_halved_so_often():
    with pytest.raises(ValueError, match="size must be a multiple of 16 pixels to be halved 4 times, got 28"):
        dcgan.Config(28)
    with pytest.raises(ValueError, match="maps of 7 pixels do not divide into 4 x 4 parts"):
        dcgan.features(dcgan.Config(28, 1, widths=(4, 3)), {}, np.zeros((1, 28, 28, 1)))
