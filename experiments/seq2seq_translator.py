"""Sentences in, sentences out, by a trained model; and `--mode=predict`, which translates what is typed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.data.translation import tokens, vocabulary_files
from deepx.data.translation.encode import Ragged, TooLong, encode_sources
from deepx.data.translation.vocabulary import UNK, Vocabulary, Words
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Key, Served
from deepx.engine.replicated import separate
from deepx.nn.decoding import sampling
from experiments.seq2seq_data import Corpus
from experiments.seq2seq_models import Model
from experiments.texts import TEMPERATURE, TEXT

STEP = 8  # sources are padded to multiples of so many places: few programs serve all lengths
SIDES = ("source", "target")


def most(source: int) -> int:
    """How many words a translation of so many may have, its end included."""
    return 2 * source + 10


class Translator(NamedTuple):
    """A model between two vocabularies. batch_size: sentences that are translated at once."""

    model: Model
    source: Vocabulary
    target: Vocabulary
    batch_size: int

    def samples(self, params: Any, source: Ragged, key: Key, temperature: float) -> list[str]:
        """A translation of every source whose words are drawn (`deepx.nn.decoding.sampling`)."""

        def say(source_BS: np.ndarray, at: int) -> Array:
            longest = most(source_BS.shape[1])
            return drawn(self.model, params, source_BS, longest, jax.random.fold_in(key, at), temperature)

        return in_batches(say, source, self.target, self.batch_size)

    def texts(self, params: Any, source: Ragged, beam: int = 1, alpha: float = 0.0) -> list[str]:
        """The translation of every source, in the same order; by beam search, of 1 greedily."""

        def say(source_BS: np.ndarray, at: int) -> Array:
            return translated(self.model, params, source_BS, most(source_BS.shape[1]), beam, alpha)

        return in_batches(say, source, self.target, self.batch_size)


def in_batches(
    say: Callable[[np.ndarray, int], Array], source: Ragged, target: Vocabulary, batch_size: int
) -> list[str]:
    """What `say(source_BS, at)` says to every source, in the same order. at: the number of the batch."""
    said = [""] * len(source.ends)
    for at, (rows, source_BS) in enumerate(by_length(source, batch_size)):
        for row, numbers in zip(rows, np.asarray(say(source_BS, at)), strict=False):
            said[row] = target.decode(numbers)
    return said


def by_length(source: Ragged, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows, and their sources [B, S] from the shortest to the longest; a short last batch is filled with its own."""
    lengths = source.lengths()
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        S = -(-max(1, lengths[rows[-1]]) // STEP) * STEP
        yield rows, source.padded(S, np.resize(rows, batch_size))


@functools.partial(jax.jit, static_argnums=(0, 3, 4, 5))
def translated(model: Model, params: Any, source_BS: Array, longest: int, beam: int, alpha: float) -> Array:
    """`Model.translate`, compiled once for each shape."""
    return model.translate(params, source_BS, longest, beam, alpha)


@functools.partial(jax.jit, static_argnums=(0, 3))
def drawn(model: Model, params: Any, source_BS: Array, longest: int, key: Key, temperature: float) -> Array:
    """`sampling.sample` of the decoder, compiled once for each shape."""
    return sampling.sample(key, *model.decoder(params, source_BS), longest, temperature).words


def mark(corpus: Corpus) -> dict[str, np.ndarray]:
    """What tells a model's vocabularies from all others, to be kept in its state."""
    return {
        side: np.frombuffer(bytes.fromhex(vocabulary_files.fingerprint(getattr(corpus, side))), np.uint8)
        for side in SIDES
    }


def check_vocabularies(config: ConfigDict, corpus: Corpus, marks: Mapping[str, Array]) -> None:
    """Raises UserError where a model with these marks was trained with other vocabularies."""
    where = config.data.vocabulary.folder or f"learnt from {config.data.name}"
    for side in SIDES:
        vocabulary, expected = getattr(corpus, side), np.asarray(marks[side]).reshape(-1, 8)[0]
        try:
            vocabulary_files.check(vocabulary, expected.tobytes().hex(), vocabulary.size, f"of the {side}, {where},")
        except vocabulary_files.VocabularyMismatch as error:
            raise UserError(str(error)) from error


def predict(config: ConfigDict, corpus: Corpus, translator: Translator, state: Any) -> None:
    """Prints the translation of every sentence typed, or of every line of standard input: the best by beam search, or
    one that is drawn at --temperature. Raises UserError.
    """
    check_vocabularies(config, corpus, state.stats)
    texts = [text.strip() for text in TEXT.value or given()]
    if not any(texts):
        raise UserError('Give a sentence: --text="The cat sleeps.", or lines on standard input.')
    unknown = [word for text in texts for word in unknown_words(text, translator.source)]
    if unknown:
        print(f"Words it does not know, and reads as <unk>: {', '.join(dict.fromkeys(unknown))}.", file=sys.stderr)
    try:
        padded = encode_sources(texts, translator.source, config.evaluation.longest)
    except TooLong as error:
        raise UserError(str(error)) from error
    lengths = (padded != 0).sum(1)
    source = Ragged(padded[padded != 0], np.cumsum(lengths))
    one = translator._replace(batch_size=min(translator.batch_size, len(texts)))
    params = separate(state.params, config.run.replicas)[0]
    if TEMPERATURE.value is None:
        said = one.texts(params, source, config.evaluation.beam, config.evaluation.alpha)
    elif TEMPERATURE.value > 0:
        said = one.samples(params, source, jax.random.key(config.run.seed), TEMPERATURE.value)
    else:
        raise UserError(f"--temperature is {TEMPERATURE.value}; it must be above 0.")
    print("\n".join(text if length else "" for text, length in zip(said, lengths, strict=True)))


def given() -> Iterator[str]:
    """The lines of standard input, where something is sent there."""
    return iter(()) if sys.stdin.isatty() else iter(sys.stdin)


def unknown_words(text: str, vocabulary: Vocabulary) -> Sequence[str]:
    """The words of a text that are not in a vocabulary of words."""
    if not isinstance(vocabulary, Words):
        return ()
    said = tokens.tokens(text)
    return [
        word.strip(tokens.JOINER)
        for word, number in zip(said, vocabulary.encode([text])[0], strict=True)
        if number == UNK
    ]


def served(config: ConfigDict, translator: Translator, state: Any) -> Served:
    """The first seed's translator, word after word the likeliest, of sources up to the longest that is tested."""
    params, S = separate(state.params, config.run.replicas)[0], config.evaluation.longest

    def said(given: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"target": translator.model.translate(params, given["source"], most(S))}

    return Served(
        said,
        {"source": (("batch", S), "int32")},
        "Sentences as numbers of words: those of the vocabularies from 3, 0 where there is no word, 1 at the end of a "
        "target, 2 for all other words.",
        {side: getattr(translator, side).content() for side in SIDES},
    )
