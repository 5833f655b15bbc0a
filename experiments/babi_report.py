"""What is shown of readers of stories: the paper's table beside ours, and where they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from matplotlib.figure import Figure as Picture
from ml_collections import ConfigDict

from deepx.data.babi.story import TASKS
from deepx.engine.experiment import Figure, Report
from experiments.babi_readers import with_words

FAILED = 5.0  # a task is solved where no more than this percentage of the answers is wrong
SHOWN = 6  # tasks, in the figure of attention,
LONGEST = 12  # sentences of their stories, where there are such
RULES = {  # by which a restart is chosen: the metric's name, and what it means
    "error": "lowest training loss, as the paper",
    "error_valid_best": "lowest validation loss",
    "error_oracle": "lowest test error: not to be had without the answers",
}


def summary(config: ConfigDict, values: Mapping[str, np.ndarray]) -> Report:
    """Errors by each rule of selection among restarts, their means over tasks, and the numbers of failed tasks."""
    tasks = [f"qa{task}" for task in config.data.tasks]

    def of(metric: str) -> np.ndarray:
        """[tasks, restarts]; what is not known task by task counts for all."""
        return np.stack(
            [np.atleast_1d(values[f"{metric}/{t}" if f"{metric}/{t}" in values else metric]) for t in tasks]
        )

    test = of("test_error")
    goals = {"error": of("train_loss"), "error_valid_best": of("valid_loss"), "error_oracle": test}
    if config.joint:  # one restart is chosen for all tasks
        goals = {name: np.broadcast_to(goal.mean(0), goal.shape) for name, goal in goals.items()}
    chosen = {name: np.take_along_axis(test, goal.argmin(1)[:, None], 1)[:, 0] for name, goal in goals.items()}
    metrics: dict[str, Any] = {"test_error/mean": test.mean(0), "test_failed_tasks": (test > FAILED).sum(0)}
    for name, errors in chosen.items():
        metrics |= {f"{name}/{task}": error for task, error in zip(tasks, errors, strict=True)}
        metrics[f"{name}/mean"] = errors.mean()
        metrics[name.replace("error", "failed_tasks")] = (errors > FAILED).sum()
    return Report({"errors": errors_figure(config, tasks, test, chosen)}, metrics)


def errors_figure(
    config: ConfigDict, tasks: Sequence[str], test: np.ndarray, chosen: Mapping[str, np.ndarray]
) -> Figure:
    """A dot for each restart on each task, the chosen ones marked, the paper's beside them."""
    picture = Picture(figsize=(8, 0.27 * len(tasks) + 1.6), layout="constrained")
    axis = picture.subplots()
    y = np.arange(len(tasks))
    axis.axvspan(0, FAILED, color="#5a8f29", alpha=0.12, linewidth=0)
    for restart in test.T:
        axis.plot(restart, y, "o", color="#7a7a7a", alpha=0.35, markersize=4, linewidth=0)
    axis.plot(chosen["error"], y, "o", color="#0b6e99", markersize=7, linewidth=0, label=f"ours: {RULES['error']}")
    axis.plot(
        chosen["error_valid_best"], y, "|", color="#c1440e", markersize=13, markeredgewidth=2, linewidth=0,
        label=f"ours: {RULES['error_valid_best']}",
    )  # fmt: skip
    theirs = np.array([config.reported.get(f"error/{task}", {"value": np.nan})["value"] for task in tasks], float)
    if np.isfinite(theirs).any():
        axis.plot(theirs, y, "D", markerfacecolor="none", color="black", markersize=6, linewidth=0, label="the paper's")
    names = [f"{task[2:]} {TASKS[int(task[2:])].replace('-', ' ')}" for task in tasks]
    axis.set_yticks(y, names, fontsize=9)
    axis.set_ylim(len(tasks) - 0.5, -0.5)
    axis.set_xlim(left=-1)
    axis.set_xlabel(f"test error (%); shaded: solved, at most {FAILED:.0f}%")
    axis.grid(axis="x", alpha=0.25)
    picture.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return Figure(
        picture,
        {"test": test, "paper": theirs, **chosen},
        f"Test error: a grey dot each restart, large dots those chosen. Mean {chosen['error'].mean():.1f}%, "
        f"{(chosen['error'] > FAILED).sum()} of {len(tasks)} tasks above {FAILED:.0f}%.",
    )


