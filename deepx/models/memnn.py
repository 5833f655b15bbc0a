"""The memory network (Weston, Chopra, Bordes 2014, arXiv 1410.3916) with the extensions made for bAbI (Weston et al.
2015, arXiv 1502.05698): adaptive memory (AM), N-grams (NG) and a nonlinear match (NL).

Four modules, all pure functions: I makes features of text, G writes them into memory, O chooses supporting memories one
after the other, R makes an answer of question and supports. `memnn_loss.py` trains them.

Shapes: B batch, S sentences of a story, J words of a sentence, Q words of a question, L features of a text (its words
and N-grams), D embedding, N memory slots, K hops, A answers, W words of an answer. Id 0 is padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np

from deepx.models import memnn_response
from deepx.models.memnn_time import EMPTY, NOW, STOP, time_weights, winner
from deepx.nn import bag_of_words

Array = jax.Array
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """The machine and its training; defaults are the bAbI paper's AM + NG + NL.

    words: how many ids there are, the padding's included. answers: of which R chooses one; each is its words' ids.
    hops: of O: so many or, if adaptive, at most so many, until the STOP memory wins (the paper's m_0, limit 10).
    ngrams: the longest in a bag; 1: words only. buckets: those of two words and more are hashed to.
    nonlinear: embed by a net of two tanh layers instead of linearly.
    time: compare times of writing (2014, section 3.4); without, O is an arg max over memories.
    response: R is a 'ranker' of answers by bags, or an 'lstm' of `embedding` cells that reads words in order.
    memory_slots: of longer stories the oldest sentences are forgotten.
    supervision: 'strong', by the supports, or 'weak', by the heuristic `memnn_loss.guessed`, which has two hops.
    margin: of the ranking loss. negatives: sampled for each of its terms.

    Raises ValueError where the values make no machine.
    """

    words: int
    answers: tuple[tuple[int, ...], ...]
    embedding: int = 100
    hops: int = 10
    adaptive: bool = True
    ngrams: int = 3
    buckets: int = 1024
    nonlinear: bool = True
    time: bool = True
    response: str = "ranker"
    memory_slots: int = 320
    supervision: str = "strong"
    margin: float = 1.0
    negatives: int = 5

    def __post_init__(self):
        for name in ("words", "embedding", "hops", "ngrams", "buckets", "memory_slots", "negatives"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if len(self.answers) < 2 or not all(a and all(0 < word < self.words for word in a) for a in self.answers):
            raise ValueError(f"answers must be at least 2, each of words with ids of 1 to {self.words - 1}")
        if self.response not in ("ranker", "lstm"):
            raise ValueError(f"response must be 'ranker' or 'lstm', not {self.response!r}")
        if self.supervision not in ("strong", "weak"):
            raise ValueError(f"supervision must be 'strong' or 'weak', not {self.supervision!r}")
        if self.supervision == "weak" and (self.adaptive or self.hops > 2):
            raise ValueError("supervision 'weak' has at most 2 hops and is not adaptive")

    @property
    def features(self) -> int:
        """Padding and words, the word that the STOP memory consists of, and the buckets."""
        return self.words + 1 + (self.buckets if self.ngrams > 1 else 0)

    @property
    def answers_AW(self) -> np.ndarray:
        """The words of every answer, 0 after the last."""
        longest = max(map(len, self.answers))
        return np.array([answer + (0,) * (longest - len(answer)) for answer in self.answers])


class Batch(NamedTuple):
    """Questions on stories.

    length_B: number of sentences. answer_B: which of `Config.answers`. supports_BK: positions of the supporting
    sentences in the order of the reasoning, -1 behind the last. Only the loss reads the last two.
    """

    sentences_BSJ: Array
    length_B: Array
    question_BQ: Array
    answer_B: Array
    supports_BK: Array


class Memory(NamedTuple):
    """Slots with features, and the position in the story at which each was written (EMPTY: not yet; STOP)."""

    features_BNL: Array
    time_BN: Array


class Output(NamedTuple):
    """What O chose: features of the supports, 0 after the last, and their positions in the story, -1 after the last."""

    features_BKL: Array
    position_BK: Array


class Answer(NamedTuple):
    """The best answer, the positions of the supports it rests on (-1: no more), and the scores of all answers."""

    answer_B: Array
    supports_BK: Array
    scores_BA: Array


def init(key: Array, config: Config) -> Params:
    """Parameters of O and R, which share none."""
    output_key, time_key, response_key = jax.random.split(key, 3)
    F, D = config.features, config.embedding
    roles = ("question", "support", "latest", "memory")
    output = bag_of_words.init(output_key, roles, F, D, config.nonlinear)
    if config.time:
        output["time"] = 0.1 * jax.random.normal(time_key, (3, D))
    if config.response == "ranker":
        response = memnn_response.init_ranker(response_key, F, config.answers_AW, D, config.nonlinear)
    else:
        response = memnn_response.init_lstm(response_key, config.words, len(config.answers), D)
    return {"output": output, "response": response}


def I(config: Config, words_J: Array) -> Array:  # noqa: E743
    """Features [..., L] of texts [..., J]: the ids of their words, then of their longer N-grams."""
    return bag_of_words.features(words_J, config.ngrams, config.words + 1, config.buckets)


def blank(config: Config, batch_size: int, length: int) -> Memory:
    """A memory of `memory_slots` empty slots and, if adaptive, before them, the STOP memory: one word of its own."""
    N = config.memory_slots
    memory = Memory(jnp.zeros((batch_size, N, length), jnp.int32), jnp.full((batch_size, N), EMPTY, jnp.int32))
    return _with_stop(config, memory)


def H(memory: Memory) -> Array:
    """The slot [B] to write next: the first that is empty; when all are full, the one written longest ago."""
    return jnp.argmin(jnp.where(memory.time_BN == STOP, NOW, memory.time_BN), axis=1)


def G(memory: Memory, features_BL: Array, time_B: Array) -> Memory:
    """The memory after I(x) was written to slot H(x), forgetting what stood there; not where the time is EMPTY."""
    N = memory.time_BN.shape[1]
    written_BN = jax.nn.one_hot(H(memory), N, dtype=bool) & (time_B != EMPTY)[:, None]
    return Memory(
        jnp.where(written_BN[..., None], features_BL[:, None], memory.features_BNL),
        jnp.where(written_BN, time_B[:, None], memory.time_BN),
    )


def remember(config: Config, sentences_BSJ: Array, length_B: Array) -> Memory:
    """The memory after a story: what G makes of its sentences in order."""
    B, S, _ = sentences_BSJ.shape
    features_BSL = I(config, sentences_BSJ)
    time_BS = jnp.where(jnp.arange(S) < length_B[:, None], jnp.arange(S), EMPTY)
    if S <= config.memory_slots:  # every sentence goes to the next slot: no need to do it one by one
        return _with_stop(config, Memory(features_BSL, time_BS))
    memory = blank(config, B, features_BSL.shape[-1])
    story = (features_BSL.swapaxes(0, 1), time_BS.T)
    return jax.lax.scan(lambda memory, x: (G(memory, *x), None), memory, story)[0]


def O(config: Config, output: Mapping[str, Array], memory: Memory, question_BL: Array) -> Output:  # noqa: E743
    """Supports, one a hop: m_o1 the best for x, m_o2 the best for [x, m_o1], and so on (equations 2 and 3).

    From the second hop on, the time of x is that of the support found last.
    """
    memory_BND = bag_of_words.embed(output, bag_of_words.project(output, "memory", memory.features_BNL))
    support_BND = bag_of_words.project(output, "support", memory.features_BNL)
    latest_BND = bag_of_words.project(output, "latest", memory.features_BNL)

    def hop(state, _):
        earlier_BD, latest_BD, becoming_BD, x_time_B, going_B = state
        e_BD = bag_of_words.embed(output, earlier_BD + latest_BD)
        match_BN = jnp.einsum("BD,BND->BN", e_BD, memory_BND)
        slot_B = winner(match_BN, time_weights(output, e_BD), x_time_B, memory.time_BN)
        of_slot = lambda a_BN: jax.vmap(lambda a, slot: a[slot])(a_BN, slot_B)  # noqa: E731
        time_B = of_slot(memory.time_BN)
        going_B &= time_B != STOP
        chosen_BL = jnp.where(going_B[:, None], of_slot(memory.features_BNL), 0)
        after = (earlier_BD + becoming_BD, of_slot(latest_BND), of_slot(support_BND), time_B, going_B)
        return after, Output(chosen_BL, jnp.where(going_B, time_B, -1))

    B = question_BL.shape[0]
    x_BD = bag_of_words.project(output, "question", question_BL)
    none_BD = jnp.zeros_like(x_BD)
    first = (x_BD, none_BD, none_BD, jnp.full(B, NOW), jnp.ones(B, bool))
    _, chosen = jax.lax.scan(hop, first, length=config.hops)
    return jax.tree.map(lambda a: a.swapaxes(0, 1), chosen)


def R(config: Config, response: Mapping[str, Any], question_BL: Array, supports_BKL: Array) -> Array:
    """Scores [B, A] of the answers, given the question and the supports (equation 4)."""
    if config.response == "ranker":
        return memnn_response.rank(response, question_BL, supports_BKL, config.answers_AW)
    texts = (question_BL[:, None], supports_BKL)
    words = [text[..., : text.shape[-1] // config.ngrams].reshape(len(text), -1) for text in texts]
    return memnn_response.read(response, jnp.concatenate(words, axis=1))


def answer(config: Config, params: Params, batch: Batch) -> Answer:
    """Answers the questions of a batch; its supports and answers are not looked at."""
    chex.assert_rank([batch.sentences_BSJ, batch.length_B, batch.question_BQ], [3, 1, 2])
    memory = remember(config, batch.sentences_BSJ, batch.length_B)
    question_BL = I(config, batch.question_BQ)
    supports = O(config, params["output"], memory, question_BL)
    scores_BA = R(config, params["response"], question_BL, supports.features_BKL)
    return Answer(jnp.argmax(scores_BA, axis=1), supports.position_BK, scores_BA)


def _with_stop(config: Config, memory: Memory) -> Memory:
    if not config.adaptive:
        return memory
    features_BNL = jnp.pad(memory.features_BNL, ((0, 0), (1, 0), (0, 0))).at[:, 0, 0].set(config.words)
    return Memory(features_BNL, jnp.pad(memory.time_BN, ((0, 0), (1, 0)), constant_values=STOP))
