"""Super-resolution as an experiment: where SRGAN begins, its features, what is measured, one's own picture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from ml_collections import ConfigDict
from PIL import Image

from deepx.data import photographs
from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.models import srgan, vgg
from experiments import gan_super_resolution as experiment
from experiments import gan_super_resolution_features as features
from experiments import gan_super_resolution_report as report
from experiments import reproduce, trained_nets


def smoke(name, **changes):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.update_from_flattened_dict(changes)
    return config


def filled(init):
    """Variables of the shapes that `init` makes, without compiling it."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(init, jax.random.key(0))

    def value(path, leaf):
        low = -0.2 if path[-1].key == "kernel" else 0.1
        return rng.uniform(low, 0.2, leaf.shape).astype(np.float32)

    return jax.tree.map_with_path(value, shapes)


def test_srgan_begins_with_the_generator_of_an_srresnet_run(monkeypatch):
    theirs = smoke("gan/srresnet")
    variables = filled(lambda key: srgan.init_generator(key, experiment.net_of(theirs)))
    monkeypatch.setattr(experiment, "trained", lambda path, build: (theirs, variables))
    config = smoke("gan/srgan", generator_from="a/run")
    jax.tree.map(np.testing.assert_array_equal, experiment.beginning(config), variables)
    assert experiment.beginning(smoke("gan/srgan")) is None
    config.model.width, config.model.norm = 5, False
    with pytest.raises(UserError, match="in a/run is another: width is 4, not 5; norm is True, not False"):
        experiment.beginning(config)


def test_features_are_the_maps_of_a_convolution_for_images_of_any_size(monkeypatch):
    """With images of the net's own size, what its layers pass on to one another."""
    config = vgg.Config((1, 2), (2, 3), hidden=(), conv_dropout=(0.0, 0.0), dropout=(0.0,), size=8)
    rng = np.random.default_rng(0)
    variables = filled(lambda key: vgg.init(key, config))
    images, seen = rng.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32), {}
    mean, std = np.array([100.0, 110.0, 120.0]), np.array([50.0, 60.0, 70.0])
    vgg.apply(
        config,
        variables,
        jnp.asarray(((images + 1) * 127.5 - mean) / std, jnp.float32),
        join=lambda f, s, l: seen.setdefault(l, f),
    )
    run = ConfigDict({"model": {}, "data": {}})
    monkeypatch.setattr(trained_nets, "trained", lambda path, build: (run, variables))
    monkeypatch.setattr(trained_nets, "net_of", lambda model: trained_nets.Net(vgg, config))
    monkeypatch.setattr(trained_nets.image_sets, "moments", lambda data: (mean, std))
    section = ConfigDict({"weights": "", "run": "a/run", "layer": "stage2_layer2", "scale": 1.0})
    maps = features.features_of(section)
    np.testing.assert_allclose(maps(jnp.asarray(images)), seen[2], rtol=1e-5)
    assert maps(jnp.zeros((1, 12, 20, 3))).shape == (1, 6, 10, 3)
    section.layer = "stage3_layer1"
    with pytest.raises(UserError, match="must be one of stage1_layer1, stage2_layer1, stage2_layer2"):
        features.features_of(section)
    section.weights = "vgg19.npz"
    with pytest.raises(UserError, match="not both"):
        features.features_of(section)
    section.weights = section.run = ""
    assert features.features_of(section) is None


def test_what_is_measured_of_a_test_set():
    """Of two nets: one interpolates as the yardstick does, the other knows the original."""
    picture = photographs.generated(1)["discs0"]
    plain = report.measured(picture, 4, lambda low: report.bicubic.resize_bytes(low, 64, 80))
    near = report.measured(picture, 4, lambda low: picture ^ 1)
    measures = report.measures([{"one": plain, "two": plain}, {"one": near, "two": near}])
    gain, psnr, other = measures["psnr_gain"], measures["psnr_y"], measures["psnr_y_bicubic"]
    assert gain[0] == 0 and gain[1] > 10 and psnr[0] == other[0] == other[1] and psnr[1] == gain[1] + other[1]
    assert measures["ssim_y"][0] == measures["ssim_y_bicubic"][0] < 0.999 < measures["ssim_y"][1]
    np.testing.assert_array_equal(plain.nearest[:4, :4], np.broadcast_to(plain.nearest[0, 0], (4, 4, 3)))


def test_the_detail_is_where_the_error_is():
    true, made = np.zeros((2, 20, 30, 3), np.uint8)
    made[9, 17] = 9
    top, left = report.worst(true, made, 4)
    assert 6 <= top <= 9 and 14 <= left <= 17
    assert report.worst(true, true, 20) == (0, 0)


def test_ones_own_picture_is_enlarged_by_tiles_and_written(tmp_path, monkeypatch, capsys):
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    monkeypatch.chdir(tmp_path)
    config = smoke("gan/srresnet", **{"evaluation.tile": 24})
    net = experiment.net_of(config)
    variables = filled(lambda key: srgan.init_generator(key, net))
    low = photographs.generated(1, size=(33, 24))["discs0"]
    Image.fromarray(low).save("photo.png")
    for out, path in ((None, "photo_x4.png"), ("large.bmp", "large.bmp")):
        with flagsaver.flagsaver(image="photo.png", out=out):
            report.predict(config, net, variables)
        assert capsys.readouterr().out == f"{path}: 96 x 132 pixels, from 24 x 33.\n"
    whole = report.shown(jax.jit(lambda: srgan.generate(net, variables, low[None] / np.float32(255)))())[0]
    assert np.std(whole) > 0.1
    for path in ("photo_x4.png", "large.bmp"):
        np.testing.assert_allclose(photographs.read(path), 255 * whole, atol=0.51)


def test_mistakes_are_told_in_words():
    for changes, words in (
        ({"data.train": ""}, "Give a folder of pictures, --config.data.train=FOLDER"),
        ({"data.held_out": 6}, "data.held_out is 6; it must be below the 6 pictures"),
    ):
        with pytest.raises(UserError, match=words):
            experiment.build_srresnet(smoke("gan/srresnet", **changes))
    with pytest.raises(UserError, match="optimizer.schedule is 'linear'"):
        experiment.schedule(smoke("gan/srresnet", **{"optimizer.schedule": "linear"}))
