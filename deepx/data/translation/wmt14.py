"""WMT'14's English-French and English-German sentences, through TFDS (`./scripts/prepare_data wmt14_translate/fr-en`).

The text is untokenised. Splits: train (40.8 million pairs of French, 4.5 million of German), validation (newstest2013),
test (newstest2014).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from deepx.data import prepared
from deepx.data.translation.pairs import Pair

LANGUAGES = ("de", "fr")


def pairs(
    source: str, target: str, split: str, first: int | None = None, data_dir: str | os.PathLike[str] | None = None
) -> Iterator[Pair]:
    """The pairs of a split in the order of the files, one of the languages being en; `first`: only so many.

    Raises ValueError for other languages, DataNotPrepared, DataCorrupt.
    """
    other = [language for language in (source, target) if language != "en"]
    if len(other) != 1 or other[0] not in LANGUAGES:
        raise ValueError(f"WMT'14 here is en with one of {', '.join(LANGUAGES)}, not {source!r} with {target!r}")
    name = f"wmt14_translate/{other[0]}-en:1.0.0"  # with its version, TFDS reads the description on the disk
    builder = prepared.prepared(name, data_dir)
    for row in prepared.rows(builder, split if first is None else f"{split}[:{first}]"):
        yield Pair(*(row[language].decode("utf-8") for language in (source, target)))
