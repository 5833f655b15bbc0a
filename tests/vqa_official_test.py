"""VQA's official files: read, refused where they are wrong; photographs as small squares."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.vqa import Question, official, pictures

# COCO's numbers 9 and 25; the questions are about 25 first.
ASKED = [
    {"question_id": 251, "image_id": 25, "question": "How many giraffes?"},
    {"question_id": 90, "image_id": 9, "question": "Is there broccoli?"},
    {"question_id": 252, "image_id": 25, "question": "What do they eat?"},
]
ANSWERED = [(9, 90, "yes/no", "yes"), (25, 252, "other", "Leaves "), (25, 251, "number", "2")]


def annotation(image, number, kind, answer):
    people = [{"answer": f"{answer}{i // 9 * '!'}", "answer_confidence": "yes", "answer_id": i + 1} for i in range(10)]
    return {
        "question_id": number,
        "image_id": image,
        "question_type": "what",
        "multiple_choice_answer": answer,
        "answer_type": kind,
        "answers": people,
    }


@pytest.fixture
def files(tmp_path):
    """A questions file, an annotations file in another order, and a folder with photographs, one of which too many."""
    head = {"info": {}, "license": {}, "data_type": "mscoco", "data_subtype": "train2014"}
    paths = tmp_path / "questions.json", tmp_path / "annotations.json", tmp_path / "train2014"
    paths[0].write_text(json.dumps({**head, "task_type": "Open-Ended", "num_choices": 0, "questions": ASKED}))
    paths[1].write_text(json.dumps({**head, "annotations": [annotation(*of) for of in ANSWERED]}))
    paths[2].mkdir()
    for number in (9, 25, 30):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(paths[2] / f"COCO_train2014_{number:012d}.jpg")
    return paths


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_questions_with_their_answers_and_photographs(files):
    questions, photographs = official.questions(*files)
    assert [p.relative_to(files[2]).as_posix() for p in photographs] == [
        "COCO_train2014_000000000025.jpg",
        "COCO_train2014_000000000009.jpg",
    ]
    assert questions == [
        Question(0, "How many giraffes?", ("2",) * 9 + ("2!",), "number", (), 251),
        Question(1, "Is there broccoli?", ("yes",) * 9 + ("yes!",), "yes/no", (), 90),
        Question(0, "What do they eat?", ("Leaves ",) * 9 + ("Leaves !",), "other", (), 252),
    ]
    of_question = pictures.Files(photographs, 4)[questions[1].image]
    assert abs(of_question[0, 0, 0].astype(int) - 9) < 5


def test_questions_without_answers_of_the_test_set(files):
    changed(files[0], lambda content: content.update(data_subtype="test-dev2015"))
    for photograph in files[2].iterdir():
        photograph.rename(photograph.with_name(photograph.name.replace("train2014", "test2015")))
    questions, photographs = official.questions(files[0], None, files[2])
    assert [(q.answers, q.kind, q.number) for q in questions] == [((), "", 251), ((), "", 90), ((), "", 252)]
    assert photographs[0].name == "COCO_test2015_000000000025.jpg"


def test_choices(files):
    changed(files[0], lambda content: content["questions"][1].update(multiple_choices=["yes", "no", "2"]))
    questions, _ = official.questions(*files)
    assert [q.choices for q in questions] == [(), ("yes", "no", "2"), ()]


def test_what_is_missing_is_told(files, tmp_path):
    questions_file, annotations_file, folder = files
    for nowhere in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataNotPrepared, match=f"no file {nowhere}.* visualqa.org"):
            official.questions(nowhere, annotations_file, folder)
    with pytest.raises(DataNotPrepared, match="no file .*nowhere"):
        official.questions(questions_file, tmp_path / "nowhere", folder)
    for nowhere in (tmp_path / "nowhere", questions_file):
        with pytest.raises(DataNotPrepared, match=f"no folder {nowhere} .*train2014"):
            official.questions(questions_file, annotations_file, nowhere)
    (folder / "COCO_train2014_000000000009.jpg").unlink()
    with pytest.raises(DataNotPrepared, match="lacks 1 of 2 photographs .* COCO_train2014_000000000009.jpg.* Unpack"):
        official.questions(questions_file, annotations_file, folder)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace("{", "\xff", 1),
        lambda text: 100_000 * "[",
        lambda text: text.replace(": 25,", ": " + 5000 * "9" + ",", 1),
    ],
)
def test_damaged_files_are_named(files, which, damage):
    files[which].write_bytes(damage(files[which].read_text()).encode("latin-1"))
    with pytest.raises(DataCorrupt, match=f"file {files[which]} is damaged or cut short.* Download"):
        official.questions(*files)


def drop(entries, i, key):
    return lambda content: content[entries][i].pop(key)


def put(entries, i, **values):
    return lambda content: content[entries][i].update(values)


@pytest.mark.parametrize(
    ("which", "change", "message"),
    [
        (0, lambda content: content.pop("questions"), "file .*questions.json does not have a list as 'questions'"),
        (0, lambda content: content.pop("data_subtype"), "does not have a text as 'data_subtype'"),
        (0, lambda content: content.update(data_subtype="../../x"), "has the data_subtype '../../x'"),
        (0, lambda content: content.update(questions={"a": 1}), "a list as 'questions'"),
        (0, lambda content: content["questions"].append("what?"), "Question 3 of .* a number as 'question_id'"),
        (0, drop("questions", 1, "image_id"), "Question 1 of .*questions.json does not have a number as 'image_id'"),
        (0, drop("questions", 2, "question"), "Question 2 .* a text as 'question'"),
        (0, put("questions", 2, question_id=True), "Question 2 .* a number as 'question_id'"),
        (0, put("questions", 2, image_id="25"), "Question 2 .* a number as 'image_id'"),
        (0, put("questions", 2, question_id=251), "Question 2 .* question_id 251 of an earlier one"),
        (0, put("questions", 0, multiple_choices=[2]), "Question 0 .* list of texts as 'multiple_choices'"),
        (0, put("questions", 0, multiple_choices=None), "Question 0 .* list of texts as 'multiple_choices'"),
        (1, lambda content: content.pop("annotations"), "annotations.json does not have a list as 'annotations'"),
        (1, drop("annotations", 1, "answers"), "Annotation 1 of .*annotations.json .* a list as 'answers'"),
        (1, drop("annotations", 0, "answer_type"), "Annotation 0 .* a text as 'answer_type'"),
        (1, put("annotations", 0, answers=[]), "Annotation 0 .* no answers"),
        (1, put("annotations", 0, answers=["yes"]), "Annotation 0 .* a text as 'answer'"),
        (1, put("annotations", 0, answers=[{"answer": 2}]), "Annotation 0 .* a text as 'answer'"),
        (1, put("annotations", 2, question_id=90), "Annotation 2 .* question_id 90 of an earlier one"),
        # Two that do not belong together.
        (
            1,
            put("annotations", 2, question_id=7),
            "3 questions and 3 annotations, 2 are in one file only, first the question_id 251",
        ),
        (1, lambda content: content["annotations"].pop(), "3 questions and 2 annotations, 1 are in one file only"),
        (0, lambda content: content["questions"].pop(0), "2 questions and 3 annotations, 1 are .* question_id 251"),
        (1, put("annotations", 0, image_id=25), "question_id 90 is about the image_id 9 in one, 25 in the other"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(files, which, change, message):
    changed(files[which], change)
    with pytest.raises(DataCorrupt, match=message):
        official.questions(*files)


# Photographs


def test_photographs_are_cut_to_the_square_in_the_middle(tmp_path):
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = (200, 100, 50)
    paths = [tmp_path / name for name in ("wide.png", "high.png", "grey.jpg", "clear.png", "line.png")]
    Image.fromarray(wide).save(paths[0])
    Image.fromarray(wide.swapaxes(0, 1)).save(paths[1])
    Image.new("L", (9, 12), 77).save(paths[2])
    Image.new("RGBA", (16, 16), (10, 20, 30, 255)).save(paths[3])
    Image.new("RGB", (50_000, 1), (1, 2, 3)).save(paths[4])  # 64 x 3,200,000 pixels, were it resized first
    files = pictures.Files(paths, 64)
    assert len(files) == 5 and all(files[i].shape == (64, 64, 3) and files[i].dtype == np.uint8 for i in range(5))
    for i, colour in enumerate([(200, 100, 50), (200, 100, 50), (77, 77, 77), (10, 20, 30), (1, 2, 3)]):
        assert (abs(files[i].astype(int) - colour) <= 2).all()


def test_photographs_that_cannot_be_read_are_named(tmp_path, monkeypatch):
    good, cut, text = tmp_path / "good.jpg", tmp_path / "cut.jpg", tmp_path / "text.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(good)
    cut.write_bytes(good.read_bytes()[:1000])
    text.write_text("no picture")
    files = pictures.Files([good, cut, text, tmp_path / "none.jpg"], 8)
    assert files[0].shape == (8, 8, 3)
    for i in (1, 2):
        with pytest.raises(DataCorrupt, match=re.escape(str(files.paths[i]))):
            files[i]
    with pytest.raises(DataNotPrepared, match="no file .*none.jpg"):
        files[3]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # so that 64 x 64 is more than twice as many
    with pytest.raises(DataCorrupt, match="good.jpg cannot be read.* exceeds limit"):
        files[0]
