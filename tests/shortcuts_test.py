"""Ways around a block of a residual net: options A, B and C, shapes that meet at a join, nets that go without."""

import jax.numpy as jnp
import numpy as np
import pytest
from nets import joins_of, pictures, shaken, shapes

from deepx.models import resnet
from deepx.nn.convolutions import padded
from deepx.nn.residual import added, alone, gated, switched

SMALL = resnet.cifar(8, classes=5, widths=(4, 8, 16))


@pytest.fixture(scope="module")
def small():
    return shaken(resnet, SMALL)


def test_the_shortcut_takes_every_second_pixel_and_adds_zero_channels():
    x = jnp.arange(4 * 4 * 2, dtype=jnp.float32).reshape(1, 4, 4, 2)
    y = padded(x, 4, 2)
    assert y.shape == (1, 2, 2, 4)
    np.testing.assert_array_equal(y[0, :, :, 0], 0)
    np.testing.assert_array_equal(y[0, :, :, 3], 0)
    np.testing.assert_array_equal(y[0, :, :, 1:3], x[0, ::2, ::2])
    np.testing.assert_array_equal(padded(x, 2, 1), x)


@pytest.mark.parametrize(
    ("option", "projections"), [("A", []), ("B", ["stage2_block1", "stage3_block1"]), ("C", list(SMALL.block_names))]
)
def test_which_shortcuts_are_projections(option, projections):
    config = resnet.cifar(8, widths=(4, 8, 16), shortcut=option)
    params = shapes(resnet, config)["params"]
    assert [name for name in config.block_names if "shortcut_conv" in params[name]] == projections
    for name, place in zip(config.block_names, config.places, strict=True):
        if name in projections:
            assert params[name]["shortcut_conv"]["kernel"].shape == (1, 1, place.entering, place.leaving)
            assert params[name]["shortcut_norm"]["scale"].shape == (place.leaving,)


@pytest.mark.parametrize("option", ["B", "C"])
def test_option_a_is_one_of_the_projections(small, option):
    """With kernels that copy channels into the middle of the new ones, and normalisations that do nothing."""
    config = resnet.cifar(8, classes=5, widths=(4, 8, 16), shortcut=option)
    variables = shaken(resnet, config)
    variables = {kind: {**tree, **small[kind]} for kind, tree in variables.items()}
    for place in config.places:
        if option == "C" or place.number in config.reshaping:
            new = place.leaving - place.entering
            params = {"shortcut_conv": {"kernel": np.eye(place.entering, place.leaving, new // 2)[None, None]}}
            ones, zeros = np.ones(place.leaving), np.zeros(place.leaving)
            params["shortcut_norm"] = {"scale": ones, "bias": zeros}
            stats = {"shortcut_norm": {"mean": zeros, "var": ones - 1e-5}}
            variables["params"][place.name] = small["params"][place.name] | params
            variables["batch_stats"][place.name] = small["batch_stats"][place.name] | stats
    np.testing.assert_allclose(
        resnet.apply(config, variables, pictures()), resnet.apply(SMALL, small, pictures()), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "config",
    [
        SMALL,
        resnet.cifar(11, block="bottleneck", widths=(2, 3, 4), stride_on="3x3", shortcut="B"),
        resnet.Config((1, 2), (4, 8), "bottleneck", shortcut="C", stem="imagenet"),
    ],
)
def test_blocks_have_the_shapes_that_their_places_say(config):
    seen, _ = joins_of(resnet, config, shaken(resnet, config), jnp.asarray(pictures()), added)
    size = 16 if config.stem == "cifar" else 4
    before = (size, config.entering)
    reshaping = []
    for l, place in enumerate(config.places):
        f, s = seen[l]
        assert f.shape == s.shape
        assert before[1] == place.entering and f.shape[-1] == place.leaving and before[0] == f.shape[1] * place.stride
        reshaping += [l] if before != (f.shape[1], f.shape[-1]) else []
        before = (f.shape[1], f.shape[-1])
    assert sorted(seen) == list(range(config.block_count))
    assert tuple(reshaping) == config.reshaping


def test_a_plain_net_is_a_residual_net_that_forgets_its_shortcuts(small):
    """With equally many parameters; a projection that is forgotten does not exist."""
    plain = resnet.cifar(8, classes=5, widths=(4, 8, 16), residual=False, shortcut="B")
    assert shapes(resnet, plain) == shapes(resnet, SMALL)
    logits, _ = resnet.apply(plain, small, pictures(), train=True)
    np.testing.assert_array_equal(logits, resnet.apply(SMALL, small, pictures(), train=True, join=alone)[0])
    assert np.abs(logits - resnet.apply(SMALL, small, pictures(), train=True)[0]).max() > 1e-2


@pytest.mark.parametrize("residual", [True, False])
def test_a_gate_of_0_is_the_net_without_the_block(residual):
    config = resnet.cifar(14, classes=5, widths=(4, 8, 16), residual=residual)
    variables = shaken(resnet, config)
    gates = jnp.ones(6).at[3].set(0)  # stage2_block2
    without = {kind: {n: v for n, v in tree.items() if n != "stage2_block2"} for kind, tree in variables.items()}
    join = (gated if residual else switched)(gates)
    deleted, _ = resnet.apply(config, variables, pictures(), train=True, join=join)
    shorter = resnet.Config((2, 1, 2), (4, 8, 16), classes=5, residual=residual)
    expected, _ = resnet.apply(shorter, without, pictures(), train=True)
    np.testing.assert_allclose(deleted, expected, rtol=1e-5, atol=1e-5)
    assert np.abs(deleted - resnet.apply(config, variables, pictures(), train=True)[0]).max() > 1e-2
