"""Questions on generated scenes cannot be answered without the picture."""

import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from deepx.data.scenes import questions
from deepx.data.scenes.attributes import SHAPES
from deepx.data.scenes.questions.things import COLOURS

SIDES = ("left", "right", "above", "below", "higher", "lower")


@pytest.fixture(scope="module")
def asked():
    return questions.generate(2000, 8, 1, 8)[1]


def struck_out(text):
    """The question without the names of its classes."""
    for name, words in (("Z", "small|little|large|big"), ("C", "|".join(COLOURS)), ("P", "|".join(SIDES))):
        text = re.sub(rf"\b({words})\b", name, text)
    return re.sub(rf"\b({'|'.join(SHAPES)})(e?s)?\b", "S", text)


def test_answers_of_a_form_are_equally_frequent(asked):
    yes_no = [q for q in asked if q.answers[0] in ("yes", "no")]
    assert {q.kind for q in yes_no} == {"exist", "compare", "place", "more"}
    for kind in ("exist", "compare", "place", "more"):
        of_kind = [q.answers == ("yes",) for q in yes_no if q.kind == kind]
        assert np.mean(of_kind) == pytest.approx(0.5, abs=0.02), kind
    for form, answers in {
        r"(what|which) (is the )?colour .*": set(COLOURS),
        r"(what|which) (is the )?shape .*": set(SHAPES),
        r"(how many|what is the number of) (things|objects)( are there| can you see)?\?": set("2345"),
        r"how many C (things|objects) (are there|can you see)\?": set("0123"),
        r"(how many|what is the number of) S( are there| can you see)?\?": set("0123"),
        r"how many Z S (are there|can you see)\?": set("012"),
        r"how many other .*": set("012"),
        r"how many (things|objects) (are|lie) (to the )?P .*": set("0123"),
    }.items():
        found = Counter(q.answers[0] for q in asked if re.fullmatch(form, struck_out(q.text)))
        share = np.array(list(found.values())) / found.total()
        assert set(found) == answers and share == pytest.approx(1 / len(answers), abs=0.07), (form, found)


def test_who_sees_no_picture_can_only_guess(asked):
    """The most frequent answer to the same question, or to the like of it, in other scenes."""
    chance = {"attribute": 1 / 4, "exist": 1 / 2, "count": 0.30, "compare": 0.45, "place": 0.36, "more": 1 / 2}
    _, held_out = questions.generate(1000, 8, 2, 8)
    for alike in (struck_out, str):
        seen = defaultdict(Counter)
        for q in asked:
            seen[q.kind, alike(q.text)][q.answers[0]] += 1
            seen[q.kind, ""][q.answers[0]] += 1
        right = defaultdict(list)
        for q in held_out:
            counts = seen.get((q.kind, alike(q.text))) or seen[q.kind, ""]
            right[q.kind].append(counts.most_common(1)[0][0] == q.answers[0])
        for kind, hits in right.items():
            assert np.mean(hits) < chance[kind] + 4 * (0.25 / len(hits)) ** 0.5, (alike, kind)
