"""Simulated bAbI stories: laws of all tasks, and oddities of the official files in tasks 4 and 15 to 20. Statistics, by
which simulated and official stories are compared."""

import math
import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.analysis import story_statistics
from deepx.data.babi import files
from deepx.data.babi.checker import check
from deepx.data.babi.simulator import induction, motivations, paths, positions, relations, simulate, sizes
from deepx.data.babi.story import TASKS, examples
from deepx.engine.errors import UserError
from experiments import babi_statistics

SEEDS = st.integers(0, 2**32)
WORDS = {
    4: "The What bathroom bedroom east garden hallway is kitchen north of office south the west",
    15: "Cats Emily Gertrude Jessica Mice Sheep What Winona Wolves a afraid are cat cats emily gertrude is jessica mice"
    " mouse of sheep winona wolf wolves",
    16: "Bernhard Brian Greg Julius Lily What a color frog gray green is lion rhino swan white yellow",
    17: "Is The above below blue is left no of pink rectangle red right sphere square the to triangle yellow yes",
    18: "Does Is The bigger box chest chocolate chocolates container fit fits in inside is no of suitcase than the yes",
    19: "How The bathroom bedroom do e east from garden go hallway is kitchen n north of office s south the to w west"
    " you",
    20: "Antoine Jason Sumit Where Why Yann antoine apple back bedroom bored did football garden get go got grabbed"
    " hungry is jason journeyed kitchen milk moved pajamas picked sumit the there thirsty tired to took travelled up"
    " went will yann",
}
ENDS = {  # task: of what the first support tells, and of what the last
    15: (r"What is (.+) afraid of()\?",),
    16: (r"What color is (.+)()\?",),
    17: (rf"Is the (.+) (?:{'|'.join(positions.SIDES.values())}) the (.+)\?",),
    18: (r"Is the (.+) bigger than the (.+)\?", r"Does the (?P<last>.+) fit in the (?P<first>.+)\?"),
    19: (r"How do you go from the (.+) to the (.+)\?",),
}


def larger(sentence):
    if fits := re.fullmatch(r"The (.+) fits inside the (.+)\.", sentence):
        return fits[2], fits[1]
    return re.fullmatch(r"The (.+) is bigger than the (.+)\.", sentence).groups()


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_answers_and_supports_pass_the_independent_checker(task, seed):
    assert [problem for story in simulate(task, 24, seed) for problem in check(task, story)] == []


@pytest.mark.parametrize("task", ENDS)
def test_supports_stand_in_the_order_of_the_argument(task):
    for example in examples(simulate(task, 200, seed=0)):
        found = next(filter(None, (re.fullmatch(pattern, example.question) for pattern in ENDS[task])))
        first, last = (found["first"], found["last"]) if found.groupdict() else found.groups()
        told = [example.sentences[i].lower() for i in example.supports]
        assert first.lower() in told[0] and last.lower() in told[-1]
        assert len(told) == 2 or told[-1].endswith(f"is {example.answer}.")


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=3, deadline=None)
@given(seed=SEEDS, fewer=st.integers(1, 20), more=st.integers(1, 20))
def test_stories_of_fewer_questions_begin_those_of_more(task, seed, fewer, more):
    stories = simulate(task, fewer + more, seed)
    assert stories == simulate(task, fewer + more, seed)
    first = simulate(task, fewer, seed)
    assert sum(line.answer is not None for story in first for line in story) == fewer
    assert first[:-1] == stories[: len(first) - 1]
    assert first[-1] == stories[len(first) - 1][: len(first[-1])]
    assert first[-1][-1].answer is not None


@pytest.mark.parametrize("task", TASKS)
def test_supports_are_sentences_above_the_question(task):
    stories = simulate(task, 60, seed=1)
    assert files.parse(files.format(stories).encode(), "ours") == stories  # which checks just this
    assert simulate(task, 60, seed=2) != stories


@pytest.mark.parametrize("task", WORDS)
def test_the_vocabulary_is_the_official_one(task):
    vocabulary = story_statistics.summary(simulate(task, 1000, seed=0)).vocabulary
    assert vocabulary - {".", "?"} == set(WORDS[task].split())


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(ValueError, match="not 21"):
        simulate(21, 1, 0)
    with pytest.raises(ValueError, match="not 0"):
        simulate(1, 0, 0)
    with pytest.raises(ValueError, match="not 4"):
        paths.path_finding(Random(0), others=4)


def test_the_middle_is_drawn_first_in_a_third_of_its_pairs():
    """Of three in a row each is drawn alike, the middle for one side or the other: 1/6 beside the end's 1/3."""
    random, count = Random(0), 3000
    rows = [relations.told(random, {"a": ["m"], "m": ["a", "b"], "b": ["m"]}) for _ in range(count)]
    assert {frozenset(map(frozenset, row)) for row in rows} == {frozenset({frozenset("am"), frozenset("bm")})}
    drawn = sum(first == "m" for row in rows for first, _ in row)
    assert abs(drawn / (2 * count) - 1 / 3) < 4 * math.sqrt(2 / 9 / (2 * count))


