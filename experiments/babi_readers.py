"""The models that answer questions, brought into one form: `config.model.name` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from deepx.data.babi.encode import Encoded, Vocabulary
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key
from deepx.models import lstm_reader, memn2n, memnn, memnn_loss

Batch = Mapping[str, Array]


class Answered(NamedTuple):
    """Losses [B], and the numbers of the chosen answers [B]; None where the loss asks for none."""

    losses_B: Array
    answer_B: Array | None


class Reader(NamedTuple):
    """A model as functions of questions; a batch is as `deepx.data.babi.encode` has it, `with_words`.

    loss: params, batch, key, whether in its linear start -> what training minimises.
    answer: params, batch -> what is measured.
    attention: params, batch -> of each hop, the weights of the sentences [B, K, S]; None: it has none.
    """

    init: Callable[[Key], Any]
    loss: Callable[[Any, Batch, Key, Array], Answered]
    answer: Callable[[Any, Batch], Answered]
    attention: Callable[[Any, Batch], Array] | None = None


def with_words(batch: Batch, sentences_UJ: Array) -> Batch:
    """The batch with word numbers instead of rows of the table of sentences: story [B, S, J], question [B, J]."""
    return {**batch, "story": sentences_UJ[batch["story"]], "question": sentences_UJ[batch["question"]]}


def reader_of(config: ConfigDict, encoded: Encoded, vocabulary: Vocabulary) -> Reader:
    """The reader that `model.name` names. Raises UserError for an unknown one."""
    settings = config.model.to_dict()
    name = settings.pop("name")
    if name not in READERS:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(READERS)}.{nearest(name, READERS)}")
    return READERS[name](settings, encoded, vocabulary)


def of_memn2n(settings: Mapping[str, Any], encoded: Encoded, vocabulary: Vocabulary) -> Reader:
    """The end-to-end memory network."""
    sizes: dict[str, Any] = {**settings, "memories": encoded.memories}
    model = memn2n.Config(vocabulary.size, **sizes)

    def apply(params, batch: Batch, **how):
        return memn2n.apply(model, params, batch["story"], batch["length"], batch["question"], **how)

    def loss(params, batch: Batch, key: Key, linear: Array) -> Answered:
        return answered(apply(params, batch, linear=linear, key=key)[0], batch)

    return Reader(
        init=lambda key: memn2n.init(key, model),
        loss=loss,
        answer=lambda params, batch: answered(apply(params, batch)[0], batch),
        attention=lambda params, batch: jnp.stack([hop.attention_BS for hop in apply(params, batch)[1]], axis=1),
    )


def of_lstm(settings: Mapping[str, Any], encoded: Encoded, vocabulary: Vocabulary) -> Reader:
    """The LSTM that reads word by word."""
    model = lstm_reader.Config(vocabulary.size, **settings)

    def answer(params, batch: Batch) -> Answered:
        story_BT = batch["story"].reshape(len(batch["story"]), -1)
        words_BT = jnp.concatenate([story_BT, batch["question"]], axis=1)
        return answered(lstm_reader.apply(model, params, words_BT), batch)

    return Reader(
        init=lambda key: lstm_reader.init(key, model),
        loss=lambda params, batch, key, linear: answer(params, batch),
        answer=answer,
    )


def of_memnn(settings: Mapping[str, Any], encoded: Encoded, vocabulary: Vocabulary) -> Reader:
    """The memory network that is trained with the supports, or by a heuristic. Every word may be an answer."""
    number = vocabulary.number()
    answers = tuple(tuple(number[part] for part in word.split(",")) for word in vocabulary.known)
    model = memnn.Config(vocabulary.size, answers, memory_slots=encoded.memories, **settings)

    def taken(batch: Batch) -> memnn.Batch:
        return memnn.Batch(
            batch["story"], batch["length"], batch["question"], jnp.maximum(batch["answer"] - 1, 0), batch["supports"]
        )

    def loss(params, batch: Batch, key: Key, linear: Array) -> Answered:
        output_B, response_B = memnn_loss.losses(model, params, taken(batch), key)
        return Answered(output_B + response_B, None)

    def answer(params, batch: Batch) -> Answered:
        found = memnn.answer(model, params, taken(batch))
        from_zero = {**batch, "answer": batch["answer"] - 1}
        return Answered(answered(found.scores_BA, from_zero).losses_B, found.answer_B + 1)

    def attention(params, batch: Batch) -> Array:
        supports_BK = memnn.answer(model, params, taken(batch)).supports_BK
        return jax.nn.one_hot(supports_BK, encoded.memories)

    return Reader(
        init=lambda key: memnn.init(key, model),
        loss=loss,
        answer=answer,
        attention=attention,
    )


def answered(logits_BV: Array, batch: Batch) -> Answered:
    """Cross-entropy and the likeliest answer. An answer that is not in the vocabulary is wrong, and costs nothing."""
    losses_B = optax.softmax_cross_entropy_with_integer_labels(logits_BV, jnp.maximum(batch["answer"], 0))
    return Answered(losses_B * (batch["answer"] >= 0), logits_BV.argmax(-1))


READERS = {"memn2n": of_memn2n, "memnn": of_memnn, "lstm": of_lstm}
