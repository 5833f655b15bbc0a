"""What multimodal residual networks are held against: Antol et al. 2015 (arXiv 1505.00468), section 4.

Answers by the question alone, by the image alone, by both one after the other (concatenation), and by their product
number by number, tanh(W_q q) * tanh(W_v v), which is the paper's "deeper LSTM Q + norm I". What is joined goes through
hidden layers with a tanh, of which the paper has two, and a softmax. In training half of what enters a hidden layer or
the classifier is dropped.

Shapes: N questions about M images, as in `mrn`; Q and V numbers of question and image, D of a hidden layer, A answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp

from deepx.models.mrn import each_question
from deepx.nn import dense, dropout
from deepx.nn.residual import one_of

Array = jax.Array
Key = jax.Array
Params = Mapping[str, Any]

FORMS: Mapping[str, Callable[[Array, Array], Array]] = {
    "question": lambda q_NX, v_NX: q_NX,
    "image": lambda q_NX, v_NX: v_NX,
    "concatenation": lambda q_NX, v_NX: jnp.concatenate([q_NX, v_NX], axis=-1),
    "product": lambda q_ND, v_ND: q_ND * v_ND,
}


@dataclass(frozen=True)
class Config:
    """question, image: Q and V. answers: A. joint: D. layers: hidden ones. form: one of `FORMS`. dropout: the share
    that is dropped in training. bound: see `dense.uniform`.
    """

    question: int
    image: int
    answers: int
    joint: int = 1000
    layers: int = 2
    form: str = "product"
    dropout: float = 0.5
    bound: float | None = None

    def __post_init__(self):
        one_of("form", self.form, FORMS)


def init(key: Key, config: Config) -> dict[str, Any]:
    """{"question", "image", "hidden": layers, "answer"}; the first two only where a product needs them of one size."""
    of_question, of_image, of_answer, *of_hidden = jax.random.split(key, 3 + config.layers)
    Q, V, D = config.question, config.image, config.joint
    linear = partial(dense.uniform, bound=config.bound)
    params = {}
    if config.form == "product":
        params = {"question": linear(of_question, Q, D), "image": linear(of_image, V, D)}
    entering = {"question": Q, "image": V, "concatenation": Q + V, "product": D}[config.form]
    sizes = [entering] + [D] * config.layers
    hidden = [linear(k, i, o) for k, i, o in zip(of_hidden, sizes, sizes[1:], strict=False)]
    return {**params, "hidden": hidden, "answer": linear(of_answer, sizes[-1], config.answers)}


def apply(config: Config, params: Params, q_NQ: Array, v_MV: Array, key: Key | None = None) -> Array:
    """Logits [N, A]. key: of dropout; None: nothing is dropped."""
    chex.assert_shape([q_NQ, v_MV], [(None, config.question), (None, config.image)])
    if config.form == "product":
        q_NQ, v_MV = jnp.tanh(dense.apply(params["question"], q_NQ)), jnp.tanh(dense.apply(params["image"], v_MV))
    x = FORMS[config.form](q_NQ, each_question(v_MV, q_NQ.shape[0]))
    layers = [*params["hidden"], params["answer"]]
    for weights, layer_key in zip(layers, dropout.keys(key, len(layers)), strict=True):
        x = dense.apply(weights, dropout.drop(layer_key, config.dropout, x))
        x = x if weights is params["answer"] else jnp.tanh(x)
    return x
