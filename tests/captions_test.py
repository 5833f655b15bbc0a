"""Sentences as numbers, and the readers of pictures with sentences."""

import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from deepx.data import captions, coco_captions, easy_vqa
from deepx.data.errors import DataCorrupt, DataNotPrepared


def test_words_and_numbers():
    assert captions.words("A man's hat, on-the table.") == ["a", "man's", "hat", "on", "the", "table"]
    known = captions.vocabulary_of(["a dog", "A cat.", "a dog runs"], least=2)
    assert known.known == ("a", "dog") and known.size == 3
    encoded = captions.encode(["A dog", "a strange dog dog"], known, 3)
    assert encoded.tolist() == [[1, 2, 0], [1, 2, 2]] and encoded.dtype == np.int32


def test_unknown_words_are_told_with_the_nearest():
    known = captions.Vocabulary(("blue", "circle", "square"))
    captions.check_known("Blue square!", known)
    with pytest.raises(captions.UnknownWords, match="'sqare' .near it: square., 'xyz'.* Known are: blue circle square"):
        captions.check_known("a blue sqare xyz".removeprefix("a "), known)
    with pytest.raises(ValueError, match="no word"):
        captions.check_known(" ?", known)


@pytest.fixture
def package(tmp_path):
    """Data in the form of easy-VQA's: three pictures, of the last of which no question tells the colour."""
    folder = tmp_path / "train"
    (folder / "images").mkdir(parents=True)
    for number in (0, 1, 10):
        Image.new("RGB", (64, 64), (number, 0, 0)).save(folder / "images" / f"{number}.png")
    questions = [
        ["what color is the triangle?", "teal", 10],
        ["is there a red shape?", "no", 0],
        ["is there not a blue shape in the image?", "no", 0],
        ["is no circle present?", "yes", 0],
        ["what shape is in the image?", "rectangle", 0],
        ["what shape does the image contain?", "circle", 1],
        ["does the image not contain a gray shape?", "yes", 1],
    ]
    (folder / "questions.json").write_text(json.dumps(questions))
    return tmp_path


def test_easy_vqa_is_read_by_its_questions(package):
    shapes = easy_vqa.load("train", package)
    assert shapes["image"].shape == (2, 64, 64, 3) and shapes["image"][:, 0, 0, 0].tolist() == [0, 10]
    assert [easy_vqa.CLASSES["colour"][c] for c in shapes["colour"]] == ["blue", "teal"]
    assert [easy_vqa.CLASSES["shape"][s] for s in shapes["shape"]] == ["rectangle", "triangle"]
    small = easy_vqa.load("train", package, size=32)["image"]
    whole = shapes["image"].astype(float).reshape(2, 32, 2, 32, 2, 3).mean((2, 4))
    assert np.abs(small - whole).max() <= 0.5
    with pytest.raises(ValueError, match="not 'valid'"):
        easy_vqa.load("valid", package)
    known, (template, colour, shape) = easy_vqa.vocabulary(), (1, 2, 0)
    text = [known.word(n) for n in easy_vqa.table()[template, colour, shape] if n]
    assert text == ["there", "is", "a", "blue", "circle"]


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataNotPrepared, match="pip install easy-vqa"):
        easy_vqa.load("train")


class Source:
    """What TFDS gives of COCO captions, as far as it is read."""

    def __init__(self, texts, file):
        features = tfds.features.FeaturesDict(
            {"image": tfds.features.Image(), "captions": tfds.features.Sequence({"text": tfds.features.Text()})}
        )
        picture = np.zeros((20, 40, 3), np.uint8)
        picture[:, 10:30] = 200  # the square in the middle
        Image.fromarray(picture).save(file)
        encoded = features.encode_example({"image": str(file), "captions": [{"text": text} for text in texts]})
        self.example = features.deserialize_example_np(features.serialize_example(encoded))

    def __len__(self):
        return 8

    def __getitem__(self, i):
        if i == 7:
            raise OSError("cut short")
        return self.example


def test_coco_photographs_with_their_sentences(tmp_path):
    source = Source(["A dog runs.", "Two dogs", "a  dog"], tmp_path / "photo.png")
    known = captions.vocabulary_of(coco_captions.captions(source[0]))
    assert known.known == ("a", "dog", "dogs", "runs", "two")
    examples = coco_captions.Captioned(source, known, size=16, length=3)
    assert examples[0]["image"].shape == (16, 16, 3) and (examples[0]["image"][:, 1:-1] > 190).all()
    assert examples[0]["words"].tolist() == [[1, 2, 4], [5, 3, 0], [1, 2, 0], [1, 2, 4], [5, 3, 0]]
    with pytest.raises(DataCorrupt, match="Example 7 of 'coco_captions.* cannot be read .cut short"):
        examples[7]
    batches = coco_captions.training(coco_captions.grain.MapDataset.range(6).map(lambda i: examples[i]), 0, 4)
    assert batches[3]["image"].shape == (4, 16, 16, 3) and batches[3]["words"].shape == (4, 3)
    np.testing.assert_array_equal(batches[3]["words"], batches[3]["words"])
    with pytest.raises(DataNotPrepared, match="prepare_data coco_captions"):
        coco_captions.vocabulary("train", 1, "/nowhere")
