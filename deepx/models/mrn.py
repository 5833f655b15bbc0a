"""Multimodal residual networks: Kim, Lee, Kwak, Heo, Kim, Ha, Zhang 2016 (arXiv 1606.01455).

A question q and an image v, vectors both, become one joint vector in L learning blocks. The shortcut carries the
question, the residual is a product of both, number by number (equations 2 to 4):

    F(q, v)  = tanh(W_q q) * tanh(W_2 tanh(W_1 v))
    H_0 = q,    H_l = W_q' H_{l-1} + F(H_{l-1}, v),    answers = softmax(W H_L)

which is the block (b) of figure 3. The paper's alternatives:

    a   F with one layer of each, tanh(W_q q) * tanh(W_1 v)
    c   F with two layers of each
    d   as b, with shortcuts that are the identity but for the first block's
    e   as b, with a shortcut of the image as well: V_l = V_{l-1} + F, V_0 being W_v v; v in block 1, then V_{l-1} takes
        v's place. (The figure is open to other readings.)
    none   as b without shortcuts: `MN` of the authors' code, what is left without residual learning

As in the authors' code (github.com/jnhwkim/nips-mrn-vqa), W_1 is square, matrices have biases, half of what enters them
in training is dropped, and they begin uniform in +-0.08 (biases here at zero). That suits vectors of some thousand
numbers: of a hundred, each matrix would halve what it is given, the residuals would be products of next to nothing, and
only the shortcut would learn. `bound` None scales them for any size.

Questions may share an image: those about one stand together, and what the image goes through alone is computed once.

Shapes: N questions about M images, N / M about each; Q and V numbers of question and image, D of the joint vector, A
answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from deepx.nn import dense, dropout
from deepx.nn.residual import one_of

Array = jax.Array
Key = jax.Array
Params = Mapping[str, Any]


class Form(NamedTuple):
    """Layers that question and image go through before their product; which shortcuts there are."""

    question: int
    image: int
    shortcut: str


FORMS = {
    "a": Form(1, 1, "linear"),
    "b": Form(1, 2, "linear"),
    "c": Form(2, 2, "linear"),
    "d": Form(1, 2, "identity"),
    "e": Form(1, 2, "both"),
    "none": Form(1, 2, "none"),
}


@dataclass(frozen=True)
class Config:
    """question, image: Q and V. answers: A. joint: D. layers: L, the learning blocks. form: one of `FORMS`. dropout:
    the share of what enters a matrix that is dropped in training. bound: see `dense.uniform`.
    """

    question: int
    image: int
    answers: int
    joint: int = 1200
    layers: int = 3
    form: str = "b"
    dropout: float = 0.5
    bound: float | None = 0.08

    def __post_init__(self):
        one_of("form", self.form, FORMS)
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, got {self.layers}")


class Joint(NamedTuple):
    """A block's two factors: what of the image is let through, tanh(W_q H) [N, D], and what there is of it [M, D]."""

    mask: Array
    visual: Array


def init(key: Key, config: Config) -> dict[str, Any]:
    """{"blocks": [{"question": layers, "image": layers, "shortcut": ..., "visual": ...}], "answer"}."""
    form, D = FORMS[config.form], config.joint
    keys = iter(jax.random.split(key, 6 * config.layers + 1))

    def layers(inputs: int, count: int) -> list[dense.Weights]:
        sizes = [inputs] * count + [D]
        return [linear(i, o) for i, o in zip(sizes, sizes[1:], strict=False)]

    def linear(inputs: int, outputs: int) -> dense.Weights:
        return dense.uniform(next(keys), inputs, outputs, config.bound)

    blocks = []
    for l in range(config.layers):
        Q = D if l else config.question
        V = D if l and form.shortcut == "both" else config.image
        block: dict[str, Any] = {"question": layers(Q, form.question), "image": layers(V, form.image)}
        if form.shortcut in ("linear", "both") or (form.shortcut == "identity" and l == 0):
            block["shortcut"] = linear(Q, D)
        if form.shortcut == "both" and l == 0 and config.layers > 1:
            block["visual"] = linear(V, D)
        blocks.append(block)
    return {"blocks": blocks, "answer": linear(D, config.answers)}


def apply(config: Config, params: Params, q_NQ: Array, v_MV: Array, key: Key | None = None) -> Array:
    """Logits [N, A]. key: of dropout; None: nothing is dropped."""
    of_blocks, of_answer = dropout.keys(key, 2)
    h_ND, _ = joint(config, params, q_NQ, v_MV, of_blocks)
    return dense.apply(params["answer"], dropout.drop(of_answer, config.dropout, h_ND))


def joint(
    config: Config, params: Params, q_NQ: Array, v_MV: Array, key: Key | None = None
) -> tuple[Array, list[Joint]]:
    """H_L [N, D], and the factors of every block's F."""
    chex.assert_shape([q_NQ, v_MV], [(None, config.question), (None, config.image)])
    shortcut = FORMS[config.form].shortcut
    factors = []
    for block, block_key in zip(params["blocks"], dropout.keys(key, config.layers), strict=True):
        of_question, of_image, of_shortcut, of_visual = dropout.keys(block_key, 4)
        mask_ND = layered(config, block["question"], q_NQ, of_question)
        visual_MD = layered(config, block["image"], v_MV, of_image)
        factors.append(Joint(mask_ND, visual_MD))
        F_ND = mask_ND * each_question(visual_MD, q_NQ.shape[0])
        q_NQ = F_ND if shortcut == "none" else carried(config, block.get("shortcut"), q_NQ, of_shortcut) + F_ND
        if shortcut == "both" and len(factors) < config.layers:
            v_MV = each_question(carried(config, block.get("visual"), v_MV, of_visual), q_NQ.shape[0]) + F_ND
    return q_NQ, factors


def each_question(a: Array, questions: int) -> Array:
    """Rows of images for every question about them."""
    return jnp.repeat(a, questions // a.shape[0], axis=0)


def layered(config: Config, layers: list[Params], x: Array, key: Key | None) -> Array:
    """Matrices, each with a tanh."""
    for weights, layer_key in zip(layers, dropout.keys(key, len(layers)), strict=True):
        x = jnp.tanh(dense.apply(weights, dropout.drop(layer_key, config.dropout, x)))
    return x


def carried(config: Config, weights: Params | None, x: Array, key: Key | None) -> Array:
    """x by a shortcut with weights, or as it is."""
    return x if weights is None else dense.apply(weights, dropout.drop(key, config.dropout, x))
