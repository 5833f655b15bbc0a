"""A reader answers what is typed: the answer, where it looked, what it does not know, and mistakes in words."""

import jax
import pytest
from absl import flags
from absl.testing import flagsaver

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.replicated import replicated
from experiments import babi, babi_predict, reproduce


@pytest.fixture(scope="module")
def trained():
    """A network a task, two restarts of each, as they begin."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])
    config = load(reproduce.CONFIGS / "babi" / "memn2n_joint_3hop_rn.py", "smoke").unlock()
    config.joint, config.run.replicas = False, 2
    experiment = babi.build(config)
    state = jax.jit(replicated(experiment, 2).init)(jax.random.split(jax.random.key(0), 2))
    return lambda: experiment.predict(state)


def test_it_answers_shows_where_it_looked_and_names_words_it_does_not_know(trained, capsys):
    story = "Mary went to the office. John moved to the spaceship"
    with flagsaver.flagsaver(story=story, question="Where is Mary?", task=1):
        trained()
    told = capsys.readouterr()
    assert told.out.startswith("Where is Mary? ") and "hop 3" in told.out
    assert "Mary went to the office." in told.out and "John moved to the spaceship." in told.out
    assert told.err == "Words it does not know, and does not see: spaceship.\n"


def test_a_story_may_be_a_file(tmp_path):
    file = tmp_path / "story.txt"
    file.write_text("Mary went home.\nJohn left\n")
    assert babi_predict.sentences_of(str(file)) == ("Mary went home.", "John left.")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (dict(story="A b.", task=1), "Give a story and a question"),
        (dict(story="A b.", question="C?"), "give --task, one of 1, 15"),
        (dict(story="A b.", question="C?", task=2), "give --task, one of 1, 15"),
        (dict(story=" . ", question="C?", task=1), "The story has no sentences"),
    ],
)
def test_mistakes_are_told_in_words(trained, given, words):
    with flagsaver.flagsaver(**given), pytest.raises(UserError, match=words):
        trained()