def test_rooms_beside_a_path_take_any_free_sides_of_those_on_it():
    """Free are three sides of the start and of the goal and two of the room between: 3/8, 3/8 and 2/8."""
    beside, count = Counter(), 500
    for seed in range(count):
        *lines, question = paths.path_finding(Random(seed))
        pairs = [set(re.fullmatch(r"The (.+) is .+ of the (.+)\.", line.text).groups()) for line in lines]
        start, goal = re.fullmatch(ENDS[19][0], question.text).groups()
        (via,) = {room for i in question.supports for room in pairs[i - 1]} - {start, goal}
        place = {start: "start", via: "via", goal: "goal"}
        others = [pair for line, pair in enumerate(pairs, start=1) if line not in question.supports]
        beside.update(place[room] for pair in others for room in pair & place.keys())
        assert set.union(*pairs) == set(relations.ROOMS)
    assert beside.total() == 3 * count
    for place, share in {"start": 3 / 8, "via": 2 / 8, "goal": 3 / 8}.items():
        assert abs(beside[place] / (3 * count) - share) < 4 * math.sqrt(share * (1 - share) / (3 * count))


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_sizes_are_in_one_order(seed):
    story = sizes.size_reasoning(Random(seed))
    facts = {larger(line.text) for line in story if line.answer is None}
    below = {thing: {b for a, b in facts if a == thing} for thing in (*sizes.SMALL, *sizes.LARGE)}
    while below:  # take away the least
        least = [thing for thing, smaller in below.items() if not smaller & below.keys()]
        assert least, facts
        del below[least[0]]
    assert not any(a in sizes.SMALL and (a, b) != sizes.SMALL[::-1] for a, b in facts)
    assert [line.answer is None for line in story[-6:]] == [True] + 5 * [False]


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_a_kind_has_the_colour_it_had_when_told_of_last(seed):
    *lines, question = induction.basic_induction(Random(seed))
    kind, colour, at_present = {}, {}, {}
    for text in (line.text for line in lines):
        if " a " in text:
            name, kind[name] = re.fullmatch(r"(.+) is a (.+)\.", text).groups()
            at_present[kind[name]] = None
        else:
            name, colour[name] = re.fullmatch(r"(.+) is (.+)\.", text).groups()
            assert at_present[kind[name]] in (None, colour[name])
            at_present[kind[name]] = colour[name]
    (asked,) = kind.keys() - colour.keys()
    fellows = [name for name in kind if kind[name] == kind[asked] and name != asked]
    assert f" {asked}?" in question.text
    assert len(fellows) in (1, 3, 4) and question.answer == colour[fellows[-1]]


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_everybody_does_what_is_possible(seed):
    story = motivations.agents_motivations(Random(seed))
    told = " ".join(line.text for line in story if line.answer is None)
    states = dict(re.findall(r"(\w+) is (\w+)\.", told))
    wanted = {motivations.AIMS[state][1] for state in states.values()}
    assert states.keys() == set(motivations.NAMES)
    assert all(len(re.findall(rf"{name} \S+(?: back)? to the ", told)) == 1 for name in states)
    assert Counter(re.findall(r"the (\w+) there", told)) == Counter(wanted)
    assert [line.answer is None for line in story] == [True, False] * (len(story) // 2)


SHORT = (("Mary went to the office.", None, ()), ("Where is Mary?", "office", (1,)))
LONG = (
    ("Fred went to the park.", None, ()),
    ("Jeff is in the park.", None, ()),
    ("Where is Fred?", "park", (1, 2)),
    ("Where is Jeff?", "park", (2,)),
)


def test_a_summary_by_hand():
    made = story_statistics.summary([SHORT, LONG])
    assert made.vocabulary == set("Mary Fred Jeff went to the office park Where is in . ?".split())
    assert made.templates == {"NAME went to the PLACE.": 2, "NAME is in the PLACE.": 1, "Where is NAME?": 3}
    assert made.lines == {2: 1, 4: 1} and story_statistics.mean(made.lines) == 3
    assert made.questions == {1: 1, 2: 1}
    assert made.sentences_above == {1: 1, 2: 2}
    assert made.answers == {"office": 1, "park": 2}
    assert made.supports == {1: 2, 2: 1}
    assert made.answers_to == {("Where is NAME?", "office"): 1, ("Where is NAME?", "park"): 2}


def test_a_distance_by_hand():
    far = story_statistics.distance(story_statistics.summary([SHORT]), story_statistics.summary([SHORT, LONG]))
    assert far.only_first == set() and far.only_second == {"Fred", "Jeff", "park", "in"}
    assert far.variation["lines"] == 1 / 2
    assert far.variation["answers"] == pytest.approx(2 / 3)
    assert far.variation["templates"] == pytest.approx(1 / 6)
    assert story_statistics.total_variation({"a": 1, "b": 1}, {"b": 2, "c": 2}) == 1 / 2
    with pytest.raises(ValueError, match="items"):
        story_statistics.total_variation({}, {"a": 1})


def test_what_chance_makes_of_equal_distributions():
    random, size = Random(0), 200
    drawn = [Counter(random.choices("abc", (1, 2, 3), k=size)) for _ in range(800)]
    measured = [story_statistics.total_variation(a, b) for a, b in zip(drawn[::2], drawn[1::2], strict=True)]
    expected = story_statistics.total_variation_by_chance(
        {"a": 100, "b": 200, "c": 300}, {"a": 100, "b": 200, "c": 300}
    )
    assert sum(measured) / len(measured) == pytest.approx(expected * math.sqrt(600 / size), rel=0.1)


def test_the_table_compares_files_with_simulated_stories(tmp_path):
    (tmp_path / "qa4_two-arg-relations_test.txt").write_text(files.format(simulate(4, 50, seed=0)))
    assert babi_statistics.table(tmp_path, [4], seed=0).row_count == 1
    same = story_statistics.summary(babi_statistics.read(tmp_path, 4))
    row = tuple(babi_statistics.row(4, same, story_statistics.summary(simulate(4, 50, seed=0))))
    assert row[:4] == ("4 two-arg-relations", "50", "3.00 / 3.00", "1.00 / 1.00")
    assert [cell.split()[0] for cell in row[-5:]] == ["0.000"] * 5  # the same seed
    with pytest.raises(UserError, match="qa5_"):
        babi_statistics.table(tmp_path, [5], seed=0)
