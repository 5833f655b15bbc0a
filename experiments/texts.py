"""Sentences and questions of the user's, for `--mode=predict`."""

from __future__ import annotations

from absl import flags

TEXT = flags.DEFINE_multi_string("text", [], "predict: a sentence to work on; once or more.")
TEMPERATURE = flags.DEFINE_float(
    "temperature", None, "predict: of what is sampled; where sentences are translated, they are sampled if it is given."
)
QUESTION = flags.DEFINE_string("question", None, "predict: the question to answer.")
