"""Stories of actors, places and objects: what happens can happen, the order of supports, words, official frequencies.

That answers follow from the text and from their supports is tested for all tasks in `babi_simulator_test.py`."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data.babi.simulator import carrying, giving, moving, presence, times
from deepx.data.babi.simulator.world import HOUSE, TOWN, Setting, World, act, arrival

TASKS = carrying.TASKS | giving.TASKS | moving.TASKS | presence.TASKS | times.TASKS
ONE_EVENT_A_SENTENCE = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
GETTING = {"got", "grabbed", "took", "picked"}

seeds = st.integers(0, 2**32)
few = settings(max_examples=5, deadline=None)


def stories(task, count):
    return [TASKS[task](Random(f"{task}, {seed}")) for seed in range(count)]


def asked(task, count):
    """The stories' questions, each with the texts of its supports."""
    for story in stories(task, count):
        for line in story:
            if line.answer is not None:
                yield line, [story[number - 1].text for number in line.supports]


def words(text):
    return re.findall(r"[\w']+", text)


def last_word(text):
    return words(text.removesuffix(" there."))[-1]


@pytest.mark.parametrize("task", sorted(TASKS))
@few
@given(seed=seeds, questions=st.integers(1, 6))
def test_a_seed_is_a_story_of_two_sentences_and_a_question(task, seed, questions):
    story = TASKS[task](Random(seed), questions)
    assert story == TASKS[task](Random(seed), questions) != TASKS[task](Random(seed + 1), questions)
    assert sum(line.answer is not None for line in story) == questions and story[-1].answer is not None
    sentences = "".join("?" if line.answer is not None else "." for line in story).split("?")[:-1]
    assert all(sentences) and all(len(between) % 2 == 0 for between in sentences)


@pytest.mark.parametrize("task", [1, 9, 10, 11, 12, 13])
def test_where_every_sentence_tells_a_place_a_question_follows_any_two(task):
    assert {len(story) for story in stories(task, 20)} == {15}


@pytest.mark.parametrize("task", ONE_EVENT_A_SENTENCE)
def test_questions_are_on_one_of_the_last_five_events(task):
    ages = set()
    for story in stories(task, 40):
        for number, line in enumerate(story, start=1):
            if line.answer is not None:
                since = story[max(line.supports) : number]
                ages.add(sum(other.answer is None for other in since))
    assert ages == ({0, 2, 4} if task == 11 else {0, 1, 2, 3, 4})


@pytest.mark.parametrize("task", [1, 2, 3, 5, 6, 7, 8])
@few
@given(seed=seeds)
def test_what_happens_can_happen(task, seed):
    place, holder, lies = {}, {}, {}  # as far as is told
    for line in TASKS[task](Random(seed)):
        told = words(line.text)
        if line.answer is not None:
            continue
        actor, thing, other = told[0], told[told.index("the") + 1], told[-1]
        if told[1] in {"gave", "handed", "passed"}:
            assert holder[thing] == actor != other
            assert place.get(actor, "?") == place.get(other, "?") or not {actor, other} <= place.keys()
            holder[thing] = other
        elif told[1] in {"dropped", "left", "discarded", "put"}:
            assert holder.pop(thing) == actor
            lies[thing] = place.get(actor)
        elif told[1] in GETTING:
            assert thing not in holder
            assert None in (place.get(actor), lies.get(thing)) or place[actor] == lies[thing]
            holder[thing] = actor
        else:
            assert place.get(actor) != thing
            place[actor] = thing


@pytest.mark.parametrize("task", [9, 10])
@few
@given(seed=seeds)
def test_silent_moves_are_moves(task, seed):
    """One is not told to come where one is, nor to have left another place; between two places one may be at either."""
    known = {}
    for line in TASKS[task](Random(seed), questions=20):
        if line.answer is None:
            actor, place = words(line.text)[0], last_word(line.text)
            at, negated = known.pop(actor, None), " not " in line.text or " no longer " in line.text
            assert at is None or "either" in line.text or (place == at) == negated
            if not negated and "either" not in line.text:
                known[actor] = place


