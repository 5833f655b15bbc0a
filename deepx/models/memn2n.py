"""End-to-end memory networks (Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895).

The paper embeds every sentence x_i of the story twice a hop, m_i = A x_i and c_i = C x_i, to score it, m_i . u, and to
read it, o = sum_i p_i c_i. Both are linear in x_i, so that here no memory is ever formed:

    m_i . u = x_i . (A^T u)            sum_i p_i c_i = C sum_i p_i x_i

where x_i are weighted counts of the sentence's words (`deepx/nn/sentences.py`), one of which is its time: what the
paper keeps in matrices of their own, T_A and T_C, stands below the words in A and C. The position encoding of section
4.1, l_kj = (1 - j/J) - (k/d)(1 - 2j/J), has rank two, so two weights of every word are enough, n_j = 1 - j/J and
n'_j = 1 - 2j/J (1 and 0 in a bag of words):

    m_i . u = sum_j n_j a(x_j) + n'_j a'(x_j)      a = A^T u,  a' = A^T (-k/d u)

Shapes: B batch, S memories (in the order they were written), J words, C weights of a word, two, V vocabulary (0 is no
word), T times, W = V + T, E different embeddings, K hops, D dimensions (the paper's d).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from deepx.nn import sentences

Array = jax.Array
Params = Mapping[str, Array]


@dataclass(frozen=True)
class Config:
    """Sizes and variants.

    tying: 'adjacent', A_(k+1) = C_k, W^T = C_K, B = A_1; or 'layerwise', A and C the same in all hops, and a linear
        map H of what is carried between them. position: words are weighted by position, not just counted.
    nonlinear: a ReLU after every hop. noise: the rate at which memories are followed by an empty one in training, which
        time steps over (the paper's random noise, 0.1).

    Raises ValueError where a size is below 1 or there is no such tying.
    """

    vocabulary: int
    memories: int
    dimensions: int = 20
    hops: int = 3
    tying: str = "adjacent"
    position: bool = True
    nonlinear: bool = False
    noise: float = 0.0

    def __post_init__(self):
        for name in ("vocabulary", "memories", "dimensions", "hops"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.tying not in ("adjacent", "layerwise"):
            raise ValueError(f"tying must be 'adjacent' or 'layerwise', not {self.tying!r}")

    @property
    def times(self) -> int:
        """T: time 0 is the latest memory's; empty memories step over some."""
        return self.memories + (self.memories // 5 + 2 if self.noise else 0)

    @property
    def embeddings(self) -> int:
        """Different embeddings of sentences: A_1, C_1, ..., C_K, or A and C."""
        return self.hops + 1 if self.tying == "adjacent" else 2


class Thought(NamedTuple):
    """What a hop did."""

    attention_BS: Array  # p
    read_BD: Array  # o


def init(key: Array, config: Config) -> Params:
    """All weights normal, of standard deviation 0.1."""
    E, V, T, D = config.embeddings, config.vocabulary, config.times, config.dimensions
    shapes = {"words_EVD": (E, V, D), "times_ETD": (E, T, D)}
    if config.tying == "layerwise":
        shapes |= {"question_VD": (V, D), "answer_DV": (D, V), "carry_DD": (D, D)}
    keys = jax.random.split(key, len(shapes))
    return {name: 0.1 * jax.random.normal(k, shape) for k, (name, shape) in zip(keys, shapes.items(), strict=True)}


def weights(config: Config, places: int) -> Array:
    """The weights [J + 1, J, C] of words, by the number of words in the sentence and by place.

    Twice the paper's l_kj, so that a word's weight is 1 on average, as it is in a bag: so does its authors' program,
    to which the learning rates belong. j runs from 1 to J, the number of words in the sentence, as in the paper (in the
    program, in the longest sentence).
    """
    j_over_J = jnp.arange(1, places + 1) / jnp.maximum(jnp.arange(places + 1), 1)[:, None]
    if not config.position:
        return jnp.stack([jnp.ones_like(j_over_J), jnp.zeros_like(j_over_J)], axis=-1)
    return 2 * jnp.stack([1 - j_over_J, 1 - 2 * j_over_J], axis=-1)


def times_of(config: Config, length_B: Array, key: Array | None) -> Array:
    """How long ago each memory was written [B, S], the latest 0; with a key, empty memories lie in between.

    The paper adds a tenth of empty memories "to regularise"; here each sentence has one after it at that rate.
    """
    age_BS = length_B[:, None] - 1 - jnp.arange(config.memories)
    if key is not None and config.noise:
        empty_BS = jax.random.bernoulli(key, config.noise, age_BS.shape) & (age_BS >= 0)
        age_BS += jnp.cumsum(empty_BS[:, ::-1], axis=1)[:, ::-1]
    return jnp.clip(age_BS, 0, config.times - 1)


def apply(
    config: Config,
    params: Params,
    story_BSJ: Array,
    length_B: Array,
    question_BJ: Array,
    *,
    linear: Array | bool = False,
    key: Array | None = None,
) -> tuple[Array, list[Thought]]:
    """Logits over the vocabulary [B, V], and what every hop did.

    story_BSJ, question_BJ: word numbers of the sentences and of the question, 0 behind the end; length_B of the
    memories are filled, and all words of the others 0. These take part in the softmax, as they do in the authors'
    program: with a score of 0, and nothing to read. This is no small thing: without them, the error on yes-no questions
    (task 6) is 20% and not 8.
    linear: no softmax on the attention (linear start, section 4.1). key: of the noise, in training.
    """
    adjacent = config.tying == "adjacent"
    V, W, D = config.vocabulary, config.vocabulary + config.times, config.dimensions
    scale_CD = jnp.stack([jnp.ones(D), -jnp.arange(1, D + 1) / D])
    tables_EWD = jnp.concatenate([params["words_EVD"], params["times_ETD"]], axis=1)
    tables_WD = [table.squeeze(0) for table in jnp.split(tables_EWD, config.embeddings)]

    # A sentence's time is a word before its first, of weight 1 in all dimensions.
    written_BS = jnp.arange(config.memories) < length_B[:, None]
    time_BS = jnp.where(written_BS, V + times_of(config, length_B, key), 0)
    timed_BSJ = jnp.concatenate([time_BS[..., None], story_BSJ], axis=-1)
    weights_NJC = weights(config, question_BJ.shape[-1])
    timed_NJC = jnp.pad(weights(config, story_BSJ.shape[-1]), ((1, 0), (1, 0), (0, 0))).at[:, 0, 0].set(1)

    def sum_of(table_VD: Array, counts_BCV: Array) -> Array:
        return (jnp.einsum("BCV,VD->BCD", counts_BCV, table_VD) * scale_CD).sum(1)

    def score(table_WD: Array, u_BD: Array) -> Array:
        return sentences.look_up(timed_BSJ, timed_NJC, jnp.einsum("BCD,WD->BCW", u_BD[:, None] * scale_CD, table_WD))

    def read(table_WD: Array, p_BS: Array) -> Array:
        return sum_of(table_WD, sentences.count(timed_BSJ, timed_NJC, p_BS, W))

    counts_BCV = sentences.count(question_BJ[:, None], weights_NJC, jnp.ones((question_BJ.shape[0], 1)), V)
    u_BD = sum_of(params["words_EVD"][0] if adjacent else params["question_VD"], counts_BCV)
    thoughts = []
    for k in range(config.hops):
        A_WD, C_WD = (tables_WD[k], tables_WD[k + 1]) if adjacent else tables_WD
        scores_BS = score(A_WD, u_BD)
        p_BS = jnp.where(linear, scores_BS, jax.nn.softmax(scores_BS))
        o_BD = read(C_WD, p_BS)
        u_BD = o_BD + (u_BD if adjacent else u_BD @ params["carry_DD"])
        if config.nonlinear:
            u_BD = jax.nn.relu(u_BD)
        thoughts.append(Thought(p_BS, o_BD))
    return u_BD @ (tables_WD[-1][:V].T if adjacent else params["answer_DV"]), thoughts
