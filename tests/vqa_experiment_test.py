"""Visual question answering end to end: learning by heart, what answers are worth, official files, what is typed."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from deepx.analysis import vqa_accuracy
from deepx.data.vqa import Question, normalise
from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.run import Run
from experiments import reproduce, vqa, vqa_data, vqa_predict, vqa_report, vqa_sets
from experiments.vqa_features import Seer
from experiments.vqa_models import chosen, credit

STEPS = 60  # in which two photographs are learnt by heart


@pytest.fixture(autouse=True, scope="module")
def parsed():
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])


def config(name="vqa_v1", **changes):
    made = load(reproduce.CONFIGS / "vqa" / f"{name}.py", "smoke").unlock()
    for key, value in changes.items():
        made.update_from_flattened_dict({key.replace("__", "."): value})
    return made


ASKED = [  # number, image, question, kind, ten people's answers, choices
    (10, 1, "What colour is it?", "other", ["Red."] * 8 + ["red", "maroon"], ["red", "blue", "2"]),
    (11, 1, "How many?", "number", ["two"] * 6 + ["2"] * 3 + ["3"], ["1", "2", "3"]),
    (20, 2, "What colour is it?", "other", ["blue"] * 10, ["red", "blue", "green"]),
    (21, 2, "Is it red?", "yes/no", ["no"] * 9 + ["yes"], ["yes", "no"]),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vqa")
    questions = [
        {"question_id": n, "image_id": image, "question": text, "multiple_choices": choices}
        for n, image, text, _, _, choices in ASKED
    ]
    annotations = [
        {"question_id": n, "image_id": image, "answer_type": kind, "answers": [{"answer": a} for a in answers]}
        for n, image, _, kind, answers, _ in ASKED
    ]
    paths = {name: str(folder / name) for name in ("questions", "annotations", "images")}
    for name, content in (("questions", questions), ("annotations", annotations)):
        (folder / name).write_text(json.dumps({"data_subtype": "train2014", name: content}))
    (folder / "images").mkdir()
    for image, colour in ((1, "red"), (2, "blue")):
        Image.new("RGB", (24, 16), colour).save(folder / "images" / f"COCO_train2014_{image:012d}.jpg")
    return paths


def of_files(files, **changes):
    given = {f"data__files__{side}__{name}": path for side in ("train", "test") for name, path in files.items()}
    fixed = {"data__name": "vqa", "data__memory": "host", "data__held_out": 1, "data__together": 1}
    return config(**{**fixed, **given, **changes})


@pytest.fixture(scope="module")
def by_heart(files, parsed):
    """A run that has learnt the questions about one of two photographs, and is tested on both."""
    made = of_files(
        files, batch_size=2, evaluation__batch_size=3, optimizer__learning_rate=0.03, optimizer__schedule_steps=STEPS,
        run__steps=STEPS, run__steps_per_call=STEPS, run__log_every=STEPS, run__eval_every=STEPS,
        run__checkpoint_every=STEPS,
    )  # fmt: skip
    program = Program(vqa.build(made), Run(**made.run), jax.devices()[:1])
    carry, _ = program.dispatch(program.init(), 0, next(program.feed(0)))
    return program, carry.state


def test_questions_about_a_photograph_are_learnt_by_heart_and_measured_officially(by_heart):
    program, state = by_heart
    measured = program.test(state)["test"]
    # The photograph that was learnt is one of two. Of the other, an answer may be worth something by chance.
    assert measured["accuracy_choices"] >= measured["accuracy"] >= 45
    assert "accuracy/other" in measured  # the kind that both photographs have


def test_what_answers_are_worth_is_the_official_accuracy():
    questions = [Question(0, text, tuple(people), kind, tuple(of)) for _, _, text, kind, people, of in ASKED]
    answers = ("red", "2", "blue", "yes", "no")
    valued = vqa_data.valued(vqa_data.compared(questions), answers)
    batch = {name: jnp.asarray(array) for name, array in valued.items()}
    for a, answer in enumerate(answers):
        ours = credit(batch, jnp.full(len(ASKED), a))
        theirs = [
            vqa_accuracy.accuracy(normalise.rule(people)(answer), normalise.normalised(people))
            for *_, people, _ in ASKED
        ]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(credit(batch, jnp.array([1, 1, 2, 3])), [0, 1, 1, 0.3], atol=1e-6)


def test_the_only_answer_is_worth_everything():
    assert vqa_data.worths(("triangle",)) == {"triangle": 1.0}


def test_the_likeliest_of_the_choices_is_chosen():
    logits = jnp.array([[3.0, 2.0, 1.0, 0.0]] * 3)
    choices = jnp.array([[2, 3, -2], [3, 1, 2], [-2, -2, -2]])
    assert chosen(logits, choices).tolist() == [2, 1, -2]


def test_training_questions_without_a_frequent_answer_are_left_out_and_told(files, capsys):
    asked = vqa_data.asked(of_files(files, data__answers=1, batch_size=1), None)
    assert "1 of 2 training questions left out" in asked.provenance
    assert "left out" in capsys.readouterr().err
    assert len(asked.answers) == 1
    kept = [row["answer"] for row in asked.test.dataset(0)][0]
    assert (kept == -1).sum() >= 2  # of those that are tested, none is left out


def test_pictures_that_two_parts_share_are_seen_once(files, monkeypatch):
    seen = []

    def see(seer, pictures, name, folder):
        seen.append(name)
        return np.zeros((len(pictures), 3), np.float32)

    monkeypatch.setattr(vqa_data, "seen", see)
    asked = vqa_data.asked(of_files(files, batch_size=1), Seer(None, 3, "mark"))
    assert seen == ["vqa-train-16", "vqa-test-16"]
    assert next(iter(asked.valid.dataset(0)))["image"].shape[1:] == (3,)


def test_host_and_device_give_the_same_batches_of_evaluation(files):
    host, device = (vqa_data.asked(config(data__memory=memory), None) for memory in ("host", "device"))
    for i, batch in enumerate(host.test.dataset(0)):
        expected = device.test.sample(device.test.arrays, jax.random.key(0), i)
        assert batch.keys() == expected.keys()
        jax.tree.map(np.testing.assert_array_equal, batch, jax.device_get(expected))


def test_questions_about_one_image_stand_together_and_each_counts_once():
    image = np.array([2, 0, 2, 2, 1, 0])
    rows, once = vqa_data.grouped(image, 2)
    assert rows.tolist() == [[1, 5], [4, 4], [0, 2], [3, 0]]
    assert once.tolist() == [[1, 1], [1, 0], [1, 1], [1, 0]]
    alone, each = vqa_data.grouped(image, 1)
    assert sorted(alone.ravel()) == list(range(6)) and each.all()


def test_a_metric_does_not_depend_on_how_questions_stand_together(files):
    """Groups that are filled up, and batches that are, count no question twice."""
    told = []
    for together in (1, 2, 4):
        made = config(data__together=together, data__per_scene=3, run__seed=3)
        program = Program(vqa.build(made), Run(**made.run), jax.devices()[:1])
        told.append(program.test(program.init().state)["test"])
    for other in told[1:]:
        assert other == pytest.approx(told[0], rel=1e-5)


def test_validation_has_other_pictures_than_training():
    part = vqa_sets.Part("all", np.zeros((5, 2, 2, 3)), [Question(i % 5, "?", ("a",)) for i in range(20)])
    learnt, valid = vqa_sets.held_out(part, 2)
    images = [{q.image for q in side.questions} for side in (learnt, valid)]
    assert len(images[0]) == 3 and len(images[1]) == 2 and not images[0] & images[1]
    assert vqa_sets.held_out(part, 2)[1].questions == valid.questions
    with pytest.raises(UserError, match="data.held_out is 5; it must leave some of the 5"):
        vqa_sets.held_out(part, 5)


def test_questions_of_every_kind_about_different_pictures_are_shown():
    kinds, images = "aabcba", (0, 1, 0, 2, 3, 4)
    questions = [Question(image, str(n), (), kind) for n, (image, kind) in enumerate(zip(images, kinds, strict=True))]
    assert [question.text for question in vqa_report.selected(questions, 4)] == ["0", "3", "4", "1"]
    assert [question.text for question in vqa_report.selected(questions, 2)] == ["0", "3"]


def test_a_picture_and_a_question_are_answered(by_heart, tmp_path, monkeypatch, capsys):
    program, state = by_heart
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (30, 20), "blue").save("photo.png")
    with flagsaver.flagsaver(image="photo.png", question="What colour is it?"):
        program.experiment.predict(state)
    told = capsys.readouterr().out
    assert told.splitlines()[0].split() == ["answer", "probability"] and "photo_answer.png" in told
    assert (tmp_path / "photo_answer.png").stat().st_size > 1000


def test_a_file_of_questions_is_answered_for_the_server(by_heart, files, tmp_path, capsys):
    program, state = by_heart
    results = tmp_path / "results.json"
    with flagsaver.flagsaver(questions=files["questions"], images=files["images"], results=str(results)):
        program.experiment.predict(state)
    answers = {one["question_id"]: one["answer"] for one in json.loads(results.read_text())}
    assert set(answers) == {10, 11, 20, 21} and "4 questions" in capsys.readouterr().out
    assert all(isinstance(answer, str) for answer in answers.values())


def test_results_are_written_whole_in_the_official_form(tmp_path):
    path = tmp_path / "results.json"
    vqa_predict.write_results(path, {np.int64(251): "2", 90: "café"})
    assert json.loads(path.read_text()) == [
        {"question_id": 251, "answer": "2"},
        {"question_id": 90, "answer": "café"},
    ]
    before = path.read_text()
    with pytest.raises(TypeError):
        vqa_predict.write_results(path, {1: object()})
    assert path.read_text() == before and [file.name for file in tmp_path.iterdir()] == ["results.json"]


def predicted(by_heart, **given):
    with flagsaver.flagsaver(**given), pytest.raises(UserError) as told:
        by_heart[0].experiment.predict(by_heart[1])
    return str(told.value)


def test_what_cannot_be_answered_is_told(by_heart, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (30, 20)).save("photo.png")
    (tmp_path / "text.png").write_text("no picture")
    assert "Give a picture and a question" in predicted(by_heart)
    assert "Give a picture: --image" in predicted(by_heart, question="What colour is it?")
    assert "text.png cannot be read" in predicted(by_heart, question="What colour is it?", image="text.png")
    unknown = predicted(by_heart, question="What couleur is it?", image="photo.png")
    assert "'couleur' (near it: colour" in unknown
    assert "--images=FOLDER" in predicted(by_heart, questions=files["questions"])
    assert "nowhere" in predicted(by_heart, questions="nowhere.json", images=files["images"])


def test_mistakes_in_a_config_are_told(files):
    with pytest.raises(UserError, match="data.name is 'easyvqa'.*easy_vqa"):
        vqa.build(config(data__name="easyvqa"))
    with pytest.raises(UserError, match="data.memory is 'disk'"):
        vqa.build(config(data__memory="disk", data__name="vqa"))  # before any file is looked for
    with pytest.raises(UserError, match=r"data.together is 3; it must divide batch_size \(16\)"):
        vqa.build(config(data__together=3, data__name="vqa"))
    with pytest.raises(UserError, match="model.name is 'mnr'.*mrn"):
        vqa.build(config(model__name="mnr"))
    with pytest.raises(ValueError, match="form is 'f'"):
        vqa.build(config(model__form="f"))
    with pytest.raises(UserError, match="optimizer.name is 'sgd'"):
        vqa.build(config(optimizer__name="sgd"))
    with pytest.raises(UserError, match=r"0 of questions, 0 of annotations, 0 of images"):
        vqa.build(config(data__name="vqa"))
    with pytest.raises(UserError, match="read one by one: give data.memory='host'"):
        vqa.build(of_files(files, data__memory="device"))
    with pytest.raises(ValueError, match="size is 18"):
        vqa.build(config(data__size=18))
