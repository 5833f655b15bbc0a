"""Questions about images as batches: numbers of words and answers, pixels or features, and what answers are worth.

Questions about one image can stand together in a batch (`data.together`), so that the image is seen once for all of
them. A batch has M images and N = M * together questions.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import grain
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import vqa_accuracy
from deepx.data.captions import Vocabulary, vocabulary_of, words
from deepx.data.vqa import Question, normalise
from deepx.data.vqa.encode import NO_ANSWER, encoded, frequent_answers
from deepx.engine.data import DeviceData, HostData, epochs, one_pass
from deepx.engine.errors import UserError
from experiments.vqa_features import Seer, seen
from experiments.vqa_sets import Part, Pictures, parts

NONE = -2  # the number of no answer at all, behind the last of a row


class Asked(NamedTuple):
    """Batches {"image": pixels uint8 [M, P, P, 3] or features [M, F], "words": [N, T], "answer", "kind": [N]}.

    Batches of evaluation have "mask", and of every question the answers that are worth something, "near" [N, K], and
    how much, "worth" [N, K], from 0 to 1; where answers are chosen among some, "choices" [N, C].

    vocabulary, length: of questions. answers: to choose from. shown: what is tested. fitted: see `Parts`.
    """

    train: DeviceData | HostData
    valid: DeviceData | HostData
    test: DeviceData | HostData
    vocabulary: Vocabulary
    length: int
    answers: tuple[str, ...]
    kinds: tuple[str, ...]
    shown: Part
    fitted: Callable[[np.ndarray, int], np.ndarray]
    provenance: str


def asked(config: ConfigDict, seer: Seer | None) -> Asked:
    """The questions of a config. seer: what sees the images beforehand; None: they come as they are.

    Training questions whose answer is none of the `data.answers` most frequent ones are left out, and counted; of those
    that validate and test, none is. Raises UserError, DataNotPrepared, DataCorrupt.
    """
    data, size, Q = config.data, config.evaluation.batch_size, config.data.together
    if data.memory not in ("device", "host"):
        raise UserError(f"data.memory is {data.memory!r}; it must be 'device' or 'host'.")
    if Q < 1 or config.batch_size % Q or size % Q:
        raise UserError(
            f"data.together is {Q}; it must divide batch_size ({config.batch_size}) and evaluation.batch_size ({size})."
        )
    read = parts(data)
    of = {name: compared(getattr(read, name).questions) for name in ("train", "valid", "test")}
    answers = frequent_answers(of["train"], data.answers)
    vocabulary = vocabulary_of((question.text for question in of["train"]), data.least)
    length = data.length or max(len(words(question.text)) for question in of["train"])
    kinds = sorted(set.intersection(*({q.kind for q in of[name]} for name in ("valid", "test"))) - {""})

    def arrays(name: str) -> Mapping[str, np.ndarray]:
        return encoded(of[name], vocabulary, answers, kinds, length)

    learnt = arrays("train")
    usable = learnt["answer"] != NO_ANSWER
    left_out = f"{np.sum(~usable):,} of {len(usable):,} training questions left out, whose answer is not frequent"
    if not usable.all():
        print(left_out, file=sys.stderr)
    part_of = {part.name: part for part in (read.train, read.valid, read.test)}  # train and valid may share pictures
    looked = {name: pictures(part, config, seer) for name, part in part_of.items()}

    def evaluated(name: str) -> DeviceData | HostData:
        images = looked[getattr(read, name).name]
        return evaluation(data.memory, images, {**arrays(name), **valued(of[name], answers)}, size, Q)

    learnt = {name: array[usable] for name, array in learnt.items()}
    return Asked(
        train=training(data.memory, looked[read.train.name], learnt, config.batch_size, Q),
        valid=evaluated("valid"),
        test=evaluated("test"),
        vocabulary=vocabulary,
        length=length,
        answers=answers,
        kinds=tuple(kinds),
        shown=read.test,
        fitted=read.fitted,
        provenance=read.provenance if usable.all() else f"{read.provenance}; {left_out}",
    )


def compared(questions: Sequence[Question]) -> list[Question]:
    """The questions with answers in the form in which they are compared."""
    return [q._replace(answers=normalise.normalised(q.answers)) for q in questions]


def valued(questions: Sequence[Question], answers: Sequence[str]) -> Mapping[str, np.ndarray]:
    """What answers are worth, "near" and "worth"; "choices" where there are some. See `Asked`."""
    number = {answer: a for a, answer in enumerate(answers)}
    worth = [worths(question.answers) for question in questions]
    near = [[number.get(answer, NO_ANSWER) for answer in of] for of in worth]
    arrays = {"near": rows(near, NONE), "worth": rows([list(of.values()) for of in worth], 0.0)}
    if any(question.choices for question in questions):
        arrays["choices"] = choices(questions, answers)
    return arrays


def choices(questions: Sequence[Question], answers: Sequence[str]) -> np.ndarray:
    """The numbers of what may be chosen, [N, C], as far as they are among the answers."""
    number = {answer: a for a, answer in enumerate(answers)}
    given = [[number[c] for c in map(normalise.normalise, q.choices) if c in number] for q in questions]
    return rows(given, NONE)


def worths(given: Sequence[str]) -> dict[str, float]:
    """Answers with what they are worth: of several people's by VQA's accuracy, the only one 1."""
    if len(given) == 1:
        return {given[0]: 1.0}
    return {answer: vqa_accuracy.of_matches(count, len(given)) for answer, count in Counter(given).items()}


def rows(lists: Sequence[Sequence[float]], fill: float) -> np.ndarray:
    """The lists as rows of one array, `fill` behind their ends."""
    filled = np.full((len(lists), max(1, *map(len, lists))), fill, np.float32 if isinstance(fill, float) else np.int32)
    for row, values in zip(filled, lists, strict=True):
        row[: len(values)] = values
    return filled


def pictures(part: Part, config: ConfigDict, seer: Seer | None) -> Pictures:
    """The part's pictures, or what `seer` sees of them."""
    data = config.data
    if seer is not None:
        return seen(seer, part.pictures, f"{data.name}-{part.name}-{data.size}", config.features.folder)
    if data.memory == "device" and not isinstance(part.pictures, np.ndarray):
        raise UserError(f"{data.name}'s pictures are read one by one: give data.memory='host', or features.")
    return part.pictures


