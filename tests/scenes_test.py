"""Scenes: their pictures show their records, their sentences tell them and can be read back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data.captions import words
from deepx.data.scenes import Objects, Scene, captioned, sampling, sentences
from deepx.data.scenes.attributes import CLASSES, COLOURS, COUNTS, GRID, HELD_OUT, PAIRS, PLACES, SEEN, SHAPES, SIZES
from deepx.data.scenes.drawing import AREAS, draw

SIDE = 64
CHOICES = st.tuples(*(st.integers(0, n - 1) for n in COUNTS.values()))


@pytest.fixture(scope="module")
def made():
    """All that is drawn here, by one program."""

    def parts(tables, key):
        full = sampling.sample(key, 100, least=1, most=9)
        few = sampling.sample(key, 200, least=1, most=3)
        batches = {part: captioned.sample(tables, key, 600, side=8, pairs=pairs) for part, pairs in PAIRS.items()}
        return full, few, draw(few, SIDE), batches, draw(by_hand(), 40)

    return jax.device_get(jax.jit(parts)(captioned.arrays(), jax.random.key(0)))


@pytest.fixture
def drawn(made):
    """Scenes of up to three objects, and their pictures."""
    return made[1:3]


def by_hand():
    """One black object of every shape, in the middle of a white ground."""
    n = len(SHAPES)

    def of(value, dtype=jnp.int32):
        return jnp.full((n, 1), value, dtype)

    shape, middle = jnp.arange(n)[:, None], of(0.5, float)
    black = jnp.zeros((n, 1, 3))
    objects = Objects(of(7), shape, of(1), of(4), middle, middle, of(0.25, float), black, of(True, bool))
    return Scene(objects, jnp.ones((n, 3)))


def test_at_its_centre_an_object_has_its_colour(drawn):
    scene, pictures = drawn
    objects = scene.objects
    n, o = np.nonzero(objects.there)
    column, row = (np.floor(SIDE * at[n, o]).astype(int) for at in (objects.x, objects.y))
    np.testing.assert_allclose(pictures[n, row, column] / 255, objects.rgb[n, o], atol=1 / 255)
    nominal = np.array(list(COLOURS.values()))[objects.colour[n, o]]
    assert np.abs(pictures[n, row, column] / 255 - nominal).max() <= sampling.SHADE + 1 / 255


def test_an_object_covers_the_area_of_its_shape_and_size(drawn):
    """Pixels at an edge count by their share."""
    scene, pictures = drawn
    objects = scene.objects
    rgb, ground = objects.rgb[:, :, None, None], scene.ground[:, None, None]
    middles = (np.arange(SIDE) + 0.5) / SIDE
    for n in range(len(pictures)):
        for o in np.flatnonzero(objects.there[n]):
            reach = 1 / (2 * GRID)  # half a cell
            across, down = abs(middles - objects.x[n, o]) <= reach, abs(middles - objects.y[n, o]) <= reach
            cell = pictures[n][np.ix_(down, across)] / 255
            way = rgb[n, o, 0, 0] - ground[n, 0, 0]
            share = (cell - ground[n, 0, 0]) @ way / (way @ way)
            area = share.sum() / SIDE**2
            assert area == pytest.approx(AREAS[objects.shape[n, o]] * objects.radius[n, o] ** 2, rel=0.12)
            nominal = list(SIZES.values())[objects.size[n, o]]
            assert abs(objects.radius[n, o] / nominal - 1) <= sampling.RADIUS + 1e-6


def test_no_two_objects_touch(made):
    objects = made[0].objects
    apart = np.maximum(*(abs(at[:, :, None] - at[:, None]) for at in (objects.x, objects.y)))
    gap = (apart - objects.radius[:, :, None] - objects.radius[:, None])[:, ~np.eye(9, dtype=bool)]
    assert gap.min() > 0
    widest = (1 + sampling.RADIUS) * max(SIZES.values())
    assert 2 * (widest + sampling.OFF_CENTRE) < 1 / GRID


def test_the_shapes_by_hand(made):
    black = made[-1][..., 0] < 128
    circle, square, triangle, cross = black
    assert (circle == circle.T).all() and circle[20].sum() == 20 and not circle[11, 11]
    assert square.sum() == square[20].sum() ** 2 and square[20].sum() in (17, 18)
    widths = triangle.sum(1)[triangle.any(1)]
    assert (np.diff(widths) >= 0).all() and widths[0] <= 2 and widths[-1] in (18, 20)  # it stands on its side
    assert cross[20].sum() == cross[:, 20].sum() == 20 and cross[12].sum() in (6, 7)


def test_places_and_numbers(made):
    objects = made[0].objects
    assert set(objects.there.sum(1)) == set(range(1, 10))
    assert all(len(set(places)) == 9 for places in objects.place)
    cell = (objects.y * GRID).astype(int) * GRID + (objects.x * GRID).astype(int)
    assert (cell == objects.place).all()
    assert PLACES[0] == "upper left" and PLACES[5] == "right"  # reading order
    with pytest.raises(ValueError, match="not 1, 10"):
        sampling.sample(jax.random.key(0), 1, most=10)


def test_held_out_pairs_are_in_no_training_sentence_or_picture(made):
    assert len(HELD_OUT) == 8 and len(SEEN) + len(HELD_OUT) == len(COLOURS) * len(SHAPES)
    for column, count in enumerate((len(COLOURS), len(SHAPES))):  # each is known from other pairs
        assert set(SEEN[:, column]) == set(HELD_OUT[:, column]) == set(range(count))
    vocabulary, held_out = sentences.vocabulary(), {tuple(pair) for pair in HELD_OUT}
    for part, pairs in PAIRS.items():
        batch, told = made[3][part], set()
        for numbers in batch["words"]:
            of = sentences.parse(" ".join(vocabulary.word(n) for n in numbers if n))
            told.add((of["colour"], of["shape"]))
        assert told == {tuple(pair) for pair in pairs}, part
        assert told == set(zip(batch["attributes"]["colour"], batch["attributes"]["shape"], strict=True))
        assert (part == "seen") == (not told & held_out)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(sentences.WORDINGS) - 1), CHOICES)
def test_a_sentence_can_be_read_back(wording, choice):
    text = sentences.sentence(wording, *choice)
    told = {name for name in CLASSES if sentences.TOLD[name][wording]}
    assert sentences.parse(text) == {name: n for name, n in zip(CLASSES, choice, strict=True) if name in told}
    assert {"colour", "shape"} <= told and len(told) >= 3
    vocabulary = sentences.vocabulary()
    numbers = sentences.table()[(wording, *choice)]
    assert [vocabulary.word(n) for n in numbers if n] == words(text)
    assert not any(numbers[len(words(text)) :])


def test_sentences_by_hand():
    assert sentences.sentence(0, 1, 2, 0, 8) == "a small orange triangle in the lower right"
    assert sentences.sentence(10, 1, 0, 0, 1).startswith("an orange circle")
    read = sentences.parse("A large blue square, on the left!")
    assert read == {"colour": 5, "shape": 1, "size": 1, "place": 3}
    assert sentences.parse("something red in the middle") == {"colour": 0, "place": 4}
    assert sentences.parse("top right") == {"place": 2} and sentences.parse("nothing") == {}
    with pytest.raises(ValueError, match="more than one colour: red, blue"):
        sentences.parse("a red and blue circle")


def test_wordings_that_keep_silent_are_marked(made):
    batch, vocabulary = made[3]["all"], sentences.vocabulary()
    for i, numbers in enumerate(batch["words"]):
        read = sentences.parse(" ".join(vocabulary.word(n) for n in numbers if n))
        assert read == {name: batch["attributes"][name][i] for name in CLASSES if batch["told"][name][i]}
    assert not batch["told"]["size"].all() and not batch["told"]["place"].all() and batch["told"]["colour"].all()
