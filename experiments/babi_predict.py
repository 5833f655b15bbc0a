"""`--mode=predict`: a trained reader answers a question on a story that was typed, and says where it looked."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from absl import flags
from ml_collections import ConfigDict
from rich.console import Console
from rich.table import Table

from deepx.data.babi.encode import encode, words
from deepx.data.babi.story import Example
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Served
from experiments.babi_readers import with_words
from experiments.babi_report import best
from experiments.texts import QUESTION

STORY = flags.DEFINE_string(
    "story", None, "predict: the story, its sentences ended by full stops, or a file of it; -: from standard input."
)
TASK = flags.DEFINE_integer("task", None, "predict: the task whose reader answers, where each has one of its own.")


def predict(config: ConfigDict, learnt: Sequence, readers: Sequence, state: Any) -> None:
    """Prints the answer, the likeliest others, and the weight of every sentence in each hop. Raises UserError."""
    if not (STORY.value and QUESTION.value):
        raise UserError('Give a story and a question: --story="Mary went to the office." --question="Where is Mary?"')
    which = chosen([questions.tasks for questions in learnt])
    questions, reader = learnt[which], readers[which]
    params = best(config, state, questions, reader)
    example = Example(sentences_of(STORY.value), QUESTION.value, "?", (0,))
    known = set(questions.vocabulary.known)
    unknown = [word for text in (*example.sentences, example.question) for word in words(text) if word not in known]
    if unknown:
        print(f"Words it does not know, and does not see: {', '.join(dict.fromkeys(unknown))}.", file=sys.stderr)
    if len(example.sentences) > questions.encoded.memories:
        print(f"It remembers the last {questions.encoded.memories} sentences only.", file=sys.stderr)
    S = questions.encoded.memories
    encoded = encode({"typed": [example]}, questions.vocabulary, S, at_least=S)
    batch = with_words(encoded.questions["typed"], encoded.sentences_UJ)
    answer = int(reader.answer(params, batch).answer_B[0])
    print(f"{example.question} {questions.vocabulary.word(answer)}")
    if reader.attention is not None:
        show(example.sentences, np.asarray(reader.attention(params, batch)[0]))


def chosen(tasks: Sequence[Sequence[str]]) -> int:
    """Which reader answers. Raises UserError where --task is needed, or names none."""
    if len(tasks) == 1:
        return 0
    names = [of[0] for of in tasks]
    if TASK.value is None or f"qa{TASK.value}" not in names:
        raise UserError(f"Each task has a reader of its own: give --task, one of {', '.join(n[2:] for n in names)}.")
    return names.index(f"qa{TASK.value}")


def sentences_of(story: str) -> tuple[str, ...]:
    """The sentences of a text, of a file, or of standard input. Raises UserError where there are none."""
    if story == "-":
        story = sys.stdin.read()
    elif len(story) < 256 and Path(story).is_file():
        story = Path(story).read_text()
    sentences = tuple(f"{part.strip()}." for part in story.replace("\n", ".").split(".") if part.strip())
    if not sentences:
        raise UserError("The story has no sentences.")
    return sentences


def show(sentences: Sequence[str], attention_KS: np.ndarray) -> None:
    """The sentences with the weight that each hop gives them."""
    table = Table("", *(f"hop {k + 1}" for k in range(len(attention_KS))), box=None, pad_edge=False)
    shown = sentences[-attention_KS.shape[1] :]
    for sentence, weights in zip(shown, attention_KS.T, strict=False):
        table.add_row(sentence, *(f"[bold]{w:.2f}[/]" if w >= 0.5 else f"{w:.2f}" for w in weights))
    Console().print(table)


def served(config: ConfigDict, learnt: Sequence, readers: Sequence, state: Any) -> Served:
    """All readers, each the best of its restarts, with inputs and outputs of its own where each task has one."""
    functions, inputs, words_of = {}, {}, {}
    for questions, reader in zip(learnt, readers, strict=True):
        name = "" if len(learnt) == 1 else f"/{questions.tasks[0]}"
        functions[name] = (reader, best(config, state, questions, reader))
        words_of[name.lstrip("/") or "all"] = list(questions.vocabulary.known)
        J = questions.encoded.sentences_UJ.shape[1]
        inputs[f"story{name}"] = (("batch", questions.encoded.memories, J), "int32")
        inputs[f"length{name}"] = (("batch",), "int32")
        inputs[f"question{name}"] = (("batch", J), "int32")

    def answered(given: Mapping[str, Array]) -> Mapping[str, Array]:
        answers = {}
        for name, (reader, params) in functions.items():
            batch = {part: given[f"{part}{name}"] for part in ("story", "length", "question")}
            unknown = jnp.zeros_like(batch["length"])
            batch |= {"answer": unknown, "supports": unknown[:, None]}  # which only what is learnt from needs
            answers[f"answer{name}"] = reader.answer(params, batch).answer_B
        return answers

    return Served(
        answered,
        inputs,
        "Stories, sentence by sentence, how many sentences they have, and questions; words by their places in `words`, "
        "from 1, 0 behind the last. The answer is a word's number.",
        {"words": words_of},
    )
