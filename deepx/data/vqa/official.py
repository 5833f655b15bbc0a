"""VQA 1.0 (Antol et al. 2015, arXiv 1505.00468) and 2.0 (Goyal et al. 2017, arXiv 1612.00837) in their official files.

From visualqa.org, unpacked: OpenEnded_mscoco_train2014_questions.json or MultipleChoice_..., the annotations
mscoco_train2014_annotations.json, and a folder with COCO's photographs, COCO_train2014_000000000009.jpg; those of 2.0
begin with v2_. No annotations were published of test2015 and test-dev2015, which have the same photographs.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.vqa import Question

Name = str | os.PathLike[str]
AGAIN = "Download the file again from visualqa.org, and unpack it."
KINDS = {int: "a number", str: "a text", list: "a list"}


class Annotation(NamedTuple):
    """What people answered to one question. image: COCO's number. kind: "yes/no", "number" or "other"."""

    image: int
    kind: str
    answers: tuple[str, ...]


def questions(
    questions_file: Name, annotations_file: Name | None, images_folder: Name
) -> tuple[list[Question], list[Path]]:
    """The questions in the order of their file, and the photographs that they are about, each once, in that order.

    `Question.image` is the place in the second list. Answers are as people typed them; without an annotations file
    there are none, and no kinds.

    Raises DataNotPrepared where a file, the folder or a photograph is missing, DataCorrupt where a file is cut short or
    not in this form, or where the two do not belong together.
    """
    content = _content(questions_file)
    subset = _field(content, "data_subtype", str, f"The file {questions_file}")
    if not re.fullmatch(r"[\w-]+", subset):  # it becomes a part of file names
        raise DataCorrupt(f"The file {questions_file} has the data_subtype {subset!r}. {AGAIN}")
    annotations = None if annotations_file is None else _annotations(annotations_file)
    found: dict[int, Question] = {}
    places: dict[int, int] = {}  # of COCO's numbers
    for i, entry in enumerate(_field(content, "questions", list, f"The file {questions_file}")):
        where = f"Question {i} of {questions_file}"
        number, image = (_field(entry, key, int, where) for key in ("question_id", "image_id"))
        if number in found:
            raise DataCorrupt(f"{where} has the question_id {number} of an earlier one. {AGAIN}")
        choices = _texts(entry["multiple_choices"], where) if "multiple_choices" in entry else ()
        place = places.setdefault(image, len(places))
        found[number] = Question(place, _field(entry, "question", str, where), (), "", choices, number)
    numbers = list(places)
    if annotations is not None:
        _check_together(found, numbers, annotations, f"{questions_file} and {annotations_file}")
        found = {n: q._replace(answers=annotations[n].answers, kind=annotations[n].kind) for n, q in found.items()}
    return list(found.values()), _photographs(numbers, subset.replace("-dev", ""), Path(images_folder))


def _annotations(file: Name) -> dict[int, Annotation]:
    """By the questions' numbers."""
    found: dict[int, Annotation] = {}
    for i, entry in enumerate(_field(_content(file), "annotations", list, f"The file {file}")):
        where = f"Annotation {i} of {file}"
        number, image = (_field(entry, key, int, where) for key in ("question_id", "image_id"))
        if number in found:
            raise DataCorrupt(f"{where} has the question_id {number} of an earlier one. {AGAIN}")
        answers = [_field(answer, "answer", str, where) for answer in _field(entry, "answers", list, where)]
        if not answers:
            raise DataCorrupt(f"{where} has no answers. {AGAIN}")
        found[number] = Annotation(image, _field(entry, "answer_type", str, where), tuple(answers))
    return found


def _check_together(
    found: Mapping[int, Question], numbers: list[int], annotations: Mapping[int, Annotation], where: str
) -> None:
    """Raises DataCorrupt unless there is an annotation for every question, of the same photograph, and no other."""
    advice = "Give files of one subset and version."
    strange = [n for n in [*found, *annotations] if n not in found or n not in annotations]
    if strange:
        raise DataCorrupt(
            f"{where} do not belong together: of {len(found)} questions and {len(annotations)} annotations, "
            f"{len(strange)} are in one file only, first the question_id {strange[0]}. {advice}"
        )
    for number, question in found.items():
        if numbers[question.image] != annotations[number].image:
            raise DataCorrupt(
                f"{where} do not belong together: the question_id {number} is about the image_id "
                f"{numbers[question.image]} in one, {annotations[number].image} in the other. {advice}"
            )


def _photographs(numbers: list[int], subset: str, folder: Path) -> list[Path]:
    """The files of COCO's numbers. Raises DataNotPrepared with the first that is missing, and how many."""
    try:
        present = set(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        raise DataNotPrepared(f"There is no folder {folder} of COCO's photographs of {subset}.") from None
    names = [f"COCO_{subset}_{number:012d}.jpg" for number in numbers]
    missing = [name for name in names if name not in present]
    if missing:
        raise DataNotPrepared(
            f"The folder {folder} lacks {len(missing)} of {len(names)} photographs that are asked about, first "
            f"{missing[0]}. Unpack COCO's {subset}.zip (cocodataset.org) into it, or name the folder where they are."
        )
    return [folder / name for name in names]


def _content(file: Name) -> Any:
    """What is in a JSON file. Raises DataNotPrepared, DataCorrupt."""
    try:
        return json.loads(Path(file).read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        raise DataNotPrepared(f"There is no file {file}. VQA's files are on visualqa.org/download.html.") from None
    except (ValueError, RecursionError) as error:
        raise DataCorrupt(f"The file {file} is damaged or cut short, it is no JSON ({error}). {AGAIN}") from error


def _field(entry: Any, key: str, kind: type, where: str) -> Any:
    """What is under a key. Raises DataCorrupt where it is missing, or of another kind."""
    if not isinstance(entry, dict) or type(entry.get(key)) is not kind:
        raise DataCorrupt(f"{where} does not have {KINDS[kind]} as {key!r}: it is not in VQA's form. {AGAIN}")
    return entry[key]


def _texts(choices: Any, where: str) -> tuple[str, ...]:
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise DataCorrupt(f"{where} does not have a list of texts as 'multiple_choices'. {AGAIN}")
    return tuple(choices)
