"""SRResNet and SRGAN: parameters counted, the same numbers in PyTorch, how far a pixel sees, the losses by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.models import srgan
from deepx.nn.tiles import in_tiles

TINY = srgan.Config(blocks=2, width=4, patch=20, disc_widths=(2, 4), disc_hidden=5)
WITHOUT_NORM = srgan.Config(blocks=1, width=4, norm=False)


def count(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def shaken(tree):
    """Values of every leaf, none of them special; variances positive."""
    rng = np.random.default_rng(0)

    def value(path, leaf):
        if path[-1].key == "kernel":
            return rng.normal(0, np.sqrt(1 / np.prod(leaf.shape[:-1])), leaf.shape).astype(np.float32)
        low, high = (0.5, 1.5) if path[-1].key in ("scale", "var") else (-0.3, 0.3)
        return rng.uniform(low, high, leaf.shape).astype(np.float32)

    return jax.tree.map_with_path(value, tree)


def shapes(config):
    return jax.eval_shape(lambda: srgan.init(jax.random.key(0), config))


def test_as_many_parameters_as_the_papers_nets():
    """SRResNet has 1.5 million, says Lim et al. 2017 (arXiv 1707.02921, table 1). PReLU has a slope a channel."""
    gen, disc = shapes(srgan.Config())
    convolutions = 81 * 3 * 64 + 33 * 9 * 64 * 64 + 2 * 9 * 64 * 256 + 81 * 64 * 3
    biases, norms, slopes = 64 + 2 * 256 + 3, 33 * 2 * 64, 19 * 64
    assert count(gen["params"]) == convolutions + biases + norms + slopes == 1_548_547
    widths = [3, 64, 64, 128, 128, 256, 256, 512, 512]
    convolutions = sum(9 * a * b for a, b in zip(widths, widths[1:], strict=False))
    dense = 6 * 6 * 512 * 1024 + 1024 + 1024 + 1
    assert count(disc["params"]) == convolutions + 64 + 2 * sum(widths[2:]) + dense == 23_563_649


@pytest.mark.parametrize("config", [TINY, WITHOUT_NORM])
def test_the_generator_is_that_of_an_independent_implementation_in_pytorch(config):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    variables = shaken(shapes(config).gen)
    params = jax.tree.map(torch.tensor, variables["params"])
    stats = jax.tree.map(torch.tensor, variables["batch_stats"])

    def conv(x, name):
        kernel = params[name]["kernel"].permute(3, 2, 0, 1)
        return functional.conv2d(x, kernel, params[name].get("bias"), padding=kernel.shape[-1] // 2)

    def layer(x, name):
        x = conv(x, f"{name}_conv")
        if config.norm:
            p, s = params[f"{name}_norm"], stats[f"{name}_norm"]
            x = functional.batch_norm(x, s["mean"], s["var"], p["scale"], p["bias"])
        return x

    def prelu(x, name):
        return functional.prelu(x, params[f"{name}_prelu"]["slope"])

    def shuffled(x):  # from the paper's order of channels to PyTorch's
        N, channels, H, W = x.shape
        return functional.pixel_shuffle(x.reshape(N, 4, channels // 4, H, W).swapaxes(1, 2).reshape(x.shape), 2)

    low = np.random.default_rng(1).uniform(size=(2, 5, 6, 3)).astype(np.float32)
    x = begun = prelu(conv(torch.tensor(low).permute(0, 3, 1, 2), "stem_conv"), "stem")
    for b in range(1, config.blocks + 1):
        x = x + layer(prelu(layer(x, f"block{b}_layer1"), f"block{b}"), f"block{b}_layer2")
    x = begun + layer(x, "trunk")
    for d in (1, 2):
        x = prelu(shuffled(conv(x, f"double{d}_conv")), f"double{d}")
    theirs = conv(x, "output").permute(0, 2, 3, 1)
    ours = jax.jit(lambda: srgan.generate(config, variables, low))()
    assert ours.shape == (2, 20, 24, 3)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_discriminator_is_that_of_an_independent_implementation_in_pytorch():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    variables = shaken(shapes(TINY).disc)
    params = jax.tree.map(torch.tensor, variables["params"])
    images = np.random.default_rng(1).uniform(-1, 1, (6, 20, 20, 3)).astype(np.float32)  # two groups
    x = torch.tensor(images).permute(0, 3, 1, 2)
    for i, stride in enumerate((1, 2) * 2, 1):
        x = functional.conv2d(x, params[f"conv{i}"]["kernel"].permute(3, 2, 0, 1), params[f"conv{i}"].get("bias"),
                              stride, padding=1)  # fmt: skip
        if i > 1:
            p = params[f"norm{i}"]
            each = (functional.batch_norm(g, None, None, p["scale"], p["bias"], training=True) for g in x.split(3))
            x = torch.cat(tuple(each))
        x = functional.leaky_relu(x, 0.2)
    x = x.permute(0, 2, 3, 1).flatten(1) @ params["hidden"]["kernel"] + params["hidden"]["bias"]
    theirs = functional.leaky_relu(x, 0.2) @ params["logit"]["kernel"] + params["logit"]["bias"]
    ours, stats = jax.jit(lambda: srgan.discriminate(TINY, variables, images, train=True, groups=2))()
    np.testing.assert_allclose(ours, theirs[:, 0], rtol=1e-3, atol=1e-3)
    assert jax.tree.structure(stats) == jax.tree.structure(variables["batch_stats"])
    assert not np.array_equal(stats["norm2"]["mean"], variables["batch_stats"]["norm2"]["mean"])


def test_tiles_are_the_same_as_the_whole_and_could_not_overlap_less():
    variables = shaken(shapes(WITHOUT_NORM).gen)
    low = np.random.default_rng(2).uniform(size=(41, 24, 3)).astype(np.float32)
    made = jax.jit(lambda low: srgan.generate(WITHOUT_NORM, variables, low[None])[0])
    assert WITHOUT_NORM.reach == 4 + 2 + 1 + 3
    whole, tiled, short = made(low), *(in_tiles(made, low, 30, WITHOUT_NORM.reach - less, 4) for less in (0, 1))
    np.testing.assert_allclose(tiled, whole, atol=1e-5)
    assert np.abs(short - whole).max() > 1e-5


def test_losses_by_hand():
    made, true = jnp.array([[0.5, -0.5]]), jnp.array([[1.0, -1.0]])
    assert srgan.pixel_loss(made, true) == pytest.approx(0.25)
    assert srgan.feature_loss(lambda images: 25.5 * images, made, true) == pytest.approx(1.0)  # a range of 2: 2 / 12.75
    logits = jnp.log(jnp.array([1.0, 3.0]))  # D = 1/2, 3/4
    expected = 0.25 + 1e-3 * np.log([2, 4 / 3]).mean()
    assert srgan.perceptual_loss(0.25, logits) == pytest.approx(expected)


def test_no_gradient_flows_into_the_features_of_the_original():
    gradient = jax.grad(lambda true: srgan.feature_loss(jnp.sin, jnp.ones(3), true))(jnp.zeros(3))
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scale": 3}, "scale must be a power of 2, got 3"),
        ({"blocks": 0}, "blocks must be at least 1, got 0"),
        ({"patch": 30}, "patch must be a multiple of scale = 4 pixels, got 30"),
    ],
)
def test_nets_that_do_not_exist(fields, message):
    with pytest.raises(ValueError, match=message):
        srgan.Config(**fields)
