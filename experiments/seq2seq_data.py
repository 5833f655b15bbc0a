"""Sentences with translations, or turns with answers, as numbers: vocabularies, what is left out, batches."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.data.translation import batches
from deepx.data.translation.encode import Encoded
from deepx.data.translation.pairs import Pair
from deepx.data.translation.vocabulary import Vocabulary
from deepx.engine.data import DeviceData, HostData, epochs_by_length, one_pass
from deepx.engine.errors import UserError
from deepx.nn import sequences
from experiments.seq2seq_numbers import HELD_OUT, numbers_of
from experiments.seq2seq_texts import PARTS, texts


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
    found = numbers_of(data, read)
    for part in PARTS:
        if found.skips[part].count:
            print(found.skips[part], file=sys.stderr)
        if not found.encoded[part].count:
            raise UserError(f"No pairs are left. {found.skips[part]}.")
    return Corpus(
        found.source,
        found.target,
        found.encoded["train"].count,
        training(config, found.encoded["train"]),
        *(one_pass(by_length(found.encoded[p]).arrays(), min(size, found.encoded[p].count)) for p in HELD_OUT),
        encoded=found.encoded,
        pairs=found.held_out,
        tested=read.tested,
        provenance="; ".join([read.provenance, *map(str, found.skips.values())]),
        spoken=read.spoken,
    )


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
