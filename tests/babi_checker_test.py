"""The checker of bAbI stories: hand-worked stories of every task, their answers and supports right and wrong."""

import pytest

from deepx.data.babi.checker import check
from deepx.data.babi.story import TASKS, Line


def written(text):
    """A story from lines 'sentence' and 'question | answer | supports'."""
    lines = (line.strip().split(" | ") for line in text.strip().splitlines())
    return tuple(
        Line(sentence, answer[0], tuple(map(int, answer[1].split()))) if answer else Line(sentence)
        for sentence, *answer in lines
    )


def with_last(story, **changes):
    return (*story[:-1], story[-1]._replace(**changes))


# task: a story with right answers and supports; answers, and supports, that are wrong for its last question
STORIES = {
    1: (
        """Mary went to the park.
        John journeyed to the cinema.
        Where is Mary? | park | 1
        Mary went back to the office.
        Where is Mary? | office | 4""",
        ["park", "cinema", "none"],
        [(1,), (2,), (1, 4), ()],
    ),
    2: (
        """Bill moved to the school.
        Bill took the key there.
        Where is the key? | school | 2 1
        Bill travelled to the garden.
        Bill dropped the key.
        Bill travelled to the park.
        Where is the key? | garden | 5 4""",
        ["park", "school"],
        [(5, 6), (2, 4), (2, 4, 6), (4,)],
    ),
    3: (
        """Julie moved to the school.
        Julie got the key.
        Julie went to the office.
        Julie went to the cinema.
        Julie left the key there.
        Where was the key before the cinema? | office | 5 4 3
        Fred moved to the cinema.
        Fred took the key.
        Fred moved to the school.
        Where was the key before the school? | cinema | 8 9 7""",
        ["office", "school"],
        [(9, 4), (8, 9), (8, 9, 4), (5, 4, 3)],
    ),
    4: (
        """The attic is north of the cellar.
        The attic is south of the garage.
        What is north of the cellar? | attic | 1
        What is the attic south of? | garage | 2""",
        ["cellar", "attic", "garage,cellar"],
        [(1,), (1, 2)],
    ),
    5: (
        """Mary took the ball there.
        Mary handed the ball to Jeff.
        Who gave the ball? | Mary | 2
        Who did Mary give the ball to? | Jeff | 2
        Jeff passed the ball to Fred.
        What did Jeff give to Fred? | ball | 5
        Who gave the ball to Fred? | Jeff | 5
        Who received the ball? | Fred | 5""",
        ["Jeff", "Mary", "ball"],
        [(2,), (1,), (2, 5)],
    ),
    6: (
        """John moved to the park.
        John grabbed the apple there.
        Is John in the park? | yes | 1
        John moved to the school.
        Is John in the office? | no | 4""",
        ["yes", "maybe"],
        [(1,), (2,), ()],
    ),
    7: (
        """Jeff got the ball there.
        Jeff picked up the coin there.
        How many objects is Jeff carrying? | two | 1 2
        Jeff put down the ball.
        Jeff passed the coin to Mary.
        How many objects is Jeff carrying? | none | 1 2 4 5
        Mary gave the coin to Jeff.
        How many objects is Jeff carrying? | one | 1 2 4 5 7""",
        ["two", "none", "1"],
        [(7,), (1,), (2, 4), (1, 4, 7), (1, 2, 4, 5)],
    ),
    8: (
        """John took the ball there.
        John took the coin there.
        John dropped the ball.
        What is John carrying? | coin | 1 2 3
        John got the ball there.
        What is John carrying? | ball,coin | 1 3 5 2
        John dropped the ball.
        John dropped the coin.
        What is John carrying? | nothing | 1 2 3 5 7 8""",
        ["", "none", "ball"],
        [(), (1, 2, 7, 8), (1, 3), (8,)],
    ),
    9: (
        """Mary is in the park.
        Is Mary in the office? | no | 1
        Mary is no longer in the park.
        Is Mary in the park? | no | 3
        Mary went to the school.
        John is not in the school.
        Is Mary in the school? | yes | 5""",
        ["no", "maybe"],
        [(1,), (6,), (3, 5)],
    ),
    10: (
        """Bill is in the park.
        Bill is either in the school or the office.
        Is Bill in the park? | no | 2
        Is Bill in the office? | maybe | 2
        Bill journeyed to the office.
        Is Bill in the office? | yes | 5""",
        ["no", "maybe"],
        [(2,), (1,), (2, 5)],
    ),
    11: (
        """Daniel went to the park.
        Sandra went to the school.
        Following that she moved to the office.
        Where is Daniel? | park | 1
        Where is Sandra? | office | 2 3""",
        ["park", "school"],
        [(3,), (2,), (1, 3)],
    ),
    12: (
        """John and Mary went to the park.
        Mary and Bill went to the school.
        Where is John? | park | 1
        Where is Mary? | school | 2""",
        ["park", "nobody"],
        [(1,), (1, 2)],
    ),
    13: (
        """John and Mary went to the park.
        Mary and Bill went to the school.
        Then they moved to the office.
        Where is John? | park | 1
        Where is Mary? | office | 2 3""",
        ["park", "school"],
        [(3,), (2,), (1, 3), (1, 2, 3)],
    ),
    14: (
        """This evening Mary went to the park.
        Mary journeyed to the school yesterday.
        Where was Mary before the park? | school | 1 2
        Mary moved to the office this afternoon.
        This morning Bill moved to the cinema.
        Where was Mary before the park? | office | 1 4""",
        ["school", "cinema", "park"],
        [(1, 2), (1, 5), (1,), (4, 1, 2)],
    ),
    15: (
        """Mice are afraid of wolves.
        Rex is a cat.
        Cats are afraid of mice.
        What is rex afraid of? | mouse | 2 3""",
        ["wolf", "mice", "cat"],
        [(2, 1), (3,), (1, 2, 3)],
    ),
    16: (
        """Rex is a dog.
        Rex is brown.
        Tom is a dog.
        Tom is black.
        Max is a cat.
        Max is gray.
        Bob is a dog.
        What color is Bob? | black | 7 3 4""",
        ["brown", "gray", "dog"],
        [(7, 1, 2), (7, 5, 6), (7, 4), (3, 4)],
    ),
    17: (
        """The red star is to the left of the blue star.
        The moon is above the blue star.
        Is the red star to the left of the moon? | yes | 1 2
        Is the moon below the red star? | no | 2 1""",
        ["yes", "maybe"],
        [(1,), (2,), ()],
    ),
    18: (
        """The coin fits inside the box of pens.
        The crate is bigger than the box of pens.
        The crate is bigger than the coin.
        Does the coin fit in the crate? | yes | 1 2
        Is the coin bigger than the crate? | no | 3""",
        ["yes", "maybe"],
        [(1,), (2,), (1, 3)],
    ),
    19: (
        """The attic is north of the cellar.
        The garage is east of the cellar.
        The porch is east of the garage.
        How do you go from the attic to the garage? | s,e | 1 2
        How do you go from the porch to the cellar? | w,w | 3 2""",
        ["e,e", "w", "w,w,w", "west,west"],
        [(3,), (1, 2), (1, 2, 3)],
    ),
    20: (
        """Yann is bored.
        Where will yann go? | garden | 1
        Yann moved to the garden.
        Why did yann go to the garden? | bored | 1
        Jason is tired.
        Jason took the pajamas there.
        Why did jason get the pajamas? | tired | 5""",
        ["bored", "bedroom", "thirsty"],
        [(1,), (6,), (5, 6)],
    ),
}


