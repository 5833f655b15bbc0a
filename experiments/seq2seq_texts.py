"""The texts that are learnt from: `config.data.name` chooses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from deepx.data import dialogue, prepared
from deepx.data.translation import files, grammar_enfr, wmt14
from deepx.data.translation.pairs import Pair
from deepx.engine.errors import UserError, nearest
from experiments import seq2seq_conversations as conversations
from experiments.seq2seq_conversations import Conversations

Reader = Callable[[], Iterator[Pair]]  # the pairs from the first on, at every call
PARTS = ("train", "valid", "test")


class Texts(NamedTuple):
    """The pairs of every part, read anew at every call. tested: what the test set is called in metrics.

    spoken: they are turns of conversations: both sides have one vocabulary, and are answered, not translated.
    generated: they follow from the config and our code alone.
    """

    parts: Mapping[str, Reader]
    tested: str
    provenance: str
    spoken: bool = False
    generated: bool = False


def texts(data: ConfigDict) -> Texts:
    """What `data.name` names, of training the first `data.pairs` (all where that is None).

    Raises UserError for settings that make no sense; what is wrong with files is told when they are read.
    """
    if data.name not in SOURCES:
        raise UserError(
            f"data.name is {data.name!r}; it must be one of {', '.join(SOURCES)}.{nearest(data.name, SOURCES)}"
        )
    found = SOURCES[data.name](data)
    every = found.parts["train"]
    return found._replace(parts={**found.parts, "train": lambda: islice(every(), data.pairs)})


def of_grammar(data: ConfigDict) -> Texts:
    """`data.pairs` sentences of our grammar, and `data.held_out` others to validate and as many to test."""
    if sorted((data.source, data.target)) != ["en", "fr"]:
        raise UserError(f"The grammar translates en to fr and back, not {data.source!r} to {data.target!r}.")
    if data.pairs is None:
        raise UserError("The grammar has no last sentence: say how many to learn from, --config.data.pairs=N.")

    def first(part: str, count: int | None) -> list[Pair]:
        found = islice(grammar_enfr.pairs(part), count)
        return list(found) if data.source == "en" else [Pair(french, english) for english, french in found]

    counts = {"train": data.pairs, "valid": data.held_out, "test": data.held_out}
    drawn = functools.cache(lambda part: first(part, counts[part]))
    return Texts(
        {part: lambda part=part: iter(drawn(part)) for part in PARTS},
        "unseen",
        "generated: a grammar of English and French",
        generated=True,
    )


def of_multi30k(data: ConfigDict) -> Texts:
    """Multi30k in `data.folder`, or where prepared data sets are; its validation and test_2016_flickr."""
    folder = Path(data.folder) if data.folder else prepared.data_directory() / "multi30k"

    def part(split: str) -> Reader:
        return lambda: files.multi30k(folder, data.source, data.target, split)

    return Texts({split: part(split) for split in PARTS}, "test_2016", f"Multi30k, {data.source} to {data.target}")


def of_files(data: ConfigDict) -> Texts:
    """Parallel text files, 'SOURCE,TARGET' each. Where none is given to validate or to test, the first `data.held_out`
    lines of the training files do, and the next.
    """
    named = {part: tuple(filter(None, data[part].split(","))) for part in PARTS}
    for part, paths in named.items():
        if len(paths) != 2 and (paths or part == "train"):
            raise UserError(f"data.{part} is {data[part]!r}; it must be two files, --config.data.{part}=SOURCE,TARGET.")

    def whole(part: str) -> Iterator[Pair]:
        return files.read(*map(Path, named[part]), escaped=data.escaped)

    parts: dict[str, Reader] = {}
    taken = 0
    for part in ("valid", "test"):
        if named[part]:
            parts[part] = lambda part=part: whole(part)
        else:
            parts[part] = lambda start=taken: islice(whole("train"), start, start + data.held_out)
            taken += data.held_out
    parts["train"] = lambda: islice(whole("train"), taken, None)
    return Texts(parts, "test", "files " + ", ".join(Path(path).name for path in named["train"]))


def of_wmt14(data: ConfigDict) -> Texts:
    """WMT'14 through TFDS: newstest2013 validates, newstest2014 tests."""
    other = data.target if data.source == "en" else data.source

    def part(split: str, first: int | None = None) -> Reader:
        return lambda: wmt14.pairs(data.source, data.target, split, first)

    parts = {"train": part("train", data.pairs), "valid": part("validation"), "test": part("test")}
    return Texts(parts, "newstest2014", prepared.provenance(f"wmt14_translate/{other}-en:1.0.0"))


def of_conversations(read: Callable[[ConfigDict], Conversations], data: ConfigDict) -> Texts:
    """What is answered, the latest `data.context` turns, with the answer. Where no files validate or test, the first
    `data.held_out` that training's lend do.
    """
    found = read(data)

    def part(name: str) -> Reader:
        most = None if name == "train" or data[name] else data.held_out
        return lambda: islice(dialogue.pairs(found.parts[name](), data.context), most)

    return Texts({name: part(name) for name in PARTS}, "test", found.provenance, spoken=True)


SOURCES: Mapping[str, Callable[[ConfigDict], Texts]] = {
    "grammar_enfr": of_grammar,
    "multi30k": of_multi30k,
    "files": of_files,
    "wmt14": of_wmt14,
    **{name: partial(of_conversations, read) for name, read in conversations.SOURCES.items()},
}