def report(config: ConfigDict, learnt: Sequence, readers: Sequence, state: Any) -> Report:
    """Where the reader of a few tasks looks, hop after hop (the paper's figure 2), for a test question of each."""
    if readers[0].attention is None:
        return Report({})
    shown = []
    for questions, reader in list(zip(learnt, readers, strict=True))[:SHOWN]:
        params = best(config, state, questions, reader)
        shown += [(task, *look(questions, reader, params, task)) for task in questions.tasks[:SHOWN]]
    return Report({"attention": attention_figure(shown)})


def best(config: ConfigDict, state: Any, questions: Any, reader: Any) -> Any:
    """The parameters of these questions' reader; of several restarts, that with the lowest loss on training questions
    (the first two hundred of the first task)."""
    params = (state if config.joint else state[questions.tasks[0]]).params
    if config.run.replicas == 1:
        return params
    batch = batch_of(questions, f"{questions.tasks[0]}/train", range(200))
    losses = jax.jit(jax.vmap(lambda params: reader.answer(params, batch).losses_B.sum()))(params)
    return jax.tree.map(lambda a: a[int(losses.argmin())], params)


def batch_of(questions: Any, name: str, rows: Any) -> Mapping[str, Any]:
    """Some questions of a set, as a reader takes them."""
    batch = {key: a[list(rows)[: len(a)]] for key, a in questions.encoded.questions[name].items()}
    return with_words(batch, questions.encoded.sentences_UJ)


def look(questions: Any, reader: Any, params: Any, task: str) -> tuple[Any, str, np.ndarray]:
    """A test question on a story that fits the figure, the answer given, and the attention [K, S] on its sentences."""
    examples = questions.examples[task].test
    fitting = [i for i, e in enumerate(examples[:100]) if len(e.sentences) <= LONGEST] or [0]
    row = max(fitting, key=lambda i: len(examples[i].sentences))
    batch = batch_of(questions, f"{task}/test", [row])
    answer, attention_BKS = jax.jit(lambda p: (reader.answer(p, batch).answer_B[0], reader.attention(p, batch)))(params)
    return examples[row], questions.vocabulary.word(int(answer)), np.asarray(attention_BKS[0])


def attention_figure(shown: Sequence[tuple[str, Any, str, np.ndarray]]) -> Figure:
    """One panel a question: its sentences from the first to the last, a column a hop."""
    heights = [min(len(e.sentences), attention.shape[1]) + 3 for _, e, _, attention in shown]
    picture = Picture(figsize=(7.5, 0.2 * sum(heights) + 0.3), layout="constrained")
    panels = picture.subplots(len(shown), 1, squeeze=False, height_ratios=heights).ravel()
    numbers = {}
    for panel, (task, example, word, attention) in zip(panels, shown, strict=True):
        sentences = example.sentences[-attention.shape[1] :]
        weights = attention[:, : len(sentences)].T
        panel.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for (s, k), weight in np.ndenumerate(weights):
            panel.text(k, s, f"{weight:.2f}", ha="center", va="center", fontsize=7, color="w" if weight > 0.6 else "k")
        told = [("> " if s in example.supports else "") + text for s, text in enumerate(sentences)]
        panel.set_yticks(range(len(told)), told, fontsize=8)
        panel.set_xticks(range(weights.shape[1]), [f"hop {k + 1}" for k in range(weights.shape[1])], fontsize=8)
        verdict = "right" if word == example.answer.lower() else f"wrong: it is {example.answer}"
        panel.set_title(f"{task}: {example.question} {word} ({verdict})", fontsize=9, loc="left")
        numbers[task] = weights
    return Figure(
        picture, numbers, "Attention on the sentences of a test question, hop after hop; > marks those that support it."
    )
