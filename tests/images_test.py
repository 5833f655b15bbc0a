"""Reading a prepared TFDS data set, here one of a few images that the test writes itself."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
import tfds_folder
from PIL import Image

from deepx.data import images, prepared
from deepx.data.errors import DataCorrupt, DataNotPrepared

NAME = "deepx_tiny"
PICTURES = np.random.default_rng(0).integers(0, 256, (7, 4, 6, 3), dtype=np.uint8)
LABELS = np.arange(7) % 3


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a data set of 5 training and 2 test images, as TFDS lays it out."""
    features = tfds.features.FeaturesDict(
        {"image": tfds.features.Image(shape=(4, 6, 3)), "label": tfds.features.ClassLabel(num_classes=3)}
    )
    examples = [{"image": Image.fromarray(of), "label": label} for of, label in zip(PICTURES, LABELS, strict=True)]
    splits = {"train": examples[:5], "test": examples[5:]}
    tfds_folder.write(tmp_path, NAME, features, splits, description="Noise in seven frames. Made by a test.")
    return tmp_path


def test_every_image_and_label_is_read_in_order(data_dir):
    train, test = images.load(NAME, "train", data_dir), images.load(NAME, "test", data_dir)
    np.testing.assert_array_equal(train["image"], PICTURES[:5])
    np.testing.assert_array_equal(test["image"], PICTURES[5:])
    np.testing.assert_array_equal(train["label"], LABELS[:5])
    assert train["image"].dtype == np.uint8 and train["label"].dtype == np.int32
    np.testing.assert_array_equal(images.load(NAME, "train[1:3]", data_dir)["label"], LABELS[1:3])


def test_classes_have_the_names_that_the_data_set_gives_them_or_numbers(data_dir):
    assert prepared.class_names(NAME, data_dir) == ("0", "1", "2")
    (data_dir / NAME / "1.0.0" / "label.labels.txt").write_text("cat\ndog\nfrog\n")
    assert prepared.class_names(NAME, data_dir) == ("cat", "dog", "frog")


def test_the_directory_is_the_argument_else_the_environments_else_tfdss_own(data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(data_dir))
    assert len(images.load(NAME, "test")["label"]) == 2
    assert prepared.data_directory(tmp_path / "mine") == tmp_path / "mine"
    monkeypatch.delenv("TFDS_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert prepared.data_directory() == tmp_path / "tensorflow_datasets"


def test_reading_imports_no_tensorflow(data_dir):
    program = f"""
import sys
from deepx.data import images, prepared
from deepx.data.errors import DataCorrupt, DataNotPrepared
assert len(images.load("{NAME}", "train")["label"]) == 5
assert prepared.provenance("{NAME}")
sys.exit("tensorflow" in sys.modules)
"""
    environment = dict(os.environ, TFDS_DATA_DIR=str(data_dir), PYTHONPATH=str(Path(__file__).parent.parent))
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


@pytest.mark.parametrize("name", ["cifar10", "no_such_set"])
def test_a_missing_data_set_is_told_with_the_place_and_the_command(name, tmp_path):
    with pytest.raises(DataNotPrepared) as caught:
        images.load(name, "train", tmp_path)
    message = str(caught.value)
    assert f"in {tmp_path}." in message and f"`./scripts/prepare_data {name} --data_dir={tmp_path}`" in message
    assert "\n" not in message and not any(tmp_path.iterdir())


def test_a_data_set_in_another_form_counts_as_missing(data_dir):
    info = data_dir / NAME / "1.0.0" / "dataset_info.json"
    info.write_text(info.read_text().replace("array_record", "tfrecord"))
    with pytest.raises(DataNotPrepared, match="array_record form"):
        images.load(NAME, "train", data_dir)


@pytest.mark.parametrize("damage", ["cut short", "overwritten", "deleted"])
def test_a_damaged_file_is_named(data_dir, damage):
    file = data_dir / NAME / "1.0.0" / f"{NAME}-train.array_record-00000-of-00001"
    whole = file.read_bytes()
    if damage == "deleted":
        file.unlink()
    else:
        half = len(whole) // 2
        file.write_bytes(whole[:half] + (b"?" * 50 + whole[half + 50 :] if damage == "overwritten" else b""))
    with pytest.raises(DataCorrupt, match=f"{file}.*prepare_data {NAME}"):
        images.load(NAME, "train", data_dir)
    assert len(images.load(NAME, "test", data_dir)["label"]) == 2


@pytest.mark.parametrize("file", ["dataset_info.json", "features.json"])
def test_a_damaged_description_is_told(data_dir, file):
    path = data_dir / NAME / "1.0.0" / file
    path.write_text(path.read_text()[:40])
    with pytest.raises(DataCorrupt, match=f"{data_dir / NAME}.*prepare_data {NAME}"):
        images.load(NAME, "train", data_dir)


def test_an_unknown_split_is_told_with_the_known_ones(data_dir):
    with pytest.raises(ValueError, match=r"valid.*train.*test"):
        images.load(NAME, "valid", data_dir)


def test_provenance_is_what_the_prepared_files_say(data_dir):
    assert prepared.provenance(NAME, data_dir) == f"TFDS {NAME}/1.0.0: Noise in seven frames"


def test_the_split_is_a_fixed_partition():
    arrays = {"image": np.arange(100).reshape(50, 2), "label": np.arange(50)}
    train, valid = images.split(arrays, 45, 5)
    np.testing.assert_array_equal(np.sort(np.concatenate([train["label"], valid["label"]])), arrays["label"])
    np.testing.assert_array_equal(train["image"], arrays["image"][train["label"]])
    np.testing.assert_array_equal(valid["label"], [46, 3, 0, 47, 44])  # results of old runs hang on these
    with pytest.raises(ValueError, match="add up to the 50"):
        images.split(arrays, 40, 5)


def test_generated_images_repeat_and_their_classes_can_be_told_apart():
    train, test = images.generated_images(200), images.generated_images(100, seed=1)
    assert train["image"].shape == (200, 32, 32, 3) and train["image"].dtype == np.uint8
    np.testing.assert_array_equal(train["image"], images.generated_images(200)["image"])
    assert set(train["label"]) == set(range(10))
    assert images.generated_images(5, shape=(28, 28, 1), classes=2)["image"].shape == (5, 28, 28, 1)

    means = np.stack([train["image"][train["label"] == label].mean(0) for label in range(10)])
    distance = np.square(test["image"][:, None] - means).sum((2, 3, 4))
    assert (distance.argmin(1) == test["label"]).all()


@pytest.mark.skipif(not os.environ.get("TFDS_DATA_DIR"), reason="needs TFDS_DATA_DIR with a prepared cifar10")
def test_cifar10_if_it_is_there():
    test = images.load("cifar10", "test")
    assert test["image"].shape == (10_000, 32, 32, 3)
    np.testing.assert_array_equal(np.bincount(test["label"]), [1000] * 10)
