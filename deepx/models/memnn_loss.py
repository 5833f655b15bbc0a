"""The margin ranking loss of the memory network (Weston et al. 2014, equations 6 to 8): supports above other memories,
the answer above other answers, by a margin; of the others, a few are sampled.

Shapes as in `memnn.py`; K counts the hops that are trained, M sampled others, V words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax

from deepx.models import memnn, memnn_time
from deepx.models.memnn import Batch, Config, Memory, Params
from deepx.nn import bag_of_words

Array = jax.Array


class Targets(NamedTuple):
    """What O should choose at each hop: a slot out of the valid ones, which should win against all others.

    known_BK: False where no slot is valid; such a hop has no loss.
    """

    slot_BK: Array
    valid_BKN: Array
    known_BK: Array


def losses(config: Config, params: Params, batch: Batch, key: Array) -> tuple[Array, Array]:
    """Of every question [B], O's loss, summed over hops, and R's."""
    chex.assert_rank(list(batch), [3, 1, 2, 1, 2])
    output_key, response_key, target_key = jax.random.split(key, 3)
    memory = memnn.remember(config, batch.sentences_BSJ, batch.length_B)
    question_BL = memnn.I(config, batch.question_BQ)
    if config.supervision == "strong":
        targets = given(config, memory, batch.supports_BK)
    else:
        targets = guessed(config, memory, batch, target_key)
    output_B = output_loss(config, params["output"], memory, question_BL, targets, output_key)
    supports_BKL, _ = supports_of(memory, targets)
    response_B = response_loss(config, params["response"], question_BL, supports_BKL, batch.answer_B, response_key)
    return output_B, response_B


def given(config: Config, memory: Memory, supports_BK: Array) -> Targets:
    """The supports and, if adaptive, the STOP memory after the last. Supports that were forgotten are not known."""
    position_BK = jnp.pad(supports_BK, ((0, 0), (0, 1)), constant_values=-1)[:, : config.hops]
    hop_K = jnp.arange(position_BK.shape[1])
    hops_B1 = jnp.max(jnp.where(position_BK >= 0, hop_K + 1, 0), axis=1, keepdims=True)
    time_BK = jnp.where(hop_K == hops_B1, memnn_time.STOP, jnp.where(position_BK < 0, memnn_time.NOW, position_BK))
    valid_BKN = time_BK[..., None] == memory.time_BN[:, None]
    return Targets(jnp.argmax(valid_BKN, axis=-1), valid_BKN, valid_BKN.any(axis=-1))


def guessed(config: Config, memory: Memory, batch: Batch, key: Array) -> Targets:
    """The weakly supervised heuristic (Sukhbaatar et al. 2015, arXiv 1503.08895, section 4.2), which knows no supports.

    Valid at the first hop are memories that share a word with the question; at the second those that share one with the
    first and one with the answer. Of the valid, one is drawn.
    """
    first_key, second_key = jax.random.split(key)
    words_BNJ = memory.features_BNL[..., : memory.features_BNL.shape[-1] // config.ngrams]
    present_BNV = bag_of_words.count(words_BNJ, config.words)
    share = lambda words_BJ: jnp.einsum("BNV,BV->BN", present_BNV, bag_of_words.count(words_BJ, config.words)) > 0  # noqa: E731
    first_BN = share(batch.question_BQ)
    first_B = _sample(first_key, first_BN, 1)[:, 0]
    answer_BW = jnp.asarray(config.answers_AW)[batch.answer_B]
    second_BN = share(_of_slots(words_BNJ, first_B[:, None])[:, 0]) & share(answer_BW)
    second_BN &= first_BN.any(axis=1, keepdims=True)
    slot_BK = jnp.stack([first_B, _sample(second_key, second_BN, 1)[:, 0]], axis=1)[:, : config.hops]
    valid_BKN = jnp.stack([first_BN, second_BN], axis=1)[:, : config.hops]
    return Targets(slot_BK, valid_BKN, valid_BKN.any(axis=-1))


def supports_of(memory: Memory, targets: Targets) -> tuple[Array, Array]:
    """Features [B, K, L] and times [B, K] of the supports among the targets; zeros for what is none."""
    time_BK = _of_slots(memory.time_BN, targets.slot_BK)
    support_BK = targets.known_BK & (time_BK != memnn_time.STOP)
    features_BKL = _of_slots(memory.features_BNL, targets.slot_BK)
    return jnp.where(support_BK[..., None], features_BKL, 0), jnp.where(support_BK, time_BK, 0)


def output_loss(
    config: Config, output: Mapping[str, Array], memory: Memory, question_BL: Array, targets: Targets, key: Array
) -> Array:
    """Equations 6 and 7, [B]: summed over hops, each given the true supports before it; the mean over sampled others.

    Target and other are compared as O compares them, y being the one in the earlier slot. With time features, the
    paper's appendix asks for the margin in either order; but of two memories with the same words, only the feature
    'y older than y'' tells which one is newer, and in one order it is 0: half of that loss could never vanish.
    """
    supports_BKL, time_BK = supports_of(memory, targets)
    x_BKD = bag_of_words.embed(output, bag_of_words.contexts(output, question_BL, supports_BKL)[:, :-1])
    x_time_BK = jnp.roll(time_BK, 1, axis=1).at[:, 0].set(memnn_time.NOW)

    others_BKN = ~targets.valid_BKN & (memory.time_BN != memnn_time.EMPTY)[:, None]
    B, K, N = others_BKN.shape
    other_BKM = _sample(key, others_BKN.reshape(B * K, N), config.negatives).reshape(B, K, -1)
    slot_BKM = jnp.concatenate([targets.slot_BK[..., None], other_BKM], axis=-1)  # the target first
    of_slots = lambda a_BN: _of_slots(a_BN, slot_BKM.reshape(B, -1)).reshape(*slot_BKM.shape, *a_BN.shape[2:])  # noqa: E731
    y_BKMD = bag_of_words.embed(output, bag_of_words.project(output, "memory", of_slots(memory.features_BNL)))
    candidates = (jnp.einsum("BKD,BKMD->BKM", x_BKD, y_BKMD), of_slots(memory.time_BN))

    earlier_BKM = slot_BKM[..., :1] < slot_BKM[..., 1:]
    either = lambda which: [jnp.where(which, a_BKM[..., :1], a_BKM[..., 1:]) for a_BKM in candidates]  # noqa: E731
    (match_y, time_y), (match_other, time_other) = either(earlier_BKM), either(~earlier_BKM)
    phi_BKM3 = memnn_time.phi_t(x_time_BK[..., None], time_y, time_other)
    preferred_BKM = memnn_time.s_Ot(match_y, match_other, memnn_time.time_weights(output, x_BKD)[:, :, None], phi_BKM3)
    cost_BKM = jax.nn.relu(config.margin - jnp.where(earlier_BKM, preferred_BKM, -preferred_BKM))
    return (cost_BKM.mean(-1) * (targets.known_BK & others_BKN.any(-1))).sum(-1)


def response_loss(
    config: Config, response: Mapping[str, Any], question_BL: Array, supports_BKL: Array, answer_B: Array, key: Array
) -> Array:
    """Equation 8, [B], the mean over sampled other answers; cross-entropy, where R is an LSTM."""
    scores_BA = memnn.R(config, response, question_BL, supports_BKL)
    if config.response == "lstm":
        return optax.softmax_cross_entropy_with_integer_labels(scores_BA, answer_B)
    A = len(config.answers)
    others_BM = (answer_B[:, None] + jax.random.randint(key, (len(answer_B), config.negatives), 1, A)) % A
    score = lambda which: jnp.take_along_axis(scores_BA, which, axis=1)  # noqa: E731
    return jax.nn.relu(config.margin - score(answer_B[:, None]) + score(others_BM)).mean(-1)


def _of_slots(a_BN: Array, slot_BK: Array) -> Array:
    return jax.vmap(lambda a_N, slot_K: a_N[slot_K])(a_BN, slot_BK)


def _sample(key: Array, allowed_BN: Array, m: int) -> Array:
    """m slots [B, M], uniform among the allowed, with repetition; any where none is."""
    logits_BN = jnp.where(allowed_BN, 0.0, -1e9)
    return jax.random.categorical(key, logits_BN, shape=(m, len(logits_BN))).T
