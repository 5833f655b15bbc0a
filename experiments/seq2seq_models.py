"""The models, brought into one form: `config.model.name` chooses, with attention or without, with the source's summary
at every step, or none but the language model of the target, which is p(e) in a noisy channel.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ml_collections import ConfigDict

from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key
from deepx.models import attention, encoder_decoder, language_model, seq2seq
from deepx.nn.decoding import beam, sampling
from deepx.nn.decoding.steps import Step
from experiments.seq2seq_data import Corpus

MODELS = {"seq2seq": seq2seq, "encoder_decoder": encoder_decoder, "attention": attention}


class Model(NamedTuple):
    """A module of `deepx.models` and its Config."""

    module: Any
    config: Any

    def init(self, key: Key):
        return self.module.init(key, self.config)

    def apply(self, params: Any, source_BS: Array, target_BT: Array, key: Key | None = None) -> Array:
        """log p of every target word [B, T]."""
        return self.module.apply(self.config, params, source_BS, target_BT, key=key)

    def encode(self, params: Any, source_BS: Array):
        """What the decoder looks at, and what it starts from."""
        return self.module.encode(self.config, params, source_BS)

    def decoder(self, params: Any, source_BS: Array) -> tuple[Step, Any]:
        """The step that `deepx.nn.decoding` takes, and the states it starts from."""
        context, states = self.encode(params, source_BS)
        return lambda states, word_N: self.module.decode_step(self.config, params, context, states, word_N), states

    def alignment(self, params: Any, source_BS: Array, target_BT: Array) -> Array | None:
        """How much of the look at the source went to each of its words [B, T, S]; None: it does not look at it."""
        if self.module is not attention:
            return None
        return attention.alignment(self.config, params, source_BS, target_BT)

    def translate(self, params: Any, source_BS: Array, longest: int, beams: int = 1, alpha: float = 0.0) -> Array:
        """Translations of at most `longest` words with their ends [B, longest]; by beam search, of 1 greedily."""
        step, states = self.decoder(params, source_BS)
        if beams == 1:
            return sampling.greedy(step, states, longest).words
        return beam.search(step, states, beams, longest, alpha=alpha).words[:, 0]


class LanguageModel(NamedTuple):
    """A language model of targets, in the form of a model that does not look at the source."""

    config: language_model.Config

    def init(self, key: Key):
        return language_model.init(key, self.config)

    def apply(self, params: Any, source_BS: Array, target_BT: Array, key: Key | None = None) -> Array:
        """log p of every target word [B, T]."""
        return language_model.apply(self.config, params, target_BT, key=key)

    def start(self, params: Any, batch: int):
        """Where a decoder starts from."""
        return language_model.start(self.config, params, batch)

    def step(self, params: Any) -> Step:
        """A step of the decoder."""
        return lambda states, word_N: language_model.decode_step(self.config, params, (), states, word_N)


def model_of(config: ConfigDict, corpus: Corpus) -> Model | LanguageModel:
    """The model of a config's `model` section. Raises UserError for an unknown one, ValueError for its sizes."""
    settings, names = config.model.to_dict(), (*MODELS, "language_model")
    name, score = settings.pop("name"), settings.pop("score")
    if name not in names:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(names)}.{nearest(name, names)}")
    if name == "language_model":
        del settings["reverse"]
        return LanguageModel(language_model.Config(corpus.target.size, **settings))
    if name == "attention":
        settings["score"] = score
    return Model(MODELS[name], MODELS[name].Config(corpus.source.size, corpus.target.size, **settings))
