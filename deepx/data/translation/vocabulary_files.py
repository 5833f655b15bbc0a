"""Vocabularies in files, and whether one fits a model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation.subwords import Subwords
from deepx.data.translation.vocabulary import Vocabulary, Words
from deepx.files import write


class VocabularyMismatch(ValueError):
    """A vocabulary is not the one with which a model was trained. The message compares them."""


def fingerprint(vocabulary: Vocabulary) -> str:
    """What tells a vocabulary from all others, to be kept with a model."""
    text = json.dumps(vocabulary.content(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check(vocabulary: Vocabulary, expected: str, size: int, where: str) -> None:
    """Raises VocabularyMismatch unless the vocabulary at `where` is the one of fingerprint `expected` and `size`."""
    found = fingerprint(vocabulary)
    if found != expected:
        same = ", as many, but others" if vocabulary.size == size else ""
        raise VocabularyMismatch(
            f"The vocabulary {where} does not fit the checkpoint: it has {vocabulary.size:,} entries ({found}), and "
            f"the model was trained with {size:,} ({expected}){same}. Name the vocabulary of that run, or train anew."
        )


def of_content(content: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary whose `content()` it is. Raises ValueError, KeyError, TypeError where it is none."""
    if content["kind"] == "subwords":
        return Subwords(content["tokenizer"], content["lowercase"])
    if content["kind"] == "words" and all(isinstance(word, str) for word in content["words"]):
        return Words(tuple(content["words"]), bool(content["lowercase"]))
    raise ValueError(f"it is of kind {content['kind']!r}")


def save(vocabulary: Vocabulary, path: Path) -> None:
    """Writes the vocabulary as JSON; never half of it."""
    write(path, json.dumps(vocabulary.content(), ensure_ascii=False, indent=0))


def load(path: Path) -> Vocabulary:
    """What `save` wrote. Raises DataNotPrepared, DataCorrupt."""
    try:
        return of_content(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise DataNotPrepared(f"There is no vocabulary {path}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataCorrupt(f"{path} is no vocabulary that this project wrote: {error!r}.") from error