def training(memory: str, images: Pictures, questions: Mapping[str, np.ndarray], batch_size: int, together: int):
    """Shuffled epochs over groups of questions about one image, held on the device or read by the host."""
    rows_GQ, _ = grouped(questions["image"], together)
    if memory == "device":
        return with_images(epochs({"rows": rows_GQ}, batch_size // together), questions, images)
    return HostData(
        lambda seed: flat(
            grain.MapDataset.source(rows_GQ)
            .seed(seed)
            .shuffle()
            .map(lambda rows: group(questions, images, rows))
            .repeat()
            .batch(batch_size // together, drop_remainder=True)
        )
    )


def evaluation(memory: str, images: Pictures, questions: Mapping[str, np.ndarray], size: int, together: int):
    """One pass over the questions, with "mask"."""
    rows_GQ, once_GQ = grouped(questions["image"], together)
    if memory == "device":
        return with_images(one_pass({"rows": rows_GQ, "once": once_GQ}, size // together), questions, images)
    groups, G = size // together, len(rows_GQ)

    def masked(g: int) -> dict[str, Any]:
        one = group(questions, images, rows_GQ[min(g, G - 1)])
        return {**one, "mask": once_GQ[g] if g < G else np.zeros_like(once_GQ[0])}

    return HostData(lambda seed: flat(grain.MapDataset.range(-(-G // groups) * groups).map(masked).batch(groups)))


def grouped(image_N: np.ndarray, together: int) -> tuple[np.ndarray, np.ndarray]:
    """Questions in groups about one image: rows [G, together], and whether a place is its question's only one.

    The last group of an image is filled up with its first questions again.
    """
    order = np.argsort(image_N, kind="stable")
    of_images = np.split(order, np.flatnonzero(np.diff(image_N[order])) + 1)
    rows, once = [], []
    for own in of_images:
        for start in range(0, len(own), together):
            rows.append(np.resize(own, start + together)[start:])
            once.append(np.arange(start, start + together) < len(own))
    return np.array(rows, np.int32), np.array(once, np.float32)


def with_images(groups: DeviceData, questions: Mapping[str, np.ndarray], images: np.ndarray) -> DeviceData:
    """The questions of groups one after another, and each group's image once."""

    def sample(arrays, key, i):
        drawn = groups.sample(arrays["groups"], key, i)
        batch = {name: a[drawn["rows"].reshape(-1)] for name, a in arrays["questions"].items()}
        batch["image"] = arrays["images"][arrays["questions"]["image"][drawn["rows"][:, 0]]]
        if "mask" in drawn:
            batch["mask"] = (drawn["mask"][:, None] * drawn["once"]).reshape(-1)
        return batch

    return DeviceData(sample, {"groups": groups.arrays, "questions": questions, "images": images}, groups.batches)


def group(questions: Mapping[str, np.ndarray], images: Pictures, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The questions of a group, and their image."""
    own = {name: array[rows] for name, array in questions.items()}
    return {**own, "image": images[own["image"][0]]}


def flat(batches: grain.MapDataset) -> grain.MapDataset:
    """Batches of groups with the questions of all groups one after another."""
    return batches.map(lambda batch: {k: a if k == "image" else a.reshape(-1, *a.shape[2:]) for k, a in batch.items()})
