"""Answers of a trained model, in one of several ways; and `--mode=predict`, a conversation with it in the terminal."""

from __future__ import annotations

import functools
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.data.translation.encode import Ragged, encode_turns
from deepx.data.translation.vocabulary import UNK, Vocabulary
from deepx.engine import choice
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key, Served
from deepx.engine.replicated import separate
from deepx.nn import sequences
from deepx.nn.decoding import beam, rescoring, sampling, steps
from experiments import lines
from experiments.seq2seq_data import Corpus
from experiments.seq2seq_models import LanguageModel, Model
from experiments.seq2seq_translator import check_vocabularies, in_batches, unknown_words
from experiments.texts import TEMPERATURE, TEXT

WAYS = ("greedy", "beam", "sampled", "mmi", "mmi_search")
ANSWER = choice.define("answer", None, WAYS, "predict: how a conversation is answered; default: the config's.")
INVITATION = "Say something; an empty line begins a new conversation, Ctrl-D ends."


class Manner(NamedTuple):
    """How answers are found: of at least a word, at most `longest` with the end, and none that is unknown.

    'beam': the best by beam search of width `beam` with `alpha`. 'mmi': of all that it found, the best by

        log p(T|S) - weight log U(T) + length |T|

    with U the language model's p of the `first` words, and |T| words (Li et al. 2016, arXiv 1510.03055, section 4.5.1,
    MMI-antiLM with its g and its reward of length). 'mmi_search', nearer to theirs, searches with weight and U in every
    step (`steps.against`): an n-best list may hold nothing but variations of one answer.
    """

    longest: int
    beam: int
    alpha: float
    temperature: float
    weight: float
    first: int
    length: float


class Talker(NamedTuple):
    """A model of answers and a language model of them, in one vocabulary. batch_size: turns answered at once."""

    model: Model
    prior: LanguageModel
    vocabulary: Vocabulary
    manner: Manner
    batch_size: int

    def texts(self, params: Any, source: Ragged, way: str, key: Key) -> list[str]:
        """The answer to every source, in the same order. key: of 'sampled'."""

        def say(source_BS: np.ndarray, at: int) -> Array:
            key_of = jax.random.fold_in(key, at)
            return answered(self.model, self.prior, self.manner, way, params, source_BS, key_of)

        return in_batches(say, source, self.vocabulary, self.batch_size)


def talker_of(config: ConfigDict, corpus: Corpus, model: Model, prior: LanguageModel) -> Talker:
    """Raises UserError for settings of answers that make no sense."""
    c = config.evaluation
    if c.answer not in WAYS:
        raise UserError(
            f"evaluation.answer is {c.answer!r}; it must be one of {', '.join(WAYS)}.{nearest(c.answer, WAYS)}"
        )
    if c.temperature <= 0:
        raise UserError(f"evaluation.temperature is {c.temperature}; it must be above 0.")
    if c.most_words < 2:
        raise UserError(f"evaluation.most_words is {c.most_words}; an answer has at least a word and its end.")
    if c.answered < 1:
        raise UserError(f"evaluation.answered is {c.answered}; it must be at least 1.")
    if c.ngram < 0:
        raise UserError(f"evaluation.ngram is {c.ngram}; it must be the words of n-grams, or 0 for none.")
    manner = Manner(c.most_words, c.beam, c.alpha, c.temperature, c.mmi.weight, c.mmi.first, c.mmi.length)
    return Talker(model, prior, corpus.target, manner, c.batch_size)


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def answered(
    model: Model, prior: LanguageModel, manner: Manner, way: str, params: Any, source_BS: Array, key: Key
) -> Array:
    """Answers [B, longest], in one of `WAYS`."""
    step, states = model.decoder(params["answer"], source_BS)
    if way == "mmi_search":
        step = steps.against(step, prior.step(params["language"]), manner.weight, manner.first)
        states = states, prior.start(params["language"], len(source_BS)), jnp.zeros(len(source_BS), jnp.int32)
    step = saying_something(steps.without(step, [UNK]))
    if way == "greedy":
        return sampling.greedy(step, states, manner.longest).words
    if way == "sampled":
        return sampling.sample(key, step, states, manner.longest, manner.temperature).words
    results = manner.beam if way == "mmi" else 1
    found = beam.search(step, states, manner.beam, manner.longest, alpha=manner.alpha, results=results)
    if way == "mmi":
        found = in_mmi_order(prior, manner, params["language"], source_BS, found)
    return found.words[:, 0]


