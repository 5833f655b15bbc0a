"""How varied answers are: cases worked by hand."""

import pytest

from deepx.analysis import answers

SAID = [text.split() for text in ("i do not know .", "yes .", "i do not know .", "i see .", "no", "")]


def test_a_case_worked_by_hand():
    """Of 16 words 8 differ; of 11 pairs 'i do', 'do not', 'not know', 'know .', 'yes .', 'i see' and 'see .'."""
    found = answers.variety(SAID)
    assert found.distinct_1 == 8 / 16 and found.distinct_2 == 7 / 11
    assert found.repeated == found.commonest == 2 / 6
    assert found.words == 16 / 6 and " ".join(found.most_said) == "i do not know ."
    assert answers.shares(SAID, 2) == [2 / 6, 1 / 6]


def test_the_same_to_everything_and_never_the_same():
    same, other = answers.variety([["a", "a"]] * 4), answers.variety([["a"], ["b"], ["c", "d"]])
    assert same[:5] == (1 / 8, 1 / 4, 1, 1, 2)
    assert other[:5] == (1, 1, 0, 1 / 3, 4 / 3)
    assert answers.distinct([["a"]], 2) == 0


def test_no_answers_are_told():
    with pytest.raises(ValueError, match="no answers to measure"):
        answers.variety([])
