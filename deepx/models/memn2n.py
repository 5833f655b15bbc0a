"""End-to-end memory networks (Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895).

The paper embeds every sentence x_i of the story twice a hop, m_i = A x_i and c_i = C x_i, to score it, m_i . u, and to
read it, o = sum_i p_i c_i. Both are linear in a vector of features x_i, so that here no memory is ever formed:

    m_i . u = x_i . (A^T u)            sum_i p_i c_i = C sum_i p_i x_i

where x_i are weighted counts of the sentence's words, and one-hot its time. The position encoding of section 4.1,
l_kj = (1 - j/J) - (k/d)(1 - 2j/J), has rank two, so two counts of every word are enough:

    m_ik = sum_j l_kj A[x_j, k] = sum_v (n_v - (k/d) n'_v) A[v, k]      n_v = sum of 1 - j/J,  n'_v = sum of 1 - 2j/J

over the positions j at which word v stands. Training gathers from no embedding, and scatters into none.

Shapes: B batch, S memories (in the order they were written), J words, V vocabulary (0 is no word), F counts of words,
2V (position encoding) or V, T times, E different embeddings, K hops, D dimensions (the paper's d).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

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


def counts(config: Config, words_J: Array) -> Array:
    """The features [2V] of the words of one sentence (0 behind the end); [V] of a bag of words.

    Twice the paper's l_kj, so that a word's weight is 1 on average, as it is in a bag: so does its authors' program,
    to which the learning rates belong. j runs from 1 to J, the number of words in the sentence, as in the paper (in the
    program, in the longest sentence).
    """
    one_hot_JV = jax.nn.one_hot(words_J, config.vocabulary) * (words_J > 0)[:, None]
    if not config.position:
        return one_hot_JV.sum(0)
    J = jnp.maximum((words_J > 0).sum(), 1)
    j_over_J = jnp.arange(1, len(words_J) + 1) / J
    return 2 * jnp.concatenate([(1 - j_over_J) @ one_hot_JV, (1 - 2 * j_over_J) @ one_hot_JV])


def expanded(config: Config, words_VD: Array) -> Array:
    """The embedding [F, D] that counts are multiplied with."""
    if not config.position:
        return words_VD
    k_over_d = jnp.arange(1, config.dimensions + 1) / config.dimensions
    return jnp.concatenate([words_VD, -k_over_d * words_VD])


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
    story_BSF: Array,
    length_B: Array,
    question_BF: Array,
    *,
    linear: Array | bool = False,
    key: Array | None = None,
) -> tuple[Array, list[Thought]]:
    """Logits over the vocabulary [B, V], and what every hop did.

    story_BSF, question_BF: `counts` of the sentences and of the question, zeros where there is none; length_B of the
    memories are filled. The others take part in the softmax, as they do in the authors' program: with a score of 0, and
    nothing to read. This is no small thing: without them, the error on yes-no questions (task 6) is 20% and not 8.
    linear: no softmax on the attention (linear start, section 4.1). key: of the noise, in training.
    """
    adjacent = config.tying == "adjacent"
    written_BS = jnp.arange(config.memories) < length_B[:, None]
    times_BST = jax.nn.one_hot(times_of(config, length_B, key), config.times) * written_BS[..., None]
    words_EFD = jax.vmap(lambda words_VD: expanded(config, words_VD))(params["words_EVD"])
    times_ETD = params["times_ETD"]

    u_BD = question_BF @ (words_EFD[0] if adjacent else expanded(config, params["question_VD"]))
    thoughts = []
    for k in range(config.hops):
        A, C = (k, k + 1) if adjacent else (0, 1)
        scores_BS = jnp.einsum("BSF,BF->BS", story_BSF, u_BD @ words_EFD[A].T)
        scores_BS += jnp.einsum("BST,BT->BS", times_BST, u_BD @ times_ETD[A].T)
        p_BS = jnp.where(linear, scores_BS, jax.nn.softmax(scores_BS))
        o_BD = jnp.einsum("BS,BSF->BF", p_BS, story_BSF) @ words_EFD[C]
        o_BD += jnp.einsum("BS,BST->BT", p_BS, times_BST) @ times_ETD[C]
        u_BD = o_BD + (u_BD if adjacent else u_BD @ params["carry_DD"])
        if config.nonlinear:
            u_BD = jax.nn.relu(u_BD)
        thoughts.append(Thought(p_BS, o_BD))
    answer_DV = params["words_EVD"][-1].T if adjacent else params["answer_DV"]
    return u_BD @ answer_DV, thoughts
