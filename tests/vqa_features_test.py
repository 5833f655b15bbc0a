"""Features of images: what the classifier sees, equal when fresh and when kept, made again where a file is damaged."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from deepx.engine.errors import UserError
from deepx.models import resnet
from experiments import vqa_features
from experiments.vqa_features import Seer, seen, seer_of

PICTURES = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)


@pytest.fixture
def seer():
    """Counts the images it is asked about."""
    asked = []

    def see(images):
        jax.debug.callback(lambda: asked.append(len(images)))
        return images.reshape(len(images), -1)[:, :5]

    return Seer(see, 5, "mark"), asked


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(vqa_features, "PART", 3)
    monkeypatch.setattr(vqa_features, "BATCH", 2)


def test_what_a_classifier_sees_is_what_its_last_matrix_multiplies():
    config = resnet.cifar(8, widths=(4, 4, 6))
    images = jax.random.normal(jax.random.key(1), (2, 8, 8, 3))

    @jax.jit
    def run(key):
        variables = resnet.init(key, config)
        features, logits = (f(config, variables, images) for f in (resnet.features, resnet.apply))
        return variables["params"]["classifier"], features, logits

    last, features, logits = run(jax.random.key(0))
    assert features.shape == (2, 6)
    np.testing.assert_allclose(features @ last["kernel"] + last["bias"], logits, atol=1e-5)


def test_kept_features_equal_fresh_ones(tmp_path, seer):
    looks, asked = seer
    fresh = seen(looks, PICTURES, "train", str(tmp_path))
    assert fresh.shape == (7, 5) and asked == [2] * 5  # parts of 3, 3 and 1 in batches of 2
    np.testing.assert_array_equal(fresh, PICTURES.reshape(7, -1)[:, :5])
    np.testing.assert_array_equal(seen(looks, PICTURES, "train", str(tmp_path)), fresh)
    assert len(asked) == 5  # nothing was seen again


def test_only_what_is_missing_or_damaged_is_made_again(tmp_path, seer):
    looks, asked = seer
    fresh = seen(looks, PICTURES, "train", str(tmp_path))
    first, second, last = sorted(tmp_path.glob("*/*.npy"))
    second.write_bytes(second.read_bytes()[:-4])  # cut short
    last.unlink()
    first.with_suffix(".partial").write_bytes(b"of a process that was killed")
    asked.clear()
    np.testing.assert_array_equal(seen(looks, PICTURES, "train", str(tmp_path)), fresh)
    assert asked == [2] * 3


@pytest.mark.parametrize("other", ["weights", "pictures", "name"])
def test_other_weights_or_pictures_have_files_of_their_own(tmp_path, seer, other):
    looks, _ = seer
    seen(looks, PICTURES, "train", str(tmp_path))
    changed = {
        "weights": (looks._replace(see=lambda x: 2 * looks.see(x), mark="other"), PICTURES, "train"),
        "pictures": (looks, PICTURES[::-1].copy(), "train"),
        "name": (looks, PICTURES, "test"),
    }[other]
    np.testing.assert_allclose(seen(*changed, str(tmp_path)), changed[0].see(jnp.asarray(changed[1], jnp.float32)))
    assert len(list(tmp_path.iterdir())) == 2


def test_mistakes_are_told(tmp_path):
    nothing = {"run": "", "weights": "", "depth": 152, "folder": ""}
    assert seer_of(ConfigDict(nothing)) is None
    with pytest.raises(UserError, match="features.run or features.weights, not both"):
        seer_of(ConfigDict(nothing | {"run": "a", "weights": "b"}))
    with pytest.raises(UserError, match="holds no run"):
        seer_of(ConfigDict(nothing | {"run": str(tmp_path)}))
    for depth in (18, 152):  # nets that torchvision has, with its strides
        with pytest.raises(OSError, match="nowhere.npz"):
            seer_of(ConfigDict(nothing | {"weights": "nowhere.npz", "depth": depth}))
