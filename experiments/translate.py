"""`./scripts/translate`: a test set by several runs together: ensembles, n best lists in another order, noisy channel.

    ./scripts/translate RUN RUN RUN                          ensembles, beams of 1, 2 and 12
    ./scripts/translate RUN --reverse=RUN --language=RUN     arg max p(f|e) p(e), of p(e|f)'s n best
    ./scripts/translate RUN --beams 12 --alpha=1 --out=said  longer sentences; every text

RUNs translate the same texts with the same vocabularies; every seed of a run counts as one model. --reverse is a run of
the same texts the other way (--config.data.source and .target changed about), --language one of
--config.model.name=language_model. Prints BLEU of the test set and writes translations.json, with every text that was
said, into --out. The tables are those of Sutskever, Vinyals, Le 2014 (arXiv 1409.3215): ensembles in 1, n-best lists
rescored in 2. Weights are 1 and nothing is chosen by the test set.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from deepx.analysis import bleu
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation import vocabulary_files
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.engine.progress import shown
from deepx.engine.usage import fitted
from deepx.files import write
from deepx.nn import sequences
from deepx.nn.cpu import kernels
from deepx.nn.decoding import beam, rescoring
from deepx.nn.decoding.beam import Hypotheses
from deepx.nn.decoding.steps import ensemble
from experiments import seq2seq
from experiments.seq2seq_data import Corpus, corpus
from experiments.seq2seq_models import LanguageModel, Model, model_of
from experiments.seq2seq_translator import by_length, check_vocabularies, most
from experiments.trained import config_of, every_seed

BATCH = 50  # sentences at once


class Reader(NamedTuple):
    """A trained model."""

    model: Model | LanguageModel
    params: Any


class Said(NamedTuple):
    """A translation of every test sentence, and what it is called."""

    way: str
    beam: int
    texts: Sequence[str]


def readers(path: Path) -> tuple[Corpus, list[Reader]]:
    """What the run in `path` learnt, a model a seed. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    config = config_of(path)
    sets = corpus(config) if config.benchmark.startswith("seq2seq/") else None
    if sets is None or sets.spoken:
        raise UserError(f"{path} is a run of {config.benchmark}, which does not translate.")
    _, seeds = every_seed(path, lambda config: seq2seq.experiment(config, sets))
    for variables in seeds:
        check_vocabularies(config, sets, variables["batch_stats"])
    model = model_of(config, sets)
    return sets, [Reader(model, variables["params"]) for variables in seeds]


def check_fits(first: Corpus, other: Corpus, path: Path, sides: Mapping[str, str]) -> None:
    """Raises UserError unless `other` reads and writes with the vocabularies of `first`: sides of other by first's."""
    for side, of_other in sides.items():
        ours, theirs = getattr(first, side), getattr(other, of_other)
        if vocabulary_files.fingerprint(ours) != vocabulary_files.fingerprint(theirs):
            raise UserError(
                f"{path} has another vocabulary as its {of_other} than the first run as its {side}. Runs that work "
                "together must be of the same texts, with the same settings of data.vocabulary."
            )


@functools.partial(jax.jit, static_argnums=(0, 3, 4, 5))
def searched(
    models: tuple[Model, ...], params: Sequence[Any], source_BS: Array, longest: int, width: int, alpha: float
) -> Hypotheses:
    """The `width` best translations by the mean of the models' probabilities."""
    step, states = zip(*(model.decoder(of, source_BS) for model, of in zip(models, params, strict=True)), strict=True)
    return beam.search(ensemble(step), list(states), width, longest, alpha=alpha, results=width)


@functools.partial(jax.jit, static_argnums=(0, 4))
def scored(model: Model | LanguageModel, params: Any, source_BS: Array, words_BKT: Array, reverse: bool) -> Array:
    """log p [B, K] of every hypothesis; reverse: that of the source, given the hypothesis."""

    def of_words(source_NS: Array, words_NT: Array) -> Array:
        if reverse:
            return model.apply(params, sequences.unended(words_NT), sequences.ended(source_NS))
        return model.apply(params, source_NS, words_NT)

    return rescoring.log_p(of_words, source_BS, words_BKT)


def said(sets: Corpus, what: str, say: Callable[[np.ndarray], Mapping[str, Array]]) -> dict[str, list[str]]:
    """Texts by way, of `say(source_BS) -> {way: words [B, T]}`."""
    texts: dict[str, list[str]] = {}
    every = list(by_length(sets.encoded["test"].source, BATCH))
    for rows, source_BS in shown(every, what):
        for way, words_BT in say(source_BS).items():
            kept = texts.setdefault(way, [""] * len(sets.pairs["test"]))
            for row, numbers in zip(rows, np.asarray(words_BT), strict=False):
                kept[row] = sets.target.decode(numbers)
    return texts