def test_the_order_of_supports():
    for line, supports in asked(2, 30):
        assert words(line.text)[-1] in supports[0] and last_word(supports[1]) == line.answer
    for line, supports in asked(3, 10):
        thing, place = line.text.split()[3], last_word(line.text)
        assert thing in supports[0] and [last_word(move) for move in supports[1:]] == [place, line.answer]
    for line, supports in asked(14, 30):
        assert last_word(line.text) in supports[0] and line.answer in supports[1]
    for line, _ in asked(7, 30):
        assert list(line.supports) == sorted(line.supports)
    several = 0
    for line, supports in asked(8, 60):
        by_thing = {}
        for number, text in zip(line.supports, supports, strict=True):
            by_thing.setdefault(last_word(text), []).append(number)
        assert line.supports == sum(map(tuple, by_thing.values()), ())  # object by object
        assert list(by_thing.values()) == sorted(map(sorted, by_thing.values()))
        held = [thing for thing, events in by_thing.items() if len(events) % 2]
        assert line.answer == (",".join(held) or "nothing")
        several += len(by_thing) > 1
    assert several


def test_pronouns_stand_for_those_named_just_before():
    for task, pronouns in ((11, ("he", "she")), (13, ("they",))):
        for line, (named, pronoun) in asked(task, 20):
            assert words(line.text)[-1] in named and any(p in words(pronoun) for p in pronouns)
            assert line.supports[1] == line.supports[0] + 1
            if task == 11:
                assert ("he" in words(pronoun)) == (words(named)[0] in ("John", "Daniel"))


def test_of_two_sentences_on_the_same_actor_the_later_is_told_first():
    turned = 0
    for story in stories(14, 60):
        for question, *two in zip(story, story[1:], story[2:], strict=False):
            if question.answer is not None:  # so the two stand alone between questions
                (first, time), (second, earlier) = map(actor_and_time, two)
                turned += first == second
                assert first != second or time == earlier + 1
    assert turned > 10


def actor_and_time(line):
    actor = next(word for word in words(line.text) if word in TOWN.actors)
    return actor, next(n for n, time in enumerate(times.TIMES) if time in line.text.lower())


MOVING = "went to the journeyed travelled back moved"
TAKING = "got grabbed took picked up there dropped left discarded put down apple football milk"
IN_HOUSE = "John Mary Sandra Daniel bathroom bedroom garden hallway kitchen office"
IN_TOWN = "Bill Fred Julie Mary bedroom cinema kitchen office park school"
VOCABULARY = {
    1: f"{MOVING} {IN_HOUSE} Where is",
    2: f"{MOVING} {IN_HOUSE} {TAKING} Where is",
    3: f"{MOVING} {IN_HOUSE} {TAKING} Where was before",
    5: f"{MOVING} {IN_HOUSE} {TAKING} Fred Bill Jeff gave handed passed Who What did give received",
    6: f"{MOVING} {IN_HOUSE} {TAKING} Is in yes no",
    7: f"{MOVING} {IN_HOUSE} {TAKING} gave handed passed How many objects is carrying none one two three",
    8: f"{MOVING} {IN_HOUSE} {TAKING} What is carrying nothing",
    9: f"{MOVING} {IN_HOUSE} Is is in not no longer yes",
    10: f"{MOVING} {IN_TOWN} Is is in either or yes no maybe",
    11: f"{MOVING} {IN_HOUSE} Where is After that Following Then Afterwards he she",
    12: f"{MOVING} {IN_HOUSE} Where is and",
    13: f"{MOVING} {IN_HOUSE} Where is and After that Following Then Afterwards they",
    14: f"{MOVING} {IN_TOWN} Where was before Yesterday yesterday This this morning afternoon evening",
}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_vocabulary_is_the_official_one(task):
    used = {w for story in stories(task, 300 if task == 7 else 30) for line in story for w in words(line.text)}
    used |= {w for line, _ in asked(task, 300 if task == 7 else 30) for w in words(line.answer)}
    official = set(VOCABULARY[task].split())
    assert used == (official - {"John", "Sandra", "Daniel"} if task == 5 else official)