def cases(which):
    return [(task, wrong) for task, story in STORIES.items() for wrong in story[which]]


def test_every_task_has_a_story():
    assert STORIES.keys() == TASKS.keys()


@pytest.mark.parametrize("task", STORIES)
def test_right_answers_and_supports_pass(task):
    assert check(task, written(STORIES[task][0])) == []


@pytest.mark.parametrize(("task", "answer"), cases(1))
def test_wrong_answers_are_told(task, answer):
    story = written(STORIES[task][0])
    (problem,) = check(task, with_last(story, answer=answer))
    assert problem.startswith(f"line {len(story)}, ") and f"{answer!r} should be {story[-1].answer!r}" in problem


@pytest.mark.parametrize(("task", "supports"), cases(2))
def test_wrong_supports_are_told(task, supports):
    story = written(STORIES[task][0])
    problems = check(task, with_last(story, supports=supports))
    assert problems and all(problem.startswith(f"line {len(story)}, ") for problem in problems)
    assert all(str(supports) in problem for problem in problems)


@pytest.mark.parametrize(
    ("task", "supports", "words"),
    [
        (11, (3,), "does not follow from the supports (3,) alone"),
        (1, (3,), "[3] are no statements above"),  # a question
        (1, (4, 5, 9), "[5, 9] are no statements above"),  # the question itself, and a line that is not there
        (1, (1, 4), "line 1 of the supports (1, 4) is not needed"),
        (1, (4, 4), "a line twice"),
        (6, (1,), "line 1 of the supports (1,) is older news than line 4"),
        (7, (7,), "line 1 takes the answer"),
    ],
)
def test_what_is_wrong_with_supports_is_told(task, supports, words):
    problems = check(task, with_last(written(STORIES[task][0]), supports=supports))
    assert any(words in problem for problem in problems), problems


def test_default_is_no_support():
    """That one has nothing follows from no line at all, unless one knows the lines that say the contrary."""
    told = "John took the ball there.\nJohn dropped the ball.\nHow many objects is John carrying? | none | "
    assert check(7, written(told + "1 2")) == []
    assert "line 1 takes the answer" in check(7, with_last(written(told + "1 2"), supports=()))[0]