def ensembles(sets: Corpus, members: Sequence[Reader], beams: Sequence[int], alpha: float) -> Iterator[Said]:
    """The first model, and all of them together (table 1)."""

    def say(size: int, width: int, source_BS: np.ndarray) -> Mapping[str, Array]:
        models, params = (tuple(of) for of in zip(*members[:size], strict=True))
        return {"": searched(models, params, source_BS, most(source_BS.shape[1]), width, alpha).words[:, 0]}

    for size in dict.fromkeys((1, len(members))):
        way = "the first model" if size == 1 else f"ensemble of {size}"
        for width in beams:
            texts = said(sets, f"{way}, beam {width}", functools.partial(say, size, width))
            yield Said(way, width, texts[""])


def in_another_order(
    sets: Corpus,
    members: Sequence[Reader],
    reverse: Reader | None,
    language: Reader | None,
    width: int,
    alpha: float,
) -> Iterator[Said]:
    """The n best of the first model, ordered by what the others say of them."""
    (model, params), n = members[0], width
    ways = {}
    if len(members) > 1:
        ways[f"{n} best, by all {len(members)}"] = {"direct": 1.0, "others": 1.0}
    if reverse:
        ways[f"{n} best, p(e|f) p(f|e)"] = {"direct": 1.0, "reverse": 1.0}
    if reverse and language:
        ways[f"{n} best, noisy channel p(f|e) p(e)"] = {"reverse": 1.0, "language": 1.0}

    def say(source_BS: np.ndarray) -> Mapping[str, Array]:
        best: Hypotheses = searched((model,), (params,), source_BS, most(source_BS.shape[1]), width, alpha)
        log_p: dict[str, Any] = {"direct": best.log_p}
        if len(members) > 1:
            log_p["others"] = sum(scored(*of, source_BS, best.words, False) for of in members[1:])
        if reverse:
            log_p["reverse"] = scored(*reverse, source_BS, best.words, True)
        if language:
            log_p["language"] = scored(*language, source_BS, best.words, False)
        return {way: rescoring.rescored(best, log_p, weights).words[:, 0] for way, weights in ways.items()}

    for way, texts in said(sets, f"the {n} best in another order", say).items() if ways else ():
        yield Said(way, width, texts)


def translated(flags: argparse.Namespace) -> tuple[Corpus, list[Said]]:
    """Every way that the flags name. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    if not flags.beams or min(flags.beams) < 1:
        raise UserError("--beams must be at least 1 each.")
    if flags.language and not flags.reverse:
        raise UserError("A noisy channel needs --reverse, p(f|e), besides --language, p(e).")
    found = [readers(path) for path in flags.runs]
    sets = found[0][0]
    both = {"source": "source", "target": "target"}
    for path, (others, _) in zip(flags.runs, found, strict=True):
        check_fits(sets, others, path, both)
    members = [member for _, of in found for member in of]
    if not all(isinstance(member.model, Model) for member in members):
        raise UserError("A language model does not translate: it is for --language.")

    def further(path: Path | None, sides: Mapping[str, str]) -> Reader | None:
        if path is None:
            return None
        others, (first, *_) = readers(path)
        check_fits(sets, others, path, sides)
        return first

    reverse = further(flags.reverse, {"source": "target", "target": "source"})
    language = further(flags.language, {"target": "target"})
    every = [
        *ensembles(sets, members, flags.beams, flags.alpha),
        *in_another_order(sets, members, reverse, language, max(flags.beams), flags.alpha),
    ]
    return sets, every


def main() -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="translate", description=fitted(__doc__), formatter_class=layout)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a work directory")
    parser.add_argument("--reverse", type=Path, metavar="RUN", help="a run of the same texts the other way")
    parser.add_argument("--language", type=Path, metavar="RUN", help="a language model of the target")
    parser.add_argument("--beams", nargs="+", type=int, default=[1, 2, 12], metavar="K", help="default: 1 2 12")
    parser.add_argument("--alpha", type=float, default=0.0, help="of length normalisation; 0, the default, is none")
    parser.add_argument("--out", type=Path, default=Path("translations"), help="directory of translations.json")
    flags = parser.parse_args()
    kernels.enable()
    try:
        sets, every = translated(flags)
    except (UserError, DataNotPrepared, DataCorrupt, ValueError, OSError) as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)
    references = [pair.target for pair in sets.pairs["test"]]
    table = Table("way", "beam", f"BLEU of {sets.tested}")
    rows = [{"way": of.way, "beam": of.beam, "bleu": bleu.bleu(of.texts, references), "said": of.texts} for of in every]
    for row in rows:
        table.add_row(row["way"], str(row["beam"]), f"{row['bleu']:.2f}")
    Console().print(table)
    print(f"{len(references):,} sentences, {bleu.signature()}")
    flags.out.mkdir(parents=True, exist_ok=True)
    path = flags.out / "translations.json"
    told = {"runs": [str(run) for run in flags.runs], "signature": bleu.signature(), "alpha": flags.alpha, "ways": rows}
    write(path, json.dumps(told, ensure_ascii=False, indent=1))
    print(path)


if __name__ == "__main__":
    main()
