"""What is drawn of ImageNet's photographs: here of small made-up ones, whose pixels say where they were."""

from pathlib import Path

import grain
import numpy as np
import pytest
import tensorflow_datasets as tfds
import tfds_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepx.data import imagenet
from deepx.data.errors import DataCorrupt, DataNotPrepared


def chart(height, width):
    """An image whose red is the row and whose green is the column."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([rows, columns, np.full_like(rows, 7)], axis=-1)


def charts(count):
    """Examples of several sizes; the label is the number."""
    shapes = [(20, 30), (30, 20), (25, 25), (20, 47)]
    return grain.MapDataset.range(count).map(lambda i: {"image": chart(*shapes[i % 4]), "label": np.int32(i)})


def places(picture):
    """The rows and columns that a picture of a chart shows."""
    rows, columns = picture[:, 0, 0].astype(int), picture[0, :, 1].astype(int)
    assert (picture[..., 0] == rows[:, None]).all() and (picture[..., 1] == columns).all()
    return rows, columns


# The pictures


@settings(deadline=None, max_examples=60)
@given(st.integers(12, 90), st.integers(12, 90), st.integers(1, 12), st.integers(0, 2**32))
def test_a_crop_is_a_square_of_the_picture_and_never_leaves_it(height, width, size, seed):
    shorter = min(height, width)  # so that nothing is resized
    example = {"image": chart(height, width), "label": 3}
    drawn = imagenet.augmented(example, np.random.default_rng(seed), shorter=(shorter, shorter), size=size)
    rows, columns = places(drawn["image"])
    assert drawn["image"].shape == (size, size, 3) and drawn["label"] == 3
    assert rows[-1] < height and (np.diff(rows) == 1).all()
    assert columns.max() < width and (np.abs(np.diff(columns)) == 1).all() and len(set(columns)) == size


def test_every_place_and_both_directions_are_drawn_equally_often():
    rng, example = np.random.default_rng(0), {"image": chart(6, 7), "label": 0}
    drawn = [places(imagenet.augmented(example, rng, shorter=(6, 6), size=5)["image"]) for _ in range(1200)]
    counts = {}
    for rows, columns in drawn:
        place = rows[0], columns.min(), columns[0] < columns[-1]
        counts[place] = counts.get(place, 0) + 1
    assert len(counts) == 2 * 3 * 2 and min(counts.values()) > 65 and max(counts.values()) < 140  # 100 +- 4 deviations


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_resizing_keeps_the_proportions(height, width, shorter):
    image = imagenet.resized(np.zeros((height, width, 3), np.uint8), shorter)
    assert min(image.shape[:2]) == shorter and image.dtype == np.uint8
    assert max(image.shape[:2]) == pytest.approx(max(height, width) * shorter / min(height, width), abs=0.5)
    assert (image.shape[0] - image.shape[1]) * (height - width) >= 0


def test_resizing_averages_where_it_makes_smaller():
    checks = np.zeros((8, 8, 3), np.uint8)
    checks[::2, ::2], checks[1::2, 1::2] = 200, 200
    assert np.ptp(imagenet.resized(checks, 2).astype(int)) <= 2 and imagenet.resized(checks, 2).mean() == pytest.approx(
        100, abs=2
    )
    np.testing.assert_array_equal(imagenet.resized(chart(9, 13), 9), chart(9, 13))


def test_the_shorter_side_is_drawn_with_both_ends():
    rng, example = np.random.default_rng(0), {"image": np.zeros((8, 8, 3), np.uint8), "label": 0}
    seen, resized = set(), imagenet.resized

    def watched(image, shorter):
        seen.add(int(shorter))
        return resized(image, shorter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imagenet, "resized", watched)
        for _ in range(100):
            imagenet.augmented(example, rng, shorter=(8, 11), size=8)
    assert seen == {8, 9, 10, 11}


def test_light_varies_along_the_principal_components():
    """Its coordinates along them are independent, with deviations of a tenth of the eigenvalues."""
    np.testing.assert_allclose(imagenet.EIGENVECTORS.T @ imagenet.EIGENVECTORS, np.eye(3), atol=1e-3)
    rng = np.random.default_rng(0)
    drawn = np.stack([imagenet.light(rng)[0, 0] for _ in range(4000)]) @ imagenet.EIGENVECTORS / 255
    np.testing.assert_allclose(drawn.std(0), 0.1 * imagenet.EIGENVALUES, rtol=0.05)
    np.testing.assert_allclose(np.corrcoef(drawn.T), np.eye(3), atol=0.1)
    assert imagenet.light(rng).dtype == np.float32


def test_normalising_adds_the_light_first():
    pictures = np.array([0, 100, 255], np.uint8) * np.ones((2, 4, 4, 1), np.uint8)
    light = np.array([[[[1.0, 2.0, 3.0]]], [[[-1.0, 0.0, 300.0]]]], np.float32)
    given = np.asarray(imagenet.normalised(pictures, light))
    assert given.shape == (2, 4, 4, 3) and given.dtype == np.float32
    np.testing.assert_allclose(
        given[0, 0, 0], [(1 / 255 - 0.485) / 0.229, (102 / 255 - 0.456) / 0.224, (258 / 255 - 0.406) / 0.225], rtol=1e-5
    )
    np.testing.assert_allclose(given[1, 3, 2, 2], (555 / 255 - 0.406) / 0.225, rtol=1e-5)  # not clipped
    np.testing.assert_allclose(imagenet.normalised(pictures), imagenet.normalised(pictures, 0 * light))


def test_the_centre_and_the_ten_crops_by_hand():
    rows, columns = places(imagenet.centre_crop(chart(9, 12), 4)[0])
    assert rows.tolist() == [2, 3, 4, 5] and columns.tolist() == [4, 5, 6, 7]
    ten = imagenet.ten_crops(chart(9, 12), 4)
    assert ten.shape == (10, 4, 4, 3)
    corners = [(rows[0], columns[0]) for rows, columns in map(places, ten)]
    assert corners[:5] == [(0, 0), (0, 8), (5, 0), (5, 8), (2, 4)]
    assert corners[5:] == [(0, 3), (0, 11), (5, 3), (5, 11), (2, 7)]


# The batches


def test_a_training_batch_is_a_function_of_the_seed_and_its_number():
    first, again = (imagenet.training(charts(8), 5, 3, shorter=(20, 24), size=16) for _ in range(2))
    batches = [first[i] for i in range(8)]
    for i in reversed(range(8)):
        for name, values in again[i].items():
            np.testing.assert_array_equal(values, batches[i][name])
    assert batches[0]["image"].shape == (3, 16, 16, 3) and batches[0]["image"].dtype == np.uint8
    assert batches[0]["light"].shape == (3, 1, 1, 3) and batches[0]["label"].dtype == np.int32
    other = imagenet.training(charts(8), 6, 3, shorter=(20, 24), size=16)
    assert any((other[i]["label"] != batches[i]["label"]).any() for i in range(8))


def test_every_pass_has_every_example_once_in_an_order_and_with_crops_of_its_own():
    batches = imagenet.training(charts(8), 0, 4, shorter=(20, 24), size=16)
    passes = [[batches[i], batches[i + 1]] for i in (0, 2, 4)]
    labels = [np.concatenate([batch["label"] for batch in each]) for each in passes]
    assert all(sorted(each) == list(range(8)) for each in labels) and len({tuple(each) for each in labels}) == 3
    lights = np.concatenate([batch["light"].ravel() for each in passes for batch in each])
    assert len(set(lights)) == 3 * 24


def test_one_pass_of_evaluation_is_padded_and_masked():
    batches = imagenet.evaluation(charts(7), 4, shorter=20, size=16)
    assert len(batches) == 2 and batches[0]["image"].shape == (4, 1, 16, 16, 3)
    assert np.concatenate([batch["label"] for batch in batches])[:7].tolist() == list(range(7))
    assert [batch["mask"].tolist() for batch in batches] == [[1, 1, 1, 1], [1, 1, 1, 0]]
    rows, columns = places(batches[0]["image"][0, 0])  # of 20 x 30
    assert (rows[0], columns[0]) == (2, 7)
    assert len(imagenet.evaluation(charts(8), 4, shorter=20, size=16)) == 2
    assert imagenet.evaluation(charts(7), 4, shorter=20, size=16, crops=10)[1]["image"].shape == (4, 10, 16, 16, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: imagenet.training(charts(4), 0, 2, shorter=(20, 24), size=21), "crops of 21 pixels .* has 20"),
        (lambda: imagenet.evaluation(charts(4), 2, shorter=20, size=0), "crops of 0 pixels"),
        (lambda: imagenet.evaluation(charts(4), 2, crops=5), "1 or 10, got 5"),
    ],
)
def test_crops_that_cannot_be_taken_are_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_generated_photographs_are_drawn_like_real_ones():
    examples = imagenet.generated(12, classes=3)
    assert examples[0]["image"].shape == (64, 64, 3) and {int(e["label"]) for e in examples} == {0, 1, 2}
    batch = imagenet.training(examples, 0, 4, shorter=(64, 72), size=56)[0]
    assert batch["image"].shape == (4, 56, 56, 3) and 80 < batch["image"].mean() < 176


# The data set on the disk


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with five photographs in JPEG, of several sizes, one of them grey."""
    colour = tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg")
    features = tfds.features.FeaturesDict({"image": colour, "label": tfds.features.ClassLabel(num_classes=5)})

    def examples():
        for label in range(5):
            image = Image.fromarray(np.full((20 + label, 30, 3), 40 * label, np.uint8))
            image.convert("L" if label == 4 else "RGB").save(tmp_path / "photo.jpeg")
            yield {"image": str(tmp_path / "photo.jpeg"), "label": label}

    tfds_folder.write(tmp_path, "photos", features, {"train": examples()})
    return tmp_path


