"""A picture of the user's is seen as test images are, and its likeliest classes are named."""

import jax
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from deepx.data import augment, imagenet
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import image_sets, nets, resnet, resnet_predict
from experiments.reproduce import CONFIGS

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def smoke(name):
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    return load(CONFIGS / "resnet" / f"{name}.py", "smoke").unlock()


def seen(config, picture):
    """The picture as `evaluation` gives it to the net, computed here."""
    if "shorter" in config.data:
        side = config.data.test_shorter
        assert picture.shape[0] == picture.shape[1]
        resized = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))
        return imagenet.normalised(imagenet.ten_crops(resized, config.data.size))
    middle = picture[:, (picture.shape[1] - 32) // 2 :][:, :32]
    return augment.normalise(middle[None], *image_sets.moments(config.data))


@pytest.mark.parametrize(("name", "shape"), [("cifar10_resnet20", (32, 50, 3)), ("imagenet_resnet18", (90, 90, 3))])
def test_the_five_likeliest_classes_are_those_that_the_net_gives(name, shape, tmp_path, monkeypatch, capsys):
    config = smoke(name)
    monkeypatch.setattr(resnet_predict, "class_names", lambda config: NAMES)
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "photo.png")
    experiment, net = resnet.build(config), nets.net_of(config.model)
    state = jax.jit(experiment.init)(jax.random.key(0))
    with flagsaver.flagsaver(image=str(tmp_path / "photo.png")):
        experiment.predict(state)
    variables = {"params": state.params, "batch_stats": state.stats}
    p = np.asarray(jax.nn.softmax(net.apply(variables, seen(config, picture)))).mean(0)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["class", "probability"],
        *([NAMES[y], f"{100 * p[y]:.1f}%"] for y in np.argsort(-p)[:5]),
    ]


def test_a_picture_is_asked_for():
    experiment = resnet.build(smoke("cifar10_resnet20"))
    with pytest.raises(UserError, match="Give a picture: --image=FILE"):
        experiment.predict(None)
    assert image_sets.class_names(smoke("cifar10_resnet20")) == [str(y) for y in range(10)]
