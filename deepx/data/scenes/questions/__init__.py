"""Generated scenes with questions that need the picture: relations, comparisons and numbers of two to five things.

| kind | as |
|---|---|
| attribute | what colour is the large circle? |
| exist | is there a small green cross? |
| count | how many red things are there? |
| compare | do the circle and the large square have the same colour? |
| | how many other things have the same shape as the red thing? |
| place | is the red circle left of the blue square? what colour is the thing below the cross? |
| | how many things are above the small triangle? |
| more | are there more circles than squares? |

`things` are a scene in words, `families` draws what is asked, `wordings` puts it into English, `checker` answers such
English from the scene's numbers, by itself. "The" fits one thing. Left of a thing is whatever lies in a column of the
grid farther left; whether one thing is left of another is not asked of two in one column.

A question without its picture tells nothing of its answer. Answers are dealt from shuffled packs that have each of
them once, and wait until a scene can give them. There is a pack for every *pattern*, a question with the names of its
classes struck out: "is the COLOUR-1 SHAPE-1 to SIDE-1 of the COLOUR-1 SHAPE-2?" Scenes and questions treat all names of
a class alike, so what holds for a pattern holds for each of its texts.

Right without the picture, in percent of 40,000 questions on other scenes than the 80,000 that were read, by the most
frequent answer; chance is the mean of 1 / number of answers that there are:

| kind | chance | to this kind | to this text, names struck out | to this text |
|---|---|---|---|---|
| attribute | 25.0 | 12.4 | 25.2 | 24.8 |
| exist | 50.0 | 50.0 | 49.9 | 49.7 |
| count | 29.8 | 29.7 | 29.4 | 29.0 |
| compare | 45.1 | 35.2 | 46.0 | 45.2 |
| place | 36.2 | 22.5 | 35.3 | 30.4 |
| more | 50.0 | 50.0 | 49.1 | 50.5 |
| all | 39.8 | 33.7 | 39.6 | 38.5 |
"""

from __future__ import annotations

from functools import cache, partial
from random import Random

import jax
import numpy as np

from deepx.data.scenes import Array, Objects, sampling
from deepx.data.scenes.drawing import draw
from deepx.data.scenes.questions.families import FAMILIES, SIDES, Asked
from deepx.data.scenes.questions.things import PAIRS, VALUES, Things, of_objects
from deepx.data.scenes.questions.wordings import told
from deepx.data.vqa import Question

THINGS = (2, 5)  # in a scene, at least and at most
PIECE = 1000  # drawn at once
TRIES = 30  # of a form, before another one is tried
CLASS = {value: name for name, values in VALUES.items() for value in values} | dict.fromkeys(SIDES, "side")


def generate(scenes: int, per_scene: int, seed: int, size: int) -> tuple[np.ndarray, list[Question]]:
    """So many pictures, uint8 [N, size, size, 3], and questions on them, in the order of the pictures.

    A picture has `per_scene` different questions, or fewer where no more can be asked of it. The same arguments give
    the same; fewer scenes are the first of more. Raises ValueError for no scenes or no questions.
    """
    if scenes < 1 or per_scene < 1:
        raise ValueError(f"there must be at least one scene and one question on it, not {scenes}, {per_scene}")
    pictures, objects = picture(scenes, seed, size)
    return pictures, ask(of_objects(objects), per_scene, seed)


def picture(scenes: int, seed: int, size: int) -> tuple[np.ndarray, Objects]:
    """The pictures, and what they show, on the host."""
    key = jax.random.key(seed)
    made = [jax.device_get(piece(jax.random.fold_in(key, i), size=size)) for i in range(-(-scenes // PIECE))]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:scenes], *made)


@partial(jax.jit, static_argnames="size")
def piece(key: Array, *, size: int) -> tuple[Array, Objects]:
    scene = sampling.sample(key, PIECE, pairs=PAIRS, least=THINGS[0], most=THINGS[1])
    return draw(scene, size), scene.objects


def ask(scenes: list[Things], per_scene: int, seed: int) -> list[Question]:
    """Different questions on every scene, `per_scene` or as many as there are."""
    random = Random(f"questions, seed {seed}")
    packs: dict[tuple[str, ...], list[str]] = {}
    questions = []
    for image, things in enumerate(scenes):
        before: set[tuple[str, ...]] = set()
        while len(before) < per_scene and (found := wanted(random, things, packs, before)):
            kind, asked = found
            questions.append(Question(image, told(random, asked), (asked.answer,), kind, number=len(questions)))
    return questions


def wanted(random: Random, things: Things, packs: dict, before: set) -> tuple[str, Asked] | None:
    """A new question whose answer is the next in its pattern's pack, with its family. All families are equally likely,
    as far as there is such a question."""
    for kind in random.sample(list(FAMILIES), len(FAMILIES)):
        for form in random.sample(FAMILIES[kind], len(FAMILIES[kind])):
            for _ in range(TRIES):
                asked = form(random, things)
                if asked is None or (words := content(asked)) in before:
                    continue
                if not (pack := packs.setdefault(pattern(words), [])):
                    pack += random.sample(asked.among, len(asked.among))
                if pack[-1] == asked.answer:
                    pack.pop()
                    before.add(words)
                    return kind, asked
    return None


def content(asked: Asked) -> tuple[str, ...]:
    """What is asked, as words of one meaning each."""
    return asked.form, asked.attribute, asked.side, *asked.one, *asked.other


@cache
def pattern(content: tuple[str, ...]) -> tuple[str, ...]:
    """The content with every name of a class replaced by the class and by which of the names it is."""
    order: dict[str, int] = {}
    return tuple(f"{CLASS[word]} {order.setdefault(word, len(order))}" if word in CLASS else word for word in content)
