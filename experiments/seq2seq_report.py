"""What is shown of translators: BLEU, by length too, their translations, and where sentences lie (figures 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis import bleu, translation_figures
from deepx.data.translation.encode import encode_sources
from deepx.data.translation.vocabulary import EOS, Vocabulary
from deepx.engine.experiment import Array, Figure, Key, Report, Told, Watch
from deepx.engine.replicated import separate
from experiments.seq2seq_data import Corpus
from experiments.seq2seq_translator import Translator, check_vocabularies, most

GROUPS = 8  # of sentences by length
SHOWN = 8  # translations
ALIGNED, ALIGNED_WORDS = 4, 9  # translations with their alignment, and about how many words their sources have


def watch(config: ConfigDict, corpus: Corpus, translator: Translator) -> Watch | None:
    """BLEU of the first `evaluation.watched` sentences that validate, translated greedily; 0: none."""
    count = min(config.evaluation.watched, len(corpus.pairs["valid"]))
    if not count:
        return None
    source = corpus.encoded["valid"].source
    source_NS = source.padded(max(1, source.lengths()[:count].max()), np.arange(count))
    references = [pair.target for pair in corpus.pairs["valid"][:count]]

    def look(state: Any, key: Key) -> Mapping[str, Array]:
        return {"words": translator.model.translate(state.params, source_NS, most(source_NS.shape[1]))}

    def of_look(words_NT: np.ndarray) -> float:
        return bleu.bleu([translator.target.decode(numbers) for numbers in words_NT], references)

    def tell(numbers: Mapping[str, np.ndarray]) -> Told:
        return Told({"valid_bleu": np.float64(of_look(numbers["words"][-1]))})

    def film(steps: Sequence[int], numbers: Mapping[str, np.ndarray]) -> Mapping[str, Figure]:
        found = np.array([of_look(words_NT) for words_NT in numbers["words"]])
        caption = f"BLEU of the first {count} sentences that validate, translated greedily."
        picture = translation_figures.progress_figure(steps, found)
        return {"bleu": Figure(picture, {"steps": np.array(steps), "bleu": found}, caption)}

    return Watch(look, tell, film)


def report(config: ConfigDict, corpus: Corpus, translator: Translator, state: Any) -> Report:
    """BLEU on the test set, greedy and by beam search, of every seed; figures of the first. Raises UserError."""
    check_vocabularies(config, corpus, state.stats)
    evaluation, pairs = config.evaluation, corpus.pairs["test"]
    source, references = corpus.encoded["test"].source, [pair.target for pair in pairs]
    ways = {"greedy": 1, f"beam {evaluation.beam}": evaluation.beam}
    every = separate(state.params, config.run.replicas)
    said = [
        {way: translator.texts(params, source, beam, evaluation.alpha) for way, beam in ways.items()}
        for params in every
    ]
    metrics = {
        f"{metric}/{corpus.tested}": np.squeeze([bleu.bleu(of[way], references) for of in said])
        for metric, way in zip(("bleu_greedy", "bleu"), (*ways, *ways), strict=False)
    }
    figures = {"examples": examples(corpus, said[0]), "by_length": by_length(corpus, said[0])}
    if aligned := alignments(corpus, translator, every[0], said[0][f"beam {evaluation.beam}"]):
        figures["alignments"] = aligned
    if evaluation.phrases:
        figures["vectors"] = vectors(tuple(evaluation.phrases), translator, every[0])
    return Report(figures, metrics)


def examples(corpus: Corpus, said: Mapping[str, Sequence[str]]) -> Figure:
    """Translations of a few test sentences, at equal distances in the file."""
    pairs = corpus.pairs["test"]
    rows = np.unique(np.linspace(0, len(pairs) - 1, SHOWN).astype(int))
    shown = [
        {"source": pairs[r].source, "reference": pairs[r].target, **{way: texts[r] for way, texts in said.items()}}
        for r in rows
    ]
    numbers = {name: np.array([example[name] for example in shown]) for name in shown[0]}
    caption = f"Translations of {len(rows)} test sentences at equal distances in the file."
    return Figure(translation_figures.examples_figure(shown), numbers, caption)


def alignments(corpus: Corpus, translator: Translator, params: Any, said: Sequence[str]) -> Figure | None:
    """Where the model looked for every word it said, of a few translations of middle length; None: it looks nowhere."""
    lengths = corpus.encoded["test"].source.lengths()
    rows = np.sort(np.argsort(np.abs(lengths - ALIGNED_WORDS), kind="stable")[:ALIGNED])
    sources = corpus.source.encode([corpus.pairs["test"][r].source for r in rows])
    targets = [[*numbers, EOS] for numbers in corpus.target.encode([said[r] for r in rows])]
    shares = [
        translator.model.alignment(params, np.array([source]), np.array([target]))
        for source, target in zip(sources, targets, strict=True)
    ]
    examples = [
        (names(corpus.source, source), names(corpus.target, target), np.asarray(share[0]))
        for source, target, share in zip(sources, targets, shares, strict=True)
        if share is not None
    ]
    if not examples:
        return None
    numbers = {f"shares{n}": share for n, (_, _, share) in enumerate(examples)}
    caption = "How much of its look at the source (across) went to each place, for every word said (down)."
    return Figure(translation_figures.alignment_figure(examples), numbers, caption)


def names(vocabulary: Vocabulary, numbers: Sequence[int]) -> list[str]:
    """Every number as text."""
    return ["(end)" if number == EOS else vocabulary.decode([number]) for number in numbers]


def by_length(corpus: Corpus, said: Mapping[str, Sequence[str]]) -> Figure:
    """The paper's figure 3, at the left."""
    pairs = corpus.pairs["test"]
    lengths = np.array([len(pair.source.split()) for pair in pairs])
    references = [pair.target for pair in pairs]
    groups = {way: bleu.by_length(texts, references, lengths, GROUPS) for way, texts in said.items()}
    scores = {way: np.array([group.bleu for group in found]) for way, found in groups.items()}
    one = next(iter(groups.values()))
    mean = np.array([group.length for group in one])
    caption = f"BLEU by the length of the source: groups of about {one[0].count} test sentences."
    numbers = {"length": mean, "count": np.array([group.count for group in one]), **scores}
    return Figure(translation_figures.by_length_figure(mean, scores), numbers, caption)


def vectors(phrases: Sequence[str], translator: Translator, params: Any) -> Figure:
    """The paper's figure 2: what the encoder hands to the decoder, on two principal axes."""
    lengths = [len(numbers) for numbers in translator.source.encode(list(phrases))]
    source_NS = encode_sources(list(phrases), translator.source, max(1, *lengths))
    _, states = jax.jit(translator.model.encode)(params, source_NS)
    vectors_ND = np.concatenate([np.asarray(a, np.float64) for a in jax.tree.leaves(states)], axis=1)
    places = translation_figures.plane(vectors_ND)
    caption = "The encoder's last states on their two principal axes."
    numbers = {"places": places, "phrases": np.array(phrases)}
    return Figure(translation_figures.plane_figure(places, phrases), numbers, caption)
