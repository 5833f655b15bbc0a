"""BLEU (Papineni et al. 2002) by sacrebleu (Post 2018): of whole texts, cased, tokenised as WMT's ("13a")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sacrebleu.metrics import BLEU


class Group(NamedTuple):
    """Sentences of similar length: how many, their mean length, and the BLEU of them together."""

    count: int
    length: float
    bleu: float


def bleu(said: Sequence[str], references: Sequence[str]) -> float:
    """Of a corpus with one reference for each sentence, 0 to 100. Raises ValueError where their numbers differ."""
    if len(said) != len(references) or not len(said):
        raise ValueError(f"{len(said)} translations cannot be held against {len(references)} references")
    return float(BLEU().corpus_score(list(said), [list(references)]).score)


def signature() -> str:
    """What sacrebleu calls the way in which `bleu` counts, with its version."""
    return str(BLEU(references=[["-"]]).get_signature())


def by_length(said: Sequence[str], references: Sequence[str], lengths: np.ndarray, groups: int) -> list[Group]:
    """The BLEU of `groups` groups, about as many sentences in each, from the shortest to the longest (lengths [N])."""
    order = np.argsort(lengths, kind="stable")
    return [
        Group(len(rows), float(np.mean(lengths[rows])), bleu([said[r] for r in rows], [references[r] for r in rows]))
        for rows in np.array_split(order, min(groups, len(order)))
    ]
