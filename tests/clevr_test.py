"""CLEVR read as TFDS writes it: here three pictures with questions, in files made for the test."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
import tfds_folder
from PIL import Image

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.vqa import Question, clevr

ASKED = [
    [("How many spheres are there?", "2"), ("There is a red cube; what is its size?", "large")],
    [],
    [("Are there more cubes than small spheres?", "")],  # as in "test"
]


@pytest.fixture
def data_dir(tmp_path):
    """A data directory with three pictures of four channels, green behind the right edge's red."""
    features = tfds.features.FeaturesDict(
        {
            "file_name": tfds.features.Text(),
            "image": tfds.features.Image(),
            "objects": tfds.features.Sequence(
                {"color": tfds.features.ClassLabel(names=["gray", "blue"]), "rotation": np.float32}
            ),
            "question_answer": tfds.features.Sequence(
                {"question": tfds.features.Text(), "answer": tfds.features.Text()}
            ),
        }
    )

    def examples():
        for i, asked in enumerate(ASKED):
            picture = np.full((32, 48, 4), (0, 50 * i, 0, 255), np.uint8)
            picture[:, 36:, 0] = 200
            Image.fromarray(picture).save(tmp_path / "picture.png")
            yield {
                "file_name": f"{i}.png",
                "image": str(tmp_path / "picture.png"),
                "objects": [{"color": "blue", "rotation": 0.5}] * i,
                "question_answer": [{"question": question, "answer": answer} for question, answer in asked],
            }

    tfds_folder.write(tmp_path, "clevr", features, {"train": examples()}, "3.1.0")
    return tmp_path


def test_questions_are_read_without_decoding_pictures(data_dir, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_: pytest.fail("a picture was decoded"))
    monkeypatch.setattr(tfds.features.Image, "decode_example_np", lambda *_: pytest.fail("a picture was decoded"))
    assert clevr.questions("train", data_dir) == [
        Question(0, "How many spheres are there?", ("2",), "count"),
        Question(0, "There is a red cube; what is its size?", ("large",), "query attribute"),
        Question(2, "Are there more cubes than small spheres?", (), "compare numbers"),
    ]


def test_pictures_are_squeezed_into_the_square(data_dir):
    images = clevr.Images("train", 16, data_dir)
    assert len(images) == 3
    for i, picture in enumerate(images):
        assert picture.shape == (16, 16, 3) and picture.dtype == np.uint8
        np.testing.assert_array_equal(picture[..., 1:], np.full((16, 16, 2), (50 * i, 0), np.uint8))
        assert (picture[:, :11, 0] == 0).all() and (picture[:, 13:, 0] == 200).all()  # the right quarter
    with pytest.raises(IndexError):
        images[3]


def test_what_is_missing_or_damaged_is_told(data_dir, tmp_path):
    for read in (clevr.questions, lambda split, data_dir: clevr.Images(split, 16, data_dir)):
        with pytest.raises(DataNotPrepared, match="prepare_data clevr:3.1.0"):
            read("train", tmp_path / "nowhere")
        with pytest.raises(ValueError, match="valid"):
            read("valid", data_dir)
    file = data_dir / "clevr" / "3.1.0" / "clevr-train.array_record-00000-of-00001"
    whole = file.read_bytes()
    file.write_bytes(whole[:50] + b"?" * 50 + whole[100:])
    with pytest.raises(DataCorrupt, match="Picture 0 of 'clevr:3.1.0' cannot be read"):
        clevr.Images("train", 16, data_dir)[0]
    with pytest.raises(DataCorrupt, match=f"{file}.*/prepare_data clevr"):
        clevr.questions("train", data_dir)


@pytest.mark.parametrize(
    ("question", "family"),
    [  # one of every wording of the templates
        ("How many large metal cubes are there?", "count"),
        ("What number of things are either small cylinders or metal things?", "count"),
        ("How many other things are there of the same size as the cube?", "count"),
        ("There is a big sphere; how many shiny things are to the left of it?", "count"),
        ("There is a big sphere; what number of blocks are behind it?", "count"),
        ("Are there any red cubes?", "exist"),
        ("Are any rubber cubes visible?", "exist"),
        ("Is there a tiny block?", "exist"),
        ("Is there anything else that has the same color as the block?", "exist"),
        ("Are there any other matte things that have the same shape as the block?", "exist"),
        ("Is there another cube that has the same size as the sphere?", "exist"),
        ("There is a big sphere; are there any blocks on the right side of it?", "exist"),
        ("There is a big sphere; is there a block in front of it?", "exist"),
        ("Are there an equal number of large things and metal spheres?", "compare numbers"),
        ("Are there the same number of cubes and spheres?", "compare numbers"),
        ("Is the number of cubes the same as the number of spheres?", "compare numbers"),
        ("Are there fewer cubes behind the ball than red things?", "compare numbers"),
        ("Is the number of cubes less than the number of spheres?", "compare numbers"),
        ("Are there more cubes than spheres?", "compare numbers"),
        ("Is the number of cubes greater than the number of spheres?", "compare numbers"),
        ("What size is the cylinder that is left of the brown metal thing?", "query attribute"),
        ("What is the color of the cube?", "query attribute"),
        ("How big is the cube?", "query attribute"),
        ("What is the cube made of?", "query attribute"),
        ("The cube that is behind the ball is made of what material?", "query attribute"),
        ("The cube has what shape?", "query attribute"),
        ("There is a cube; how big is it?", "query attribute"),
        ("There is a cube that is both behind the ball and left of it; what is it made of?", "query attribute"),
        ("Do the cube and the sphere have the same size?", "compare attribute"),
        (" Does the cube have the same shape as the sphere?", "compare attribute"),  # so it stands in the templates
        ("Is the size of the cube the same as the sphere?", "compare attribute"),
        ("Is the cube the same color as the sphere?", "compare attribute"),
        ("Are the cube and the sphere made of the same material?", "compare attribute"),
        (
            "There is a sphere with the same size as the cube; is it made of the same material as it?",
            "compare attribute",
        ),
        ("There is a cube; does it have the same size as the sphere?", "compare attribute"),
        ("There is a cube; is its shape the same as the sphere?", "compare attribute"),
    ],
)
def test_a_family_is_told_by_its_wording(question, family):
    assert clevr.family(question) == family and family in clevr.FAMILIES
