"""VGG nets: sizes, which layers can be deleted, dropout, and PyTorch's numbers for the same weights."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import check_groups, parameter_count, pictures, shaken

from deepx.models import vgg
from deepx.nn.residual import switched

TINY = {"stages": (2, 3), "widths": (4, 6), "conv_dropout": (0.3, 0.4), "size": 8, "classes": 5}
NORMED = vgg.Config(**TINY, hidden=(24,), dropout=(0.5, 0.5))  # dense1: 2 x 2 x 6 values to 24
BIASED = vgg.Config(**TINY, hidden=(7, 7), dropout=(0.0, 0.5, 0.5), norm=False)


@pytest.mark.parametrize(("depth", "count"), [(16, 138_357_544), (19, 143_667_240)])
def test_as_many_parameters_as_torchvisions(depth, count):
    """138 and 144 million in table 2."""
    assert parameter_count(vgg, vgg.imagenet(depth)) == count


def test_parameters_of_the_small_net():
    """13 convolutions and 2 fully connected layers, two numbers a channel of normalisation."""
    widths = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    convolutions = sum(9 * a * b for a, b in zip([3, *widths[:-1]], widths, strict=True))
    assert parameter_count(vgg, vgg.Config()) == convolutions + 2 * sum(widths) + 512 * 512 + 2 * 512 + 512 * 10 + 10


def test_the_layers_and_which_of_them_cannot_be_deleted():
    assert NORMED.block_names == (
        *("stage1_layer1", "stage1_layer2", "stage2_layer1", "stage2_layer2", "stage2_layer3", "dense1"),
    )
    assert (NORMED.block_count, NORMED.reshaping) == (6, (0, 2))
    assert (BIASED.block_count, BIASED.reshaping) == (7, (0, 2, 5))
    assert (vgg.Config().block_count, vgg.Config().reshaping) == (14, (0, 2, 4, 7))
    assert (vgg.imagenet(19).block_count, vgg.imagenet(19).reshaping) == (18, (0, 2, 4, 8, 16))


def test_a_deleted_layer_is_the_net_without_it():
    variables = shaken(vgg, NORMED)
    gates = jnp.ones(6).at[3].set(0)  # stage2_layer2
    ours = vgg.apply(NORMED, variables, pictures(size=8), join=switched(gates))
    shorter = dataclasses.replace(NORMED, stages=(2, 2))
    names = {name: name for name in NORMED.block_names if name != "stage2_layer3"} | {"stage2_layer2": "stage2_layer3"}
    without = {
        kind: {new: tree[old] for new, old in (names | {"classifier": "classifier"}).items() if old in tree}
        for kind, tree in variables.items()
    }
    np.testing.assert_allclose(ours, vgg.apply(shorter, without, pictures(size=8)), rtol=1e-5, atol=1e-5)


def test_layers_that_change_the_shape_stay_under_any_join():
    variables, x = shaken(vgg, NORMED), pictures(size=8)
    whole = vgg.apply(NORMED, variables, x)
    deleted = np.asarray(jax.vmap(lambda gates: vgg.apply(NORMED, variables, x, join=switched(gates)))(1 - jnp.eye(6)))
    changed = np.abs(deleted - whole).max((1, 2)) > 1e-3
    assert changed.tolist() == [False, True, False, True, True, True]


def test_dropout_needs_a_key_in_training_and_is_not_there_in_evaluation():
    variables, x = shaken(vgg, NORMED), pictures(size=8)
    with pytest.raises(ValueError, match="training a net with dropout needs a key"):
        vgg.apply(NORMED, variables, x, train=True)
    trained = [vgg.apply(NORMED, variables, x, train=True, key=jax.random.key(i))[0] for i in (0, 0, 1)]
    np.testing.assert_array_equal(trained[0], trained[1])
    assert np.abs(trained[0] - trained[2]).max() > 1e-2
    without = dataclasses.replace(NORMED, conv_dropout=(0.0, 0.0), dropout=(0.0, 0.0))
    np.testing.assert_array_equal(vgg.apply(NORMED, variables, x), vgg.apply(without, variables, x))
    logits, stats = vgg.apply(without, variables, x, train=True)
    assert logits.shape == (6, 5) and jax.tree.structure(stats) == jax.tree.structure(variables["batch_stats"])


def test_dropout_stands_between_the_convolutions_of_a_stage_and_in_front_of_fully_connected_layers():
    assert [place.dropout for place in NORMED.places] == [0, 0.3, 0, 0.4, 0.4, 0.5]
    assert [place.dropout for place in vgg.imagenet(19).places] == [0] * 17 + [0.5]
    assert [place.pooled for place in NORMED.places] == [False, True, False, False, True, False]

    nothing_left = dataclasses.replace(NORMED, dropout=(0.0, 1.0))
    variables = shaken(vgg, NORMED)
    logits, _ = vgg.apply(nothing_left, variables, pictures(size=8), train=True, key=jax.random.key(0))
    np.testing.assert_allclose(logits, np.tile(variables["params"]["classifier"]["bias"], (6, 1)), rtol=1e-6)
    alike = dataclasses.replace(NORMED, conv_dropout=(0.0, 1.0), dropout=(0.0, 0.0))
    logits, _ = vgg.apply(alike, variables, pictures(size=8), train=True, key=jax.random.key(0))
    assert np.ptp(logits, axis=0).max() < 1e-5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: vgg.imagenet(18), "depth must be one of 16, 19, got 18"),
        (lambda: dataclasses.replace(NORMED, size=30), "size must be a multiple of 4 pixels, got 30"),
        (lambda: dataclasses.replace(NORMED, widths=(4,)), "as many entries"),
        (lambda: dataclasses.replace(NORMED, dropout=(0.5,)), "dropout must have an entry for each"),
    ],
)
def test_nets_that_do_not_exist(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_groups_of_a_batch_are_normalised_by_themselves():
    without_dropout = dataclasses.replace(NORMED, conv_dropout=(0.0, 0.0), dropout=(0.0, 0.0))
    check_groups(vgg, without_dropout, pictures(size=8))


def test_images_of_another_size_are_refused():
    with pytest.raises(AssertionError, match="shape"):
        vgg.apply(NORMED, shaken(vgg, NORMED), pictures(size=16))


@pytest.mark.parametrize("config", [NORMED, BIASED])
def test_the_same_numbers_as_an_independent_implementation_in_pytorch(config):
    """With the flattened map in PyTorch's order, channels first."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    variables = shaken(vgg, config)
    params, stats = (jax.tree.map(torch.tensor, variables[kind]) for kind in ("params", "batch_stats"))

    def rest(x, name):
        if config.norm:
            p, s = params[name]["norm"], stats[name]["norm"]
            x = functional.batch_norm(x, s["mean"], s["var"], p["scale"], p["bias"])
        return torch.relu(x)

    x = torch.tensor(pictures(size=8).transpose(0, 3, 1, 2))
    for stage, layers in ((1, 2), (2, 3)):
        for layer in range(1, layers + 1):
            name = f"stage{stage}_layer{layer}"
            p = params[name]["conv"]
            x = rest(functional.conv2d(x, p["kernel"].permute(3, 2, 0, 1), p.get("bias"), padding=1), name)
        x = functional.max_pool2d(x, 2)
    x = x.flatten(1)
    for name in config.block_names[5:]:
        p = params[name]["dense"]
        x = rest(functional.linear(x, p["kernel"].T, p.get("bias")), name)
    x = functional.linear(x, params["classifier"]["kernel"].T, params["classifier"]["bias"])
    np.testing.assert_allclose(vgg.apply(config, variables, pictures(size=8)), x, rtol=1e-4, atol=1e-4)
