"""Multimodal residual nets against their equations in NumPy, by form; their baselines; where they look."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.analysis.implicit_attention import attention
from deepx.models import mrn, vqa_baselines

Q, V, D, A, L, N = 5, 4, 6, 3, 3, 7


def vectors(seed: int = 0):
    of_q, of_v = jax.random.split(jax.random.key(seed))
    return jax.random.normal(of_q, (N, Q)), jax.random.normal(of_v, (N, V))


def count(params) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def by_hand(form: str, params, q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Equations 2 to 4 and figure 3, block by block, with a shortcut written out where each form has one."""

    def matrix(weights, x):
        return x @ np.asarray(weights["kernel"]) + np.asarray(weights["bias"])

    H, image = np.asarray(q), np.asarray(v)
    for l, block in enumerate(params["blocks"]):
        mask = np.tanh(matrix(block["question"][0], H))
        if form == "c":
            mask = np.tanh(matrix(block["question"][1], mask))
        visual = np.tanh(matrix(block["image"][0], image))
        if form != "a":
            visual = np.tanh(matrix(block["image"][1], visual))
        F = mask * visual
        if form == "e" and l < L - 1:
            image = F + (matrix(block["visual"], image) if l == 0 else image)
        if form == "none":
            H = F
        elif form == "d" and l > 0:
            H = H + F
        else:
            H = matrix(block["shortcut"], H) + F
    return matrix(params["answer"], H)


@pytest.mark.parametrize("form", mrn.FORMS)
def test_every_form_computes_its_equations(form):
    config = mrn.Config(Q, V, A, joint=D, layers=L, form=form)
    params, (q, v) = mrn.init(jax.random.key(1), config), vectors()
    params = jax.tree.map(lambda a: 5 * a, params)  # so that the tanh bend
    np.testing.assert_allclose(mrn.apply(config, params, q, v), by_hand(form, params, q, v), atol=1e-5)


def test_the_shortcuts_of_linear_blocks_add_up_as_in_equation_4():
    """H_L = W_q' q + sum over l of W_F(l) F_l, each product of the matrices of the shortcuts behind."""
    config = mrn.Config(Q, V, A, joint=D, layers=L)
    params, (q, v) = mrn.init(jax.random.key(1), config), vectors()
    h, blocks = mrn.joint(config, params, q, v)
    kernels = [block["shortcut"]["kernel"] for block in params["blocks"]]
    biases = [block["shortcut"]["bias"] for block in params["blocks"]]
    total = q
    for kernel, bias in zip(kernels, biases, strict=True):
        total = total @ kernel + bias
    for l, block in enumerate(blocks):
        behind = block.mask * block.visual
        for kernel in kernels[l + 1 :]:
            behind = behind @ kernel
        total = total + behind
    np.testing.assert_allclose(h, total, atol=1e-5)


@pytest.mark.parametrize("form", mrn.FORMS)
def test_questions_may_share_an_image(form):
    config = mrn.Config(Q, V, A, joint=D, layers=L, form=form)
    params, (q, v) = mrn.init(jax.random.key(1), config), vectors()
    q, v = q[:6], v[:2]
    shared, alone = mrn.apply(config, params, q, v), mrn.apply(config, params, q, jnp.repeat(v, 3, axis=0))
    np.testing.assert_allclose(shared, alone, atol=1e-6)


def test_parameters_are_as_many_as_in_the_authors_code():
    """netdef.MRN of 3 layers: 2400-number questions, 2048-number images, 1200 joint, 2000 answers."""
    config = mrn.Config(2400, 2048, 2000)
    params = jax.eval_shape(lambda: mrn.init(jax.random.key(0), config))
    image = (2048 * 2048 + 2048) + (2048 * 1200 + 1200)
    first, later = 2 * (2400 * 1200 + 1200), 2 * (1200 * 1200 + 1200)
    assert count(params) == 3 * image + first + 2 * later + (1200 * 2000 + 2000)
    assert count(params) == 33_894_656