def saying_something(step: steps.Step) -> steps.Step:
    """The same, but it does not end where it begins."""

    def spoken(state: Any, word_N: Array) -> tuple[Array, Any]:
        log_p_NV, state = step(state, word_N)
        first_N = word_N == sequences.END
        return log_p_NV.at[:, sequences.END].add(jnp.where(first_N, -jnp.inf, 0.0)), state

    return spoken


def in_mmi_order(prior: LanguageModel, manner: Manner, params: Any, source_BS: Array, found: beam.Hypotheses):
    """The hypotheses by what `Manner` says."""

    def of_first(source_NS: Array, words_NT: Array) -> Array:
        log_p_NT = prior.apply(params, source_NS, words_NT)
        return jnp.where(jnp.arange(words_NT.shape[1]) < manner.first, log_p_NT, 0.0)

    scores = {
        "answer": found.log_p,
        "language": rescoring.log_p(of_first, source_BS, found.words),
        "length": sequences.lengths(found.words).astype(jnp.float32),
    }
    return rescoring.rescored(found, scores, {"answer": 1.0, "language": -manner.weight, "length": manner.length})


def chat(config: ConfigDict, corpus: Corpus, talker: Talker, state: Any) -> None:
    """Answers every --text, else every line of standard input, with the latest turns as context; an empty line begins a
    new conversation. Raises UserError where nothing is said.
    """
    check_vocabularies(config, corpus, state.stats)
    evaluation, params = config.evaluation, separate(state.params, config.run.replicas)[0]
    way = ANSWER.value or evaluation.answer
    temperature = evaluation.temperature if TEMPERATURE.value is None else TEMPERATURE.value
    if temperature <= 0:
        raise UserError(f"--temperature is {temperature}; it must be above 0.")
    talker = talker._replace(batch_size=1, manner=talker.manner._replace(temperature=temperature))
    turns: deque[str] = deque(maxlen=config.data.context)
    told: set[str] = set()
    key, count = jax.random.key(config.run.seed), 0
    try:
        for count, line in enumerate(TEXT.value or lines.typed(INVITATION), start=1):
            said = line.strip()
            if not said:
                turns.clear()
                print(flush=True)
                continue
            unknown = dict.fromkeys(word for word in unknown_words(said, talker.vocabulary) if word not in told)
            if unknown:
                told.update(unknown)
                print(f"Words it does not know, and reads as <unk>: {', '.join(unknown)}.", file=sys.stderr)
            turns.append(said)
            source = within(turns, talker.vocabulary, evaluation.longest)
            (answer,) = talker.texts(params, source, way, jax.random.fold_in(key, count))
            turns.append(answer)
            print(answer, flush=True)
    except KeyboardInterrupt:
        print(flush=True)
    if not count and not sys.stdin.isatty():
        raise UserError('Say something: --text="How are you?", or lines on standard input.')


def within(turns: deque[str], vocabulary: Vocabulary, longest: int) -> Ragged:
    """The latest turns as a source of at most `longest` numbers: early turns are forgotten, then early words."""
    kept = list(turns)
    (numbers,) = encode_turns(["\n".join(kept)], vocabulary)
    while len(numbers) > longest and len(kept) > 1:
        kept = kept[1:]
        (numbers,) = encode_turns(["\n".join(kept)], vocabulary)
    if len(numbers) > longest:
        print(f"Of {len(numbers)} tokens it reads the last {longest}.", file=sys.stderr)
    numbers = np.array(numbers[-longest:], np.int32)
    return Ragged(numbers, np.array([len(numbers)]))


def served(config: ConfigDict, talker: Talker, state: Any) -> Served:
    """The first seed's answers, word after word the likeliest, to turns up to the longest that is tested."""
    model, prior, vocabulary, manner, _ = talker
    params, nothing = separate(state.params, config.run.replicas)[0], jax.random.key(0)

    def said(given: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"answer": answered(model, prior, manner, "greedy", params, given["turns"], nothing)}

    return Served(
        said,
        {"turns": (("batch", config.evaluation.longest), "int32")},
        f"What was said, at most {config.data.context} turns with 1 between them, and the answer as numbers of words: "
        "those of the vocabulary from 3, 0 where there is no word, 1 at the end of an answer, 2 for all other words.",
        {"vocabulary": vocabulary.content()},
    )
