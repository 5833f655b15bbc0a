"""The models that answer questions, brought into one form: `config.model.name` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from deepx.data.babi.encode import Encoded
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key
from deepx.models import lstm_reader, memn2n

Batch = Mapping[str, Array]


class Answered(NamedTuple):
    """Loss in nats [B], and the chosen answers' numbers [B]."""

    losses_B: Array
    answer_B: Array


class Reader(NamedTuple):
    """A model as functions of questions; a batch is as `deepx.data.babi.encode` has it, its rows looked up in `table`.

    rows: what the model is given for each sentence [U, ...], from word numbers [U, J]; table: for all that are encoded.
    loss: params, batch, key, whether in its linear start -> what training minimises.
    answer: params, batch -> what is measured.
    attention: params, batch -> of each hop, the weights of the sentences [B, K, S]; None: it has none.
    """

    rows: Callable[[Array], Array]
    table: Array
    init: Callable[[Key], Any]
    loss: Callable[[Any, Batch, Key, Array], Answered]
    answer: Callable[[Any, Batch], Answered]
    attention: Callable[[Any, Batch], Array] | None = None


def reader_of(config: ConfigDict, encoded: Encoded, vocabulary: int) -> Reader:
    """The reader that `model.name` names. Raises UserError for an unknown one."""
    settings = config.model.to_dict()
    name = settings.pop("name")
    if name not in READERS:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(READERS)}.{nearest(name, READERS)}")
    return READERS[name](settings, encoded, vocabulary)


def of_memn2n(settings: Mapping[str, Any], encoded: Encoded, vocabulary: int) -> Reader:
    """The end-to-end memory network."""
    model = memn2n.Config(vocabulary, **settings | {"memories": encoded.memories})

    def apply(params, batch: Batch, **how):
        return memn2n.apply(model, params, batch["story"], batch["length"], batch["question"], **how)

    def loss(params, batch: Batch, key: Key, linear: Array) -> Answered:
        return answered(apply(params, batch, linear=linear, key=key)[0], batch)

    rows = jax.jit(jax.vmap(lambda words_J: memn2n.counts(model, words_J)))
    return Reader(
        rows=rows,
        table=rows(encoded.sentences_UJ),
        init=lambda key: memn2n.init(key, model),
        loss=loss,
        answer=lambda params, batch: answered(apply(params, batch)[0], batch),
        attention=lambda params, batch: jnp.stack([hop.attention_BS for hop in apply(params, batch)[1]], axis=1),
    )


def of_lstm(settings: Mapping[str, Any], encoded: Encoded, vocabulary: int) -> Reader:
    """The LSTM that reads word by word."""
    model = lstm_reader.Config(vocabulary, **settings)

    def answer(params, batch: Batch) -> Answered:
        story_BT = batch["story"].reshape(len(batch["story"]), -1)
        words_BT = jnp.concatenate([story_BT, batch["question"]], axis=1)
        return answered(lstm_reader.apply(model, params, words_BT), batch)

    return Reader(
        rows=jnp.asarray,
        table=jnp.asarray(encoded.sentences_UJ),
        init=lambda key: lstm_reader.init(key, model),
        loss=lambda params, batch, key, linear: answer(params, batch),
        answer=answer,
    )


def answered(logits_BV: Array, batch: Batch) -> Answered:
    """Cross-entropy and the likeliest answer. An answer that is not in the vocabulary is wrong, and costs nothing."""
    losses_B = optax.softmax_cross_entropy_with_integer_labels(logits_BV, jnp.maximum(batch["answer"], 0))
    return Answered(losses_B * (batch["answer"] >= 0), logits_BV.argmax(-1))


READERS = {"memn2n": of_memn2n, "lstm": of_lstm}
