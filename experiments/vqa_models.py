"""Nets that answer questions about images: a reader of the question, what sees the image, and what joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.data import augment
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key
from deepx.models import eye, mrn, vqa_baselines
from deepx.nn import dropout, sentence_vector

MODELS = {"mrn": mrn, "baseline": vqa_baselines}


@dataclass(frozen=True)
class System:
    """A question's words and an image's pixels or features in, logits of answers out.

    reading: arguments of `sentence_vector.init`. read_dropout: of its words and state. eye: what sees, trained with
    the rest; None: images come as features. model, net: what joins, and its Config.
    """

    reading: Mapping[str, Any]
    read_dropout: float
    eye: eye.Config | None
    model: Any
    net: mrn.Config | vqa_baselines.Config

    def init(self, key: Key) -> tuple[Any, Any]:
        """Parameters and batch statistics."""
        of_reader, of_eye, of_net = jax.random.split(key, 3)
        params = {
            "reader": sentence_vector.init(of_reader, **self.reading),
            "net": self.model.init(of_net, self.net),
        }
        if self.eye is None:
            return params, {}
        seeing = eye.init(of_eye, self.eye)
        return params | {"eye": seeing["params"]}, seeing["batch_stats"]

    def see(self, params: Any, stats: Any, images: Array, *, train: bool = False) -> tuple[Array, Any]:
        """Vectors [M, V] of pictures, numbers from 0 to 255, or of features, which are vectors already."""
        if self.eye is None:
            return images, stats
        variables = {"params": params["eye"], "batch_stats": stats}
        seen = eye.apply(self.eye, variables, augment.signed(images), train=train)
        return seen if train else (seen, stats)

    def train(self, params: Any, stats: Any, batch: Mapping[str, Array], key: Key) -> tuple[Array, Any]:
        """Logits with dropout, and new batch statistics."""
        of_reader, of_net = dropout.keys(key, 2)
        q_NQ = sentence_vector.read(params["reader"], batch["words"], of_reader, self.read_dropout)
        v_MV, stats = self.see(params, stats, batch["image"], train=True)
        return self.model.apply(self.net, params["net"], q_NQ, v_MV, of_net), stats

    def answer(self, params: Any, stats: Any, batch: Mapping[str, Array]) -> Array:
        """Logits [N, A]."""
        q_NQ = sentence_vector.read(params["reader"], batch["words"])
        return self.model.apply(self.net, params["net"], q_NQ, self.see(params, stats, batch["image"])[0])

    def joined(self, params: Any, q_words_NT: Array, v_NV: Array) -> list[mrn.Joint]:
        """The factors of every learning block, of a multimodal residual net."""
        assert isinstance(self.net, mrn.Config)
        q_NQ = sentence_vector.read(params["reader"], q_words_NT)
        return mrn.joint(self.net, params["net"], q_NQ, v_NV)[1]


def credit(batch: Mapping[str, Array], answer_N: Array) -> Array:
    """What answers are worth [N], from 0 to 1."""
    return jnp.sum(batch["worth"] * (batch["near"] == answer_N[:, None]), axis=-1)


def chosen(logits_NA: Array, choices_NC: Array) -> Array:
    """The likeliest of the choices [N]; what is below 0 is none, and the answer where there is no choice."""
    of_choices = jnp.take_along_axis(logits_NA, jnp.maximum(choices_NC, 0), axis=1)
    best_N1 = jnp.where(choices_NC >= 0, of_choices, -jnp.inf).argmax(-1, keepdims=True)
    return jnp.take_along_axis(choices_NC, best_N1, axis=1)[:, 0]


def system_of(config: ConfigDict, vocabulary: int, answers: int, features: int | None) -> System:
    """The net of a config. vocabulary: words, and 0. features: numbers of an image; None: it comes as pixels.

    Raises UserError for an unknown model, ValueError for its sizes.
    """
    settings = config.model.to_dict()
    name = settings.pop("name")
    if name not in MODELS:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(MODELS)}.{nearest(name, MODELS)}")
    sees, seen = None, features
    if seen is None:
        sees = eye.Config(tuple(config.eye.widths), config.data.size)
        seen = sees.features
    reading = config.reader.to_dict()
    read_dropout = reading.pop("dropout")
    return System(
        reading={"vocabulary": vocabulary, **reading},
        read_dropout=read_dropout,
        eye=sees,
        model=MODELS[name],
        net=MODELS[name].Config(question=reading["cells"], image=seen, answers=answers, **settings),
    )
