"""Texts as numbers: vocabularies are learnt or read, pairs encoded. Of generated texts, what was made once is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ml_collections import ConfigDict

from deepx.data import translation
from deepx.data.kept import Arrays, kept
from deepx.data.translation import vocabulary_files
from deepx.data.translation.encode import Encoded, Ragged, encode
from deepx.data.translation.pairs import Pair, Skips, counted
from deepx.data.translation.subwords import Subwords
from deepx.data.translation.vocabulary import Vocabulary, Words
from deepx.engine.errors import UserError
from experiments.seq2seq_texts import PARTS, Reader, Texts

KINDS = ("words", "subwords")
HELD_OUT = ("valid", "test")
MANY = 10_000  # generated pairs, from which on they are kept: fewer are made at once
MADE_BY = (Path(translation.__file__).parent, Path(__file__), Path(__file__).with_name("seq2seq_texts.py"))


class Numbered(NamedTuple):
    """Texts as numbers: vocabularies, the pairs of every part, those that are held out as text, what was left out."""

    source: Vocabulary
    target: Vocabulary
    encoded: Mapping[str, Encoded]
    held_out: Mapping[str, list[Pair]]
    skips: Mapping[str, Skips]


def numbers_of(data: ConfigDict, read: Texts) -> Numbered:
    """The texts as numbers. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    if not read.generated or data.vocabulary.folder or data.pairs < MANY:
        return numbered(data, read)
    return of_arrays(kept(lambda: arrays(numbered(data, read)), data.to_dict(), MADE_BY))


def numbered(data: ConfigDict, read: Texts) -> Numbered:
    """The texts, read and encoded. Raises as `numbers_of` does."""
    source, target = vocabularies(data.vocabulary, read.parts["train"], shared=read.spoken)
    skips = {part: Skips(part) for part in PARTS}
    held_out = {part: list(counted(read.parts[part](), skips[part])) for part in HELD_OUT}
    learnt = counted(read.parts["train"](), skips["train"], data.most_words)
    encoded = {
        "train": encode(learnt, source, target, skips["train"], tuple(data.longest)),
        **{part: encode(pairs, source, target, skips[part]) for part, pairs in held_out.items()},
    }
    return Numbered(source, target, encoded, held_out, skips)


def arrays(made: Numbered) -> Arrays:
    """As arrays, which `of_arrays` reads."""
    sides = {
        f"{part} {side} {name}": array
        for part in PARTS
        for side, ragged in made.encoded[part]._asdict().items()
        for name, array in ragged._asdict().items()
    }
    told = {
        "source": made.source.content(),
        "target": made.target.content(),
        "held_out": made.held_out,
        "skips": {part: vars(skips) for part, skips in made.skips.items()},
    }
    return {**sides, "told": np.array(json.dumps(told))}


def of_arrays(found: Arrays) -> Numbered:
    """What `arrays` made of it."""
    told = json.loads(str(found["told"]))

    def side(part: str, name: str) -> Ragged:
        return Ragged(*(found[f"{part} {name} {field}"] for field in Ragged._fields))

    skips = {part: Skips(part) for part in PARTS}
    for part in PARTS:
        vars(skips[part]).update(told["skips"][part])
    return Numbered(
        vocabulary_files.of_content(told["source"]),
        vocabulary_files.of_content(told["target"]),
        {part: Encoded(*(side(part, name) for name in Encoded._fields)) for part in PARTS},
        {part: [Pair(*pair) for pair in told["held_out"][part]] for part in HELD_OUT},
        skips,
    )


def vocabularies(settings: ConfigDict, train: Reader, shared: bool = False) -> tuple[Vocabulary, Vocabulary]:
    """Of source and target: from the files of `folder`, where it has them, else learnt, and kept there.

    shared: both are one, of what is said on both sides, and of the size of the target's.
    """
    if settings.kind not in KINDS:
        raise UserError(f"data.vocabulary.kind is {settings.kind!r}; it must be one of {', '.join(KINDS)}.")
    if settings.kind == "subwords" and None in (settings.source, settings.target):
        raise UserError("Sub-words need sizes of their vocabularies: data.vocabulary.source and .target.")

    def learnt(name: str, *sides: str) -> Vocabulary:
        path = Path(settings.folder) / f"{name}.json"
        if settings.folder and path.exists():
            return vocabulary_files.load(path)
        said: Iterator[str] = (getattr(pair, side) for pair in train() for side in sides)
        kind = Words if settings.kind == "words" else Subwords
        made = kind.of(said, settings[name], lowercase=settings.lowercase)
        if settings.folder:
            path.parent.mkdir(parents=True, exist_ok=True)
            vocabulary_files.save(made, path)
        return made

    if shared:
        return (learnt("target", "source", "target"),) * 2
    return learnt("source", "source"), learnt("target", "target")