def test_nothing_is_dropped_without_a_key():
    config = mrn.Config(Q, V, A, joint=400, layers=1, form="a")
    params, (q, v) = mrn.init(jax.random.key(1), config), vectors()
    kept = mrn.apply(config, params, q, v)
    np.testing.assert_array_equal(kept, mrn.apply(config, params, q, v))
    drawn = [mrn.apply(config, params, q, v, jax.random.key(seed)) for seed in (2, 3)]
    assert not np.allclose(*drawn)
    without = mrn.Config(Q, V, A, joint=400, layers=1, form="a", dropout=0.0)
    np.testing.assert_array_equal(mrn.apply(without, params, q, v, jax.random.key(3)), kept)


@pytest.mark.parametrize("form", mrn.FORMS)
def test_gradients_reach_every_parameter(form):
    config = mrn.Config(Q, V, A, joint=D, layers=L, form=form)
    params, (q, v) = mrn.init(jax.random.key(1), config), vectors()
    gradients = jax.grad(lambda params: jnp.sum(mrn.apply(config, params, q, v) ** 2))(params)
    assert all(np.abs(g).max() > 0 for g in jax.tree.leaves(gradients))


def test_a_wrong_form_and_no_layers_are_told():
    with pytest.raises(ValueError, match="form is 'f'; it must be one of 'a', 'b'"):
        mrn.Config(Q, V, A, form="f")
    with pytest.raises(ValueError, match="layers must be at least 1"):
        mrn.Config(Q, V, A, layers=0)
    with pytest.raises(ValueError, match="form is 'b'"):
        vqa_baselines.Config(Q, V, A, form="b")


@pytest.mark.parametrize("form", vqa_baselines.FORMS)
def test_baselines_see_what_they_are_named_after(form):
    config = vqa_baselines.Config(Q, V, A, joint=D, form=form)
    params, (q, v) = vqa_baselines.init(jax.random.key(1), config), vectors()
    of_q, of_v = jax.grad(lambda q, v: jnp.sum(vqa_baselines.apply(config, params, q, v) ** 2), argnums=(0, 1))(q, v)
    assert bool(np.abs(of_q).max()) == (form != "image")
    assert bool(np.abs(of_v).max()) == (form != "question")


def test_the_product_of_antol_by_hand():
    config = vqa_baselines.Config(Q, V, A, joint=D, layers=2)
    params, (q, v) = vqa_baselines.init(jax.random.key(1), config), vectors()
    k = {name: np.asarray(params[name]["kernel"]) for name in ("question", "image", "answer")}
    first, second = (np.asarray(hidden["kernel"]) for hidden in params["hidden"])
    joined = np.tanh(np.asarray(q) @ k["question"]) * np.tanh(np.asarray(v) @ k["image"])
    expected = np.tanh(np.tanh(joined @ first) @ second) @ k["answer"]
    np.testing.assert_allclose(vqa_baselines.apply(config, params, q, v), expected, atol=1e-5)


def test_attention_is_the_gradient_of_half_the_squared_distance_from_what_is_let_through():
    images = jax.random.normal(jax.random.key(0), (2, 3, 3, 2))
    weights = jax.random.normal(jax.random.key(1), (18, 5))
    mask = jnp.tanh(jax.random.normal(jax.random.key(2), (2, 5)))

    def visual(images):
        return jnp.tanh(images.reshape(len(images), -1) @ weights)

    let_through = mask * visual(images)  # fixed
    gradient = jax.grad(lambda x: 0.5 * jnp.sum((visual(x) - let_through) ** 2))(images)
    np.testing.assert_allclose(attention(visual, mask, images), jnp.linalg.norm(gradient, axis=-1), rtol=1e-5)


def test_attention_is_nowhere_where_everything_is_let_through():
    images = jax.random.normal(jax.random.key(0), (1, 3, 3, 2))
    assert not np.any(attention(lambda x: x.reshape(1, -1), jnp.ones((1, 18)), images))
