"""Residual nets of residual nets: which shortcuts a level has, where they arrive, and the net they are built on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import joins_of, parameter_count, pictures, shaken, shapes

from deepx.models import preact, resnet, ror
from deepx.nn.residual import added, gated

POST = resnet.cifar(14, widths=(4, 8, 16), classes=5)
PRE = preact.wide(16, 2, widths=(2, 4, 8), classes=5)


def without_upper(variables):
    """Variables with the weights of upper levels 0."""
    params = {
        name: jax.tree.map(np.zeros_like, leaf) if "shortcut" in name else leaf
        for name, leaf in variables["params"].items()
    }
    return variables | {"params": params}


def test_parameters_beside_the_papers():
    """Wide nets as Zagoruyko & Komodakis have them, 8.9 and 36.5 million; RoR-3-110, 1.7."""
    assert parameter_count(preact, preact.wide(40, 4)) == 8_949_210
    assert parameter_count(preact, preact.wide(28, 10)) == 36_479_194
    assert parameter_count(ror, ror.cifar(110)) == 1_732_154


@pytest.mark.parametrize("base", [POST, PRE])
def test_the_shortcuts_of_each_level(base):
    ours = {levels: shapes(ror, ror.Config(base, levels)) for levels in (1, 2, 3)}
    assert ours[1] == shapes(resnet if base is POST else preact, base)
    entering = {POST: 4, PRE: 2}[base]
    widths = (4, 8, 16)
    for levels, expected in {
        2: {"root_shortcut_conv": (1, 1, entering, 16)},
        3: {"root_shortcut_conv": (1, 1, entering, 16)}
        | {f"stage{i + 1}_shortcut_conv": (1, 1, (entering, *widths)[i], widths[i]) for i in range(3)},
    }.items():
        new = {name: leaf for name, leaf in ours[levels]["params"].items() if name not in ours[1]["params"]}
        assert {name: leaf["kernel"].shape for name, leaf in new.items() if "conv" in name} == expected
        assert all("norm" not in name for name in new) or base is POST


@pytest.mark.parametrize("base", [POST, PRE])
def test_without_its_upper_levels_it_is_the_base_net(base):
    config = ror.Config(base)
    variables = without_upper(shaken(ror, config))
    expected = (resnet if base is POST else preact).apply(base, lower(variables), pictures())
    np.testing.assert_allclose(ror.apply(config, variables, pictures()), expected, rtol=1e-5, atol=1e-5)


def lower(variables):
    """Variables of the base net within RoR's."""
    return {kind: {n: v for n, v in tree.items() if "shortcut" not in n} for kind, tree in variables.items()}


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_upper_shortcuts_arrive_at_the_last_block_that_they_go_around(levels):
    """The net by hand from what its blocks' branches and shortcuts were."""
    config = ror.Config(PRE, levels)
    variables = shaken(ror, config)
    params, stats = variables["params"], variables["batch_stats"]
    seen, logits = joins_of(ror, config, variables, jnp.asarray(pictures()), added)

    def project(name, x, stride):
        return np.einsum("nhwc,cd->nhwd", x[:, ::stride, ::stride], params[name]["kernel"][0, 0])

    root = stage = jax.lax.conv_general_dilated(
        pictures(), params["stem_conv"]["kernel"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    for i, (last, stride) in enumerate(zip((1, 3, 5), (1, 2, 2), strict=True), 1):
        x = seen[last - 1][0] + seen[last - 1][1]  # within a stage, nothing arrives
        np.testing.assert_allclose(seen[last][1], x, rtol=1e-5)
        x = seen[last][0] + x
        if levels == 3:
            x = x + project(f"stage{i}_shortcut_conv", stage, stride)
        stage = x
    if levels > 1:
        x = x + project("root_shortcut_conv", root, 4)
    norm, scale = stats["last_norm"], params["last_norm"]
    x = (x - norm["mean"]) / np.sqrt(norm["var"] + 1e-5) * scale["scale"] + scale["bias"]
    expected = np.maximum(x, 0).mean((1, 2)) @ params["classifier"]["kernel"] + params["classifier"]["bias"]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)


def test_upper_levels_come_before_the_last_relu_and_are_normalised_in_a_net_of_post_activation():
    config = ror.Config(POST, 2)
    variables = shaken(ror, config)
    params, stats = variables["params"], variables["batch_stats"]
    seen, logits = joins_of(ror, config, variables, jnp.asarray(pictures()), added)
    root = seen[0][1][:, ::4, ::4]  # the first block's shortcut is the identity
    g = np.einsum("nhwc,cd->nhwd", root, params["root_shortcut_conv"]["kernel"][0, 0])
    norm, scale = stats["root_shortcut_norm"], params["root_shortcut_norm"]
    g = (g - norm["mean"]) / np.sqrt(norm["var"] + 1e-5) * scale["scale"] + scale["bias"]
    x = np.maximum(seen[5][0] + seen[5][1] + g, 0)
    expected = x.mean((1, 2)) @ params["classifier"]["kernel"] + params["classifier"]["bias"]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)


def test_upper_levels_survive_where_every_block_is_dropped():
    config = ror.Config(POST)
    variables = shaken(ror, config)
    dropped = gated(jnp.zeros(config.block_count))
    with_all = ror.apply(config, variables, pictures(), join=dropped)
    assert np.abs(with_all - ror.apply(config, without_upper(variables), pictures(), join=dropped)).max() > 1e-2


def test_a_training_step_returns_statistics_of_every_level():
    config = ror.Config(POST)
    variables = shaken(ror, config)
    logits, stats = ror.apply(config, variables, pictures(), train=True)
    assert logits.shape == (6, 5)
    moved = jax.tree.map(lambda a, b: bool(np.abs(a - b).max() > 1e-6), stats, variables["batch_stats"])
    assert all(jax.tree.leaves(moved)) and "stage2_shortcut_norm" in moved


def test_the_config_of_the_net_within_speaks_for_it():
    config = ror.wide(58, 4)
    assert (config.stages, config.block_count, config.reshaping) == ((9, 9, 9), 27, (0, 9, 18))
    assert config.block_names[-1] == "stage3_block9"
    assert ror.cifar(20, classes=100).base.classes == 100


def test_a_level_that_does_not_exist():
    with pytest.raises(ValueError, match="levels must be 1, 2 or 3, got 4"):
        ror.cifar(8, levels=4)
    with pytest.raises(ValueError, match=r"6n \+ 4 .*got 57; nearest: 52 and 58"):
        ror.wide(57)
