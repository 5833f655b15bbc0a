"""`--mode=predict`: a trained net answers a question about the user's picture, or all questions of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import flags

from deepx.analysis.vqa_figures import answers_figure
from deepx.data.captions import check_known
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.vqa import Question, official
from deepx.data.vqa.pictures import Files
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Served
from deepx.engine.progress import shown
from deepx.files import write
from experiments.pictures import IMAGE, picture, show_likeliest
from experiments.texts import QUESTION
from experiments.vqa_data import choices
from experiments.vqa_models import chosen
from experiments.vqa_report import Answering

QUESTIONS = flags.DEFINE_string("questions", None, "predict: an official file of VQA's questions, to answer them all.")
IMAGES = flags.DEFINE_string("images", None, "predict: the folder with the photographs of --questions.")
RESULTS = flags.DEFINE_string("results", "results.json", "predict: the file for the answers to --questions.")


def predict(answering: Answering, state: Any) -> None:
    """Of several seeds the first answers. Raises UserError for what cannot be read, and for words it never saw."""
    state = answering.one_seed(state)
    if QUESTIONS.value:
        answer_file(answering, state)
    elif QUESTION.value:
        answer_one(answering, state)
    else:
        example = answering.sets.shown.questions[0].text
        raise UserError(f'Give a picture and a question: --image=FILE --question="{example}"')


def answer_one(answering: Answering, state: Any) -> None:
    """Prints the likeliest answers with their probabilities, and writes NAME_answer.png into the current directory."""
    seen = answering.sets.fitted(picture(), answering.config.data.size)
    try:
        check_known(QUESTION.value, answering.sets.vocabulary)
    except ValueError as error:
        raise UserError(str(error)) from error
    answered = answering.answered(state, seen[None], [QUESTION.value], [""])
    show_likeliest("answer", zip(answered[0].answers, answered[0].probabilities, strict=True))
    path = Path(f"{Path(IMAGE.value).stem}_answer.png")
    answers_figure(answered).savefig(path, dpi=150)
    print(f"{path}: the picture as it is seen, and the answers.")


def answer_file(answering: Answering, state: Any) -> None:
    """Writes the answers as VQA's evaluation and its server read them; where there are choices, the best of those."""
    results = Path(RESULTS.value)
    if not IMAGES.value or not results.parent.is_dir():
        raise UserError("Give the photographs' folder, --images=FOLDER, and a file in a folder that exists, --results.")
    try:
        questions, paths = official.questions(QUESTIONS.value, None, IMAGES.value)
        pictures, size = Files(paths, answering.config.data.size), answering.config.evaluation.batch_size
        probabilities = jax.jit(answering.probabilities)
        answers: dict[int, str] = {}
        for start in shown(range(0, len(questions), size), "Answering"):
            batch = questions[start : start + size]
            answers |= answered(answering, probabilities, state, pictures, batch, size)
    except (DataCorrupt, DataNotPrepared) as error:
        raise UserError(str(error)) from error
    write_results(results, answers)
    print(f"{results}: answers to {len(answers):,} questions.")


def write_results(path: Path, answers: Mapping[int, str]) -> None:
    """Writes answers by the questions' numbers in the form that the official evaluation reads."""
    write(path, json.dumps([{"question_id": int(number), "answer": answer} for number, answer in answers.items()]))


def answered(
    answering: Answering, probabilities: Any, state: Any, pictures: Files, questions: list[Question], size: int
) -> dict[int, str]:
    """Answers by the questions' numbers. The batch is filled up to `size`, so that there is one program."""
    known = answering.sets.answers
    filled = questions + questions[-1:] * (size - len(questions))
    images = np.stack([pictures[question.image] for question in filled]).astype(np.float32)
    p_NA = np.asarray(probabilities(state, images, answering.words([question.text for question in filled])))
    best_N = p_NA.argmax(-1)
    if any(question.choices for question in questions):
        of_choices_N = np.asarray(chosen(p_NA, choices(filled, known)))
        best_N = np.where(of_choices_N < 0, best_N, of_choices_N)
    return {question.number: known[best] for question, best in zip(questions, best_N, strict=False)}


def served(answering: Answering, state: Any) -> Served:
    """The first seed's net, with the words and answers that it knows."""
    one, sets, size = answering.one_seed(state), answering.sets, answering.config.data.size

    def answered(given: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"probability": answering.probabilities(one, given["image"].astype(jnp.float32), given["words"])}

    return Served(
        answered,
        {"image": (("batch", size, size, 3), "uint8"), "words": (("batch", sets.length), "int32")},
        "Pictures, numbers from 0 to 255, and questions as words' places in `vocabulary`, from 1, 0 behind the last; "
        "the probability of each of `answers`.",
        {"vocabulary": list(sets.vocabulary.known), "answers": list(sets.answers)},
    )
