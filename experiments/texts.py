"""Sentences and questions of the user's, for `--mode=predict`."""

from __future__ import annotations

from absl import flags

TEXT = flags.DEFINE_multi_string("text", [], "predict: a sentence to work on; once or more.")
QUESTION = flags.DEFINE_string("question", None, "predict: the question to answer.")
