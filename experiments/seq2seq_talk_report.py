"""What is shown of models that answer: perplexity beside n-grams, how varied their answers are, answers themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import answers, conversation_figures, kneser_ney, translation_figures
from deepx.data.translation import tokens
from deepx.data.translation.encode import Encoded, Ragged
from deepx.data.translation.vocabulary import EOS
from deepx.engine.experiment import Array, Figure, Key, Report, Told, Watch
from deepx.engine.replicated import separate
from experiments.seq2seq_data import Corpus
from experiments.seq2seq_talker import WAYS, Talker, answered
from experiments.seq2seq_translator import check_vocabularies

COMMONEST = 8  # answers in the figure
SHOWN = 8  # turns that are answered in the figure
PEOPLE = "people"


def watch(config: ConfigDict, corpus: Corpus, talker: Talker) -> Watch | None:
    """How varied greedy answers are, to the first `evaluation.watched` turns that validate; 0: none."""
    count = min(config.evaluation.watched, len(corpus.pairs["valid"]))
    if not count:
        return None
    source = corpus.encoded["valid"].source
    source_NS = source.padded(max(1, source.lengths()[:count].max()), np.arange(count))

    def look(state: Any, key: Key) -> Mapping[str, Array]:
        return {"words": answered(talker.model, talker.prior, talker.manner, "greedy", state.params, source_NS, key)}

    def of_look(words_NT: np.ndarray) -> answers.Variety:
        return answers.variety(words_of(map(talker.vocabulary.decode, words_NT)))

    def tell(numbers: Mapping[str, np.ndarray]) -> Told:
        found = of_look(numbers["words"][-1])
        metrics = {"valid_distinct_2": found.distinct_2, "valid_commonest": 100 * found.commonest}
        return Told({name: np.float64(value) for name, value in metrics.items()})

    def film(steps: Sequence[int], seen: Mapping[str, np.ndarray]) -> Mapping[str, Figure]:
        looks = [of_look(words_NT) for words_NT in seen["words"]]
        distinct = np.array([found.distinct_2 for found in looks])
        commonest = np.array([100 * found.commonest for found in looks])
        caption = (
            f"Greedy answers to the first {count} turns that validate: distinct-2, and how often the commonest is "
            f"given. At the end that is: {' '.join(map(str, looks[-1].most_said)) or '(nothing)'}"
        )
        picture = conversation_figures.variety_figure(steps, distinct, commonest)
        numbers = {"steps": np.array(steps), "distinct_2": distinct, "commonest": commonest}
        return {"variety": Figure(picture, numbers, caption)}

    return Watch(look, tell, film)


def report(config: ConfigDict, corpus: Corpus, talker: Talker, state: Any, key: Key) -> Report:
    """The n-grams' perplexity; how varied answers to the first `evaluation.answered` test turns are, in every way of
    answering and of every seed, beside people's; figures of the first seed. Raises UserError.
    """
    check_vocabularies(config, corpus, state.stats)
    pairs = corpus.pairs["test"][: config.evaluation.answered]
    source, every = first(corpus.encoded["test"].source, len(pairs)), separate(state.params, config.run.replicas)
    said = [
        {way: talker.texts(params, source, way, own) for way in WAYS}
        for params, own in zip(every, key.reshape(-1), strict=True)  # of replicas, a key each
    ]
    people = {PEOPLE: [pair.target for pair in pairs]}
    found = [{who: answers.variety(words_of(texts)) for who, texts in (people | of).items()} for of in said]
    metrics = {
        f"{name}/{who}": np.squeeze([scale * getattr(of[who], name) for of in found])
        for name, scale in (("distinct_1", 1), ("distinct_2", 1), ("repeated", 100), ("commonest", 100), ("words", 1))
        for who in (PEOPLE, *WAYS)
    }
    if config.evaluation.ngram:
        n = config.evaluation.ngram
        held = np.full(len(every), of_ngrams(corpus, n))
        metrics[f"test_perplexity/{n}-gram"] = np.squeeze(held)
    return Report({"examples": examples(corpus, said[0]), "commonest": commonest(people | said[0])}, metrics)


def of_ngrams(corpus: Corpus, n: int) -> float:
    """The perplexity of n-grams on the test set's answers: the same words as the model says, after as many as it has
    in its n - 1 of what is answered.
    """
    model = kneser_ney.learn(*before_and_said(corpus.encoded["train"], n), corpus.target.size, n)
    return kneser_ney.perplexity(model, *before_and_said(corpus.encoded["test"], n))


def before_and_said(encoded: Encoded, n: int) -> tuple[list[np.ndarray], list[int]]:
    """Every target behind the last n - 1 words of its source with an end, and how many of its words are these."""
    sources, targets = (np.split(side.numbers, side.ends[:-1]) for side in encoded)
    before = [np.append(source, EOS)[-(n - 1) :] if n > 1 else source[:0] for source in sources]
    return [np.append(*pair) for pair in zip(before, targets, strict=True)], list(map(len, before))


def examples(corpus: Corpus, said: Mapping[str, Sequence[str]]) -> Figure:
    """Answers to a few test turns, at equal distances among those that were answered."""
    count = len(next(iter(said.values())))
    rows = np.unique(np.linspace(0, count - 1, SHOWN).astype(int))
    pairs = corpus.pairs["test"]
    shown = [
        {
            "said": pairs[r].source.replace("\n", " / "),
            PEOPLE: pairs[r].target,
            **{way: texts[r] for way, texts in said.items()},
        }
        for r in rows
    ]
    numbers = {name: np.array([example[name] for example in shown]) for name in shown[0]}
    caption = f"Answers to {len(rows)} test turns at equal distances among the {count} that were answered."
    return Figure(translation_figures.examples_figure(shown), numbers, caption)


def commonest(said: Mapping[str, Sequence[str]]) -> Figure:
    """How often the commonest answers are given."""
    words = {who: words_of(texts) for who, texts in said.items()}
    shares = {who: 100 * np.array(answers.shares(of, COMMONEST)) for who, of in words.items()}
    most = "; ".join(f"{who}: {' '.join(map(str, answers.variety(of).most_said))}" for who, of in words.items())
    caption = f"Shares of the {COMMONEST} commonest of {len(next(iter(words.values())))} answers. The first, {most}."
    return Figure(conversation_figures.commonest_figure(shares), shares, caption)


def first(ragged: Ragged, count: int) -> Ragged:
    """The first sentences."""
    ends = ragged.ends[:count]
    return Ragged(ragged.numbers[: ends[-1]], ends)


def words_of(texts: Any) -> list[list[str]]:
    """The words of every text, in lower case."""
    return [[word.strip(tokens.JOINER) for word in tokens.tokens(text.lower())] for text in texts]
