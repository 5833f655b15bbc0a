"""What a net that answers questions has learnt, to look at: answers, where it looked, accuracy by kind of question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.analysis.implicit_attention import attention
from deepx.analysis.vqa_figures import Answered, answers_figure, kinds_figure
from deepx.data.captions import encode
from deepx.data.vqa import Question
from deepx.engine.experiment import Array, Figure, Report
from deepx.engine.replicated import separate
from deepx.models import mrn
from experiments.vqa_data import Asked
from experiments.vqa_features import Seer
from experiments.vqa_models import System

SHOWN = 6  # questions in a figure
BEST = 5  # answers told of a question


class Answering(NamedTuple):
    """What answers: the config of a run, its questions, its net, and what sees for it, if not the net itself."""

    config: ConfigDict
    sets: Asked
    system: System
    seer: Seer | None

    def one_seed(self, state: Any) -> Any:
        """The state, of several seeds the first's."""
        return separate(state, self.config.run.replicas)[0]

    def words(self, texts: list[str]) -> np.ndarray:
        return encode(texts, self.sets.vocabulary, self.sets.length)

    def given(self, images: Array) -> Array:
        """What the net is given of pictures [N, P, P, 3], numbers from 0 to 255: features, or they themselves."""
        return images if self.seer is None else self.seer.see(images)

    def see(self, state: Any, images: Array) -> Array:
        """Vectors of pictures."""
        return self.system.see(state.params, state.stats, self.given(images))[0]

    def probabilities(self, state: Any, images: Array, words_NT: Array) -> Array:
        """Of every answer [N, A]."""
        batch = {"image": self.given(images), "words": words_NT}
        return jax.nn.softmax(self.system.answer(state.params, state.stats, batch))

    @property
    def looks(self) -> bool:
        """Whether it has learning blocks, whose implicit attention can be seen."""
        return self.system.model is mrn

    def looked(self, state: Any, images: Array, words_NT: Array) -> Array:
        """The implicit attention of every block [L, N, P, P]."""

        def factors(images: Array) -> list[mrn.Joint]:
            return self.system.joined(state.params, words_NT, self.see(state, images))

        blocks = factors(images)
        return jnp.stack(
            [attention(lambda x, l=l: factors(x)[l].visual, block.mask, images) for l, block in enumerate(blocks)]
        )

    def answered(self, state: Any, pictures: np.ndarray, texts: list[str], truths: list[str]) -> list[Answered]:
        """Questions with the likeliest answers, and where each block looked. One seed's state."""
        images, words_NT = jnp.asarray(pictures, jnp.float32), self.words(texts)
        p_NA = np.asarray(jax.jit(self.probabilities)(state, images, words_NT))
        best_NB = np.argsort(-p_NA, axis=1)[:, :BEST]
        nowhere = np.zeros((0, len(texts)))
        maps_LNPP = np.asarray(jax.jit(self.looked)(state, images, words_NT)) if self.looks else nowhere
        return [
            Answered(
                picture=pictures[n],
                question=texts[n],
                answers=tuple(self.sets.answers[a] for a in best_NB[n]),
                probabilities=p_NA[n, best_NB[n]],
                truth=truths[n],
                attention=maps_LNPP[:, n],
            )
            for n in range(len(texts))
        ]


def selected(questions: Sequence[Question], count: int) -> list[Question]:
    """At most `count` questions, the first of each kind before others, no two about one picture."""
    kinds: dict[str, Question] = {}
    images: dict[int, Question] = {}
    for question in questions:
        if question.kind not in kinds and question.image not in images:
            kinds[question.kind] = images[question.image] = question
    for question in questions:
        images.setdefault(question.image, question)
    return list(images.values())[:count]


def report(answering: Answering, state: Any) -> Report:
    """Questions of the test set, one of each kind first, about pictures of their own. The first seed's answers."""
    state, shown = answering.one_seed(state), answering.sets.shown
    chosen = selected(shown.questions, SHOWN)
    pictures = np.stack([shown.pictures[question.image] for question in chosen])
    texts, truths = [q.text for q in chosen], [", ".join(dict.fromkeys(q.answers)) for q in chosen]
    answered = answering.answered(state, pictures, texts, truths)
    config = answering.config
    where = "; where the question bears on the picture, by block" if answering.looks else ""
    caption = f"Questions that were tested, and the likeliest answers{where}: {config.benchmark}, "
    return Report(
        {
            "answers": Figure(
                answers_figure(answered),
                {
                    "pictures": pictures,
                    "probabilities": np.stack([one.probabilities for one in answered]),
                    "attention": np.stack([one.attention for one in answered]),
                },
                f"{caption}seed {config.run.seed}.",
            )
        }
    )


def summary(answering: Answering, measures: Mapping[str, np.ndarray]) -> Report:
    """Accuracy by kind of question, where there are several."""
    kinds = answering.sets.kinds
    if len(kinds) < 2:
        return Report({})
    by_kind = {kind: np.atleast_1d(measures[f"test_accuracy/{kind}"]) for kind in kinds}
    caption = f"Accuracy on the test set by kind of question; dots are seeds: {answering.config.benchmark}."
    return Report({"kinds": Figure(kinds_figure(by_kind), by_kind, caption)})
