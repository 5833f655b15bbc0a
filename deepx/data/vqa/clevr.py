"""CLEVR (Johnson et al. 2017, arXiv 1612.06890): questions about pictures of solids, generated, with one truth each.

`./scripts/prepare_data clevr:3.1.0` prepares it: "train" has 70,000 pictures and "validation" 15,000, with some ten
questions each. Of "test" (15,000) no answers were published, so that results are of "validation".
"""

from __future__ import annotations

import os
import re

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from deepx.data.errors import DataCorrupt
from deepx.data.prepared import prepared, rows
from deepx.data.vqa import Question

NAME = "clevr:3.1.0"  # the first version with questions
FAMILIES = ("count", "exist", "compare numbers", "query attribute", "compare attribute")  # by which the paper reports


def questions(split: str, data_dir: str | os.PathLike[str] | None = None) -> list[Question]:
    """The questions of a split, picture after picture in the order of the files; kind is `family`'s.

    It goes through the files once (18 GB in all) and decodes no picture. CLEVR's own numbers of questions are not in
    TFDS's form: `number` is 0.

    Raises DataNotPrepared, DataCorrupt, and ValueError for a split that there is not.
    """
    found = []
    for image, row in enumerate(rows(prepared(NAME, data_dir), split, {"image": tfds.decode.SkipDecoding()})):
        asked = row["question_answer"]
        for question, answer in zip(asked["question"], asked["answer"], strict=True):
            text, truth = question.decode(), answer.decode()
            found.append(Question(image, text, (truth,) if truth else (), family(text)))
    return found


def family(question: str) -> str:
    """Which of FAMILIES a question is of, by its wording alone, as TFDS leaves its program out.

    What is asked stands behind the last semicolon ("There is a red cube; how many spheres are left of it?"). "How many"
    and "what number" count; what does not begin with a verb asks for an attribute ("What size is...", "The cube ... is
    what color?"). Of questions answered by yes or no, those with "number of", "more" or "fewer" compare numbers; those
    that begin with "is there", "are there" or "are any" ask whether something exists, also "is there another cube of
    the same size as the sphere?"; the others compare attributes of two solids.
    """
    asked = question.lower().rpartition(";")[2].strip()
    if re.match(r"(how many|what number)\b", asked):
        return "count"
    if not re.match(r"(is|are|do|does)\b", asked):
        return "query attribute"
    if re.search(r"\b(number of|more|fewer)\b", asked):
        return "compare numbers"
    return "exist" if re.match(r"(is|are) (there|any)\b", asked) else "compare attribute"


class Images:
    """The pictures of a split in the order of `questions`: uint8 [size, size, 3]. Reading one raises DataCorrupt.

    They are 480 x 320 pixels with solids up to the edges, so they are squeezed into the square, not cut. The fourth
    channel that the files have, all opaque, is left out.
    """

    def __init__(self, split: str, size: int, data_dir: str | os.PathLike[str] | None = None):
        self.source, self.size = prepared(NAME, data_dir).as_data_source(split), size

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> np.ndarray:
        i = range(len(self))[i]  # raises IndexError
        try:
            picture = Image.fromarray(self.source[i]["image"][..., :3])
        except Exception as error:  # array_record's, the parser's, the decoder's
            raise DataCorrupt(
                f"Picture {i} of {NAME!r} cannot be read ({error}). Delete the data set and prepare it again."
            ) from error
        return squeezed(picture, self.size)


def squeezed(picture: Image.Image, size: int) -> np.ndarray:
    """The whole picture in a square of `size` pixels."""
    return np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