def test_photographs_are_read_in_order_grey_ones_in_three_channels(data_dir):
    examples = imagenet.photographs("train", "photos", data_dir)
    assert len(examples) == 5
    for label, example in enumerate(examples):
        assert example["label"] == label and example["image"].shape == (20 + label, 30, 3)
        np.testing.assert_allclose(example["image"], 40 * label, atol=2)
    assert [int(e["label"]) for e in imagenet.photographs("train[1:3]", "photos", data_dir)] == [1, 2]
    batch = imagenet.training(examples, 0, 5, shorter=(16, 20), size=16)[3]
    np.testing.assert_allclose(batch["image"].mean((1, 2, 3)), 40 * batch["label"], atol=2)
    assert batch["label"].dtype == np.int32


def test_what_is_missing_or_damaged_is_told(data_dir):
    with pytest.raises(DataNotPrepared, match="prepare_data imagenet2012"):
        imagenet.photographs("train", data_dir=data_dir)
    with pytest.raises(ValueError, match="valid"):
        imagenet.photographs("valid", "photos", data_dir)
    file = data_dir / "photos" / "1.0.0" / "photos-train.array_record-00000-of-00001"
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"?" * 50 + whole[150:])
    with pytest.raises(DataCorrupt, match=f"split 'train' in {file.parent} cannot be read"):
        list(imagenet.photographs("train", "photos", data_dir))
