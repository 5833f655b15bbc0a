"""Answers made alike and counted as the official evaluation of VQA does, quirks included."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepx.analysis import vqa_accuracy
from deepx.data.vqa import normalise

# Answers


@pytest.mark.parametrize(
    ("answer", "compared"),
    [
        # Case, white space, articles, number words.
        ("Yes", "yes"),
        ("  on the\n\ttable ", "on table"),
        ("A", ""),
        ("an apple a day", "apple day"),
        ("One", "1"),
        ("none", "0"),
        ("ten of eleven", "10 of eleven"),
        ("the a-team", "team"),  # the mark first, then the article
        # Marks: a space comes in their place...
        ("t-shirt", "t shirt"),
        ("red/white", "red white"),
        ('"stop"', "stop"),
        ("yes!", "yes"),
        # ... unless one of their kind stands beside a space: then all of that kind go without,
        ("black, white", "black white"),
        ("left -right t-shirt", "left right tshirt"),
        ("red/white t- shirt", "red white t shirt"),  # and none of another kind
        ("x;/y/z", "x y z"),  # a space that another mark left does not count
        # or unless there is a comma between digits: then all of any kind do.
        ("1,000", "1000"),
        ("1,000-2,000", "10002000"),
        ("1,000 red/white", "1000 redwhite"),
        ("1,a", "1"),  # no digit behind it: a space, and then an article
        # White space at the ends is no space beside a mark.
        (" -5-6 ", "5 6"),
        # No marks.
        ("2:50 pm", "2:50 pm"),
        ("girl's", "girl's"),
        ("50%", "50%"),
        # Periods: only those with a digit behind them stay.
        ("st. john", "st john"),
        ("p.m.", "pm"),
        ("3.5", "3.5"),
        (".5", ".5"),
        ("no.2", "no.2"),
        ("2.", "2"),
        ("1..2", "1.2"),
        (33 * "x.", 33 * "x" + "."),
        # Contractions.
        ("Dont know", "don't know"),
        ("it isnt", "it isn't"),
        ("couldntve", "couldntve"),  # the table has "couldnt've" and "couldn'tve"
        ("couldnt've", "couldn't've"),
        ("twas", "'twas"),
        ("Im here", "im here"),  # the table's "Im" is never met, all is in lower case by then
        ("somebody'd", "somebodyd"),
        ("", ""),
    ],
)
def test_an_answer_as_it_is_compared(answer, compared):
    assert normalise.normalise(answer) == compared


def test_the_tables_are_the_official_ones():
    assert len(normalise.CONTRACTIONS) == 120 and len(normalise.MARKS) == len(set(normalise.MARKS)) == 21
    without = {known.replace("'", ""): full.replace("'", "") for known, full in normalise.CONTRACTIONS.items()}
    assert all(known == full for known, full in without.items())  # they add apostrophes, or take one, and no more
    assert normalise.DIGITS["five"] == "5" and len(normalise.DIGITS) == 12


pieces = st.sampled_from(
    [*"aAx ,.;:-/'\"?!\\_059\n\t", "the", "One", "none", "1,000", "dont", "t-shirt", "p.m.", "she's", "Im", "  "]
)
answers_of_people = st.lists(pieces, max_size=8).map("".join)


@given(answers_of_people)
@example("the. a")
def test_what_is_normalised_stays_so(answer):
    once = normalise.normalise(answer)
    assert normalise.normalise(once) == once
    assert not set(once) & set(normalise.MARKS) and once == once.lower() == " ".join(once.split())
    assert not set(once.split()) & {*normalise.ARTICLES, *normalise.DIGITS}


def test_people_who_agree_to_the_letter_are_taken_at_their_word():
    assert normalise.normalised(["The Cat ", " The Cat", "The\tCat"]) == ("The Cat",) * 3
    assert normalise.rule(["The Cat"] * 10)("The  cat\n") == "The  cat"
    assert normalise.normalised(["The Cat", "the cat", "Dont"]) == ("cat", "cat", "don't")
    assert normalise.rule(["The Cat"] * 9 + ["cat"])("THE CAT!") == "cat"


# Accuracy


def left_out_one_by_one(answer, answers):
    """The definition in exact numbers."""
    others = [answers[:i] + answers[i + 1 :] for i in range(len(answers))]
    return sum(min(Fraction(nine.count(answer), 3), Fraction(1)) for nine in others) / len(answers)


@pytest.mark.parametrize(
    ("matches", "accuracy"),
    [
        (0, 0.0),
        (1, 0.3),  # the one: 0 matches among the others, the nine: 1/3; (1 * 0 + 9 * 1/3) / 10
        (2, 0.6),  # (2 * 1/3 + 8 * 2/3) / 10
        (3, 0.9),  # (3 * 2/3 + 7 * 1) / 10
        (4, 1.0),  # (4 * 1 + 6 * 1) / 10
        (10, 1.0),
    ],
)
def test_accuracy_among_ten_people_by_hand(matches, accuracy):
    answers = ["yes"] * matches + ["no"] * (10 - matches)
    assert vqa_accuracy.accuracy("yes", answers) == vqa_accuracy.of_matches(matches, 10) == accuracy


def test_eight_say_yes_and_two_say_no():
    """The authors' own example, in the repository's first issue."""
    answers = ["yes"] * 8 + ["no"] * 2
    assert vqa_accuracy.accuracy("no", answers) == 0.6 and vqa_accuracy.accuracy("yes", answers) == 1


people = st.lists(st.sampled_from("abc"), min_size=4, max_size=12)


@given(people, st.randoms(use_true_random=False))
def test_accuracy_is_the_mean_over_who_is_left_out_in_any_order(answers, random):
    accuracy = vqa_accuracy.accuracy("a", answers)
    assert accuracy == pytest.approx(float(left_out_one_by_one("a", answers)), abs=1e-15)
    shuffled = random.sample(answers, len(answers))
    assert vqa_accuracy.accuracy("a", shuffled) == accuracy and 0 <= accuracy <= 1


@given(st.integers(4, 30))
def test_more_matches_never_count_less_and_four_are_enough(people):
    by_matches = [vqa_accuracy.of_matches(matches, people) for matches in range(people + 1)]
    assert by_matches == sorted(by_matches) and by_matches[0] == 0 and len(set(by_matches)) == 5
    assert set(by_matches[4:]) == {1.0} and by_matches[3] < 1


def test_answer_and_people_are_compared_by_one_rule():
    people = ["2 cats", "two cats", "Two cats.", "the 2 cats"] + ["dogs"] * 6
    rule = normalise.rule(people)
    assert vqa_accuracy.accuracy(rule("two  Cats!"), normalise.normalised(people)) == 1
    agreed = ["two"] * 10
    assert vqa_accuracy.accuracy(normalise.rule(agreed)("2"), normalise.normalised(agreed)) == 0


@pytest.mark.parametrize(
    ("matches", "people", "message"),
    [(0, 0, "at least 4 people, got 0"), (1, 1, "got 1"), (3, 3, "got 3"), (11, 10, "11 of 10"), (-1, 10, "-1 of 10")],
)
def test_too_few_people_are_told(matches, people, message):
    with pytest.raises(ValueError, match=message):
        vqa_accuracy.of_matches(matches, people)