DROPS = "(dropped|left|discarded|put down) the"
GETS = "(got|grabbed|took|picked up) the"
GIFTS = r"(gave|handed|passed) .*\.$"


def answers(story):
    return [line.answer for line in story if line.answer is not None]


def first_question(story):
    return [next(number for number, line in enumerate(story) if line.answer is not None)]


def supports(story):
    return [len(line.supports) for line in story if line.answer is not None]


def got(story):
    """Whether the first support is that something was got."""
    return [bool(re.search(GETS, story[line.supports[0] - 1].text)) for line in story if line.answer is not None]


def told(pattern, among=r"\.$"):
    return lambda story: [bool(re.search(pattern, line.text)) for line in story if re.search(among, line.text)]


@pytest.mark.parametrize(
    ("task", "seen", "value", "official"),
    [
        (2, first_question, 2, 0.051),
        (2, got, True, 0.313),
        (2, told("there", DROPS), True, 0.202),
        (2, told("there", GETS), True, 1.0),
        (3, told("there", GETS), True, 0.197),
        (5, first_question, 2, 0.051),
        (5, told(GIFTS), True, 0.155),
        (5, told("apple", GIFTS), True, 0.413),
        (6, answers, "yes", 0.501),
        (6, first_question, 2, 0.889),
        (7, answers, "none", 0.470),
        (7, first_question, 2, 0.503),
        (7, supports, 1, 0.304),
        (8, answers, "nothing", 0.360),
        (8, supports, 1, 0.422),
        (9, answers, "no", 0.626),
        (9, told("is in"), True, 0.250),
        (10, answers, "maybe", 0.148),
        (10, told("either"), True, 0.249),
        (14, first_question, 2, 0.243),
        (14, first_question, 4, 0.660),
        (14, told("(?i)yesterday"), True, 0.337),
    ],
)
def test_shares_are_those_of_the_official_files(task, seen, value, official):
    values = sum(map(seen, stories(task, 60 if task == 3 else 400)), [])
    assert values.count(value) / len(values) == pytest.approx(official, abs=0.05)


def test_gifts_are_the_first_that_can_be_made():
    """As in the official files: the first object whose holder is not alone, to the first actor there."""
    world = World(Random(0), Setting(("Mary", "Fred", "Bill"), ("park", "office"), ("apple", "milk")))
    world.place |= dict.fromkeys(world.actors, "park")
    world.tell("get", "Fred", "milk")
    assert act(Random(0), world, ("give",))[1:] == ("give", "Fred", "milk", "Mary")
    world.tell("get", "Bill", "apple")
    assert act(Random(0), world, ("give",))[1:] == ("give", "Bill", "apple", "Mary")
    world.place["Fred"] = "office"
    assert act(Random(0), world, ("give",))[1:] == ("give", "Mary", "apple", "Bill")


def test_the_last_arrival_counts():
    world = World(Random(0), HOUSE)
    office, garden, again, kitchen, office_again = (
        world.tell("move", "John", place) for place in ("office", "garden", "office", "kitchen", "office")
    )
    assert arrival(world.moves("John"), "office") == (kitchen, office_again)
    assert arrival(world.moves("John"), "garden") == (office, garden)
    assert arrival(world.moves("John")[:2], "office") is None


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="an actor and two places"):
        moving.single_supporting_fact(Random(0), setting=Setting(("Mary",), ("park",)))
    with pytest.raises(ValueError, match="at most 3"):
        carrying.counting(Random(0), setting=HOUSE._replace(objects=("a", "b", "c", "d")))
    with pytest.raises(ValueError, match="questions must be fewer"):
        times.time_reasoning(Random(0), questions=9)
