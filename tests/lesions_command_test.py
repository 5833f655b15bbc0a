"""`./scripts/lesions`: all four figures of a residual net beside a VGG, and mistakes in words."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict
from nets import pictures, shaken

from deepx.analysis.lesions import single_deletions
from experiments import lesions
from experiments.nets import blocks_of, net_of, regime_of

SMALL = {
    "ResNet-14": {"name": "resnet", "depth": 14, "widths": (2, 2, 2), "classes": 3},
    "VGG": {
        "name": "vgg", "stages": (1, 2), "widths": (2, 2), "hidden": (), "conv_dropout": (0.0, 0.0),
        "dropout": (0.0,), "size": 8, "classes": 3,
    },
}  # fmt: skip


def subject(model):
    net = net_of(ConfigDict(model))
    regime = regime_of(ConfigDict({"name": "own"}), net)
    variables, images = shaken(net.model, net.config), jnp.asarray(pictures(4, 8))
    return lesions.Subject(net, regime, blocks_of(net), variables, images, jnp.arange(4) % 3, 3)


def test_every_figure_of_a_residual_net_and_one_of_a_vgg():
    how = lesions.Counts(deleted=2, draws=3, orders=2, swaps=2, paths=2)
    subjects = {name: subject(model) for name, model in SMALL.items()}
    found = {name: numbers for name, _, numbers in lesions.pictures(subjects, how, seed=0)}
    assert {name: list(nets) for name, nets in found.items()} == {
        "deletions": ["ResNet-14", "VGG"], "random_deletions": ["ResNet-14"], "shuffles": ["ResNet-14"],
        "paths": ["ResNet-14"],
    }  # fmt: skip
    assert list(found["deletions"]["VGG"].blocks) == [1, 2]  # the first layer changes the number of channels
    assert found["random_deletions"]["ResNet-14"].errors.shape == (2, 3)
    assert found["paths"]["ResNet-14"].norm.shape == (7,)


def test_errors_are_those_of_the_whole_test_set_however_it_is_divided(monkeypatch):
    of = subject(SMALL["VGG"])
    gates = single_deletions(of.blocks)
    at_once = lesions.errors(of)(of.variables, gates, "")
    monkeypatch.setattr(lesions, "BATCH", 3)  # the last batch has one image
    np.testing.assert_array_equal(lesions.errors(of)(of.variables, gates, ""), at_once)
    assert at_once.shape == (2,) and 0 < at_once.mean() < 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere"),
        (["resnet/none:weights.npz"], "There is no config 'resnet/none'"),
        ([f"resnet/cifar10_vgg:{__file__}"], "Weights can be imported into residual and plain nets"),
        (["resnet/cifar10_resnet20:none.npz"], "There is no file none.npz"),
        ([f"resnet/cifar10_resnet20:{__file__}"], "holds no named arrays"),
        (["runs/x", "--images=0"], "--images must be at least 1"),
    ],
)
def test_a_mistake_is_told_in_words(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lesions", *arguments])
    with pytest.raises(SystemExit) as end:
        lesions.main()
    assert end.value.code == 2 and words in capsys.readouterr().err
