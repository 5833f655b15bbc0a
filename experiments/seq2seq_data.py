"""Sentences with translations, or turns with answers, as numbers: vocabularies, what is left out, batches."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.data.translation import batches, vocabulary_files
from deepx.data.translation.encode import Encoded, encode
from deepx.data.translation.pairs import Pair, Skips, counted
from deepx.data.translation.subwords import Subwords
from deepx.data.translation.vocabulary import Vocabulary, Words
from deepx.engine.data import DeviceData, HostData, epochs_by_length, one_pass
from deepx.engine.errors import UserError
from deepx.nn import sequences
from experiments.seq2seq_texts import PARTS, Reader, texts

KINDS = ("words", "subwords")


class Corpus(NamedTuple):
    """count: training pairs. batches {"source": [B, S], "target": [B, T]}, with "mask" [B] but in training.

    encoded: of every part. pairs: the texts of "valid" and "test". tested, spoken: see `Texts`.
    """

    source: Vocabulary
    target: Vocabulary
    count: int
    train: DeviceData | HostData
    valid: DeviceData
    test: DeviceData
    encoded: Mapping[str, Encoded]
    pairs: Mapping[str, list[Pair]]
    tested: str
    provenance: str
    spoken: bool


def corpus(config: ConfigDict) -> Corpus:
    """What `config.data` names. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    data, size = config.data, config.evaluation.batch_size
    if size < 1 or config.batch_size < 1:
        raise UserError(f"batch_size is {config.batch_size}, and in evaluation {size}; both must be at least 1.")
    read = texts(data)
    source, target = vocabularies(data.vocabulary, read.parts["train"], shared=read.spoken)
    skips = {part: Skips(part) for part in PARTS}
    held_out = {part: list(counted(read.parts[part](), skips[part])) for part in ("valid", "test")}
    learnt = counted(read.parts["train"](), skips["train"], data.most_words)
    encoded = {
        "train": encode(learnt, source, target, skips["train"], tuple(data.longest)),
        **{part: encode(pairs, source, target, skips[part]) for part, pairs in held_out.items()},
    }
    for part in PARTS:
        if skips[part].count:
            print(skips[part], file=sys.stderr)
        if not encoded[part].count:
            raise UserError(f"No pairs are left. {skips[part]}.")
    return Corpus(
        source,
        target,
        encoded["train"].count,
        training(config, encoded["train"]),
        *(one_pass(by_length(encoded[part]).arrays(), min(size, encoded[part].count)) for part in held_out),
        encoded=encoded,
        pairs=held_out,
        tested=read.tested,
        provenance="; ".join([read.provenance, *map(str, skips.values())]),
        spoken=read.spoken,
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


def by_length(encoded: Encoded) -> Encoded:
    """The pairs in the order of their lengths, so that a batch needs little padding."""
    rows = np.argsort(longer(encoded), kind="stable")

    def ordered(side):
        numbers = np.split(side.numbers, side.ends[:-1])
        return side._replace(
            numbers=np.concatenate([numbers[row] for row in rows] or [side.numbers]),
            ends=np.cumsum(side.lengths()[rows]),
        )

    return Encoded(*map(ordered, encoded))


def longer(encoded: Encoded) -> np.ndarray:
    """The length of the longer side of every pair [N]."""
    return np.maximum(encoded.source.lengths(), encoded.target.lengths())


def training(config: ConfigDict, encoded: Encoded) -> DeviceData | HostData:
    """Endless passes in batches of pairs of similar length, held on the device or read by the host."""
    if config.data.memory not in ("device", "host"):
        raise UserError(f"data.memory is {config.data.memory!r}; it must be 'device' or 'host'.")
    if config.data.memory == "host":
        longest = tuple(config.data.longest)
        return HostData(lambda seed: batches.training(encoded, seed, config.batch_size, longest, config.pool))
    return epochs_by_length(encoded.arrays(), config.batch_size, longer(encoded), config.pool)


def width(batch: Mapping[str, jax.Array]) -> jax.Array:
    """The longest sentence of a batch, source or target."""
    return jax.numpy.maximum(*(sequences.lengths(batch[side]).max() for side in ("source", "target")))
