"""Deepening by identity: the function is kept, the new layers can learn, and what cannot be deepened is told."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.models import resnet
from deepx.models.deepen import deepened, dirac

apply = jax.jit(resnet.apply, static_argnames=("config", "train"))
RESIDUAL = resnet.cifar(8, classes=5, widths=(4, 8, 16))
PLAIN = replace(RESIDUAL, residual=False)
BOTTLENECK = resnet.cifar(11, block="bottleneck", classes=5, widths=(2, 4, 8), shortcut="B")


def used(config):
    """Variables as training leaves them: none at its special initial value (0 or 1)."""
    rng = np.random.default_rng(0)

    def value(path, leaf):
        if path[-1].key == "kernel":
            return rng.normal(0, np.sqrt(2 / np.prod(leaf.shape[:-1])), leaf.shape).astype(np.float32)
        low = 0.7 if path[-1].key in ("scale", "var") else 0.1
        return rng.uniform(low, low + 0.5, leaf.shape).astype(np.float32)

    return jax.tree.map_with_path(value, jax.eval_shape(lambda: resnet.init(jax.random.key(0), config)))


def pictures(seed=1):
    return np.random.default_rng(seed).normal(size=(6, 8, 8, 3)).astype(np.float32)


def deeper(config, *stages):
    target = replace(config, stages=stages)
    variables = used(config)
    return variables, target, deepened(jax.random.key(1), config, variables, target, pictures())


CASES = [(RESIDUAL, (2, 3, 1)), (PLAIN, (2, 3, 1)), (BOTTLENECK, (1, 2, 3))]


@pytest.mark.parametrize(("config", "stages"), CASES)
def test_the_logits_are_kept_on_other_images_too(config, stages):
    variables, target, grown = deeper(config, *stages)
    before, after = apply(config, variables, pictures(seed=2)), apply(target, grown, pictures(seed=2))
    assert np.ptp(before) > 0.1
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("config", "stages"), CASES)
def test_the_variables_are_those_of_the_deeper_net(config, stages):
    _, target, grown = deeper(config, *stages)
    fresh = jax.eval_shape(lambda: resnet.init(jax.random.key(0), target))
    assert jax.tree.map(jnp.shape, grown) == jax.tree.map(jnp.shape, fresh)


def test_a_residual_net_is_kept_in_training_and_its_new_blocks_are_drawn_each_by_itself():
    variables, target, grown = deeper(RESIDUAL, 2, 3, 1)
    two = (grown["params"][f"stage2_block{block}"]["conv1"]["kernel"] for block in (2, 3))
    assert np.abs(np.subtract(*two)).max() > 0.1
    before, _ = apply(RESIDUAL, variables, pictures(), train=True)
    after, _ = apply(target, grown, pictures(), train=True)
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)


def test_a_plain_net_is_nearly_kept_in_training_once_running_moments_are_those_of_batches():
    variables = used(PLAIN)
    for _ in range(100):
        variables["batch_stats"] = apply(PLAIN, variables, pictures(), train=True)[1]
    target = replace(PLAIN, stages=(2, 3, 1))
    grown = deepened(jax.random.key(1), PLAIN, variables, target, pictures())
    before, _ = apply(PLAIN, variables, pictures(), train=True)
    after, _ = apply(target, grown, pictures(), train=True)
    np.testing.assert_allclose(after, before, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(("config", "stages"), CASES)
def test_training_can_go_on_in_every_new_block(config, stages):
    """Of a residual block the last scale has a gradient at once, the others as soon as that is not 0."""
    _, target, grown = deeper(config, *stages)

    def loss(params):
        logits, _ = apply(target, {**grown, "params": params}, pictures(), train=True)
        return -jnp.mean(jax.nn.log_softmax(logits)[:, 0])

    gradient = jax.jit(jax.grad(loss))
    first = gradient(grown["params"])
    second = gradient(jax.tree.map(lambda p, g: p - 0.1 * g, grown["params"], first))
    for name in set(target.block_names) - set(config.block_names):
        assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(first[name])) > 1e-5, name
        for path, leaf in jax.tree.leaves_with_path(second[name]):
            assert np.abs(leaf).max() > 1e-8, (name, path)


def test_dirac_returns_what_it_is_given():
    x = jnp.asarray(pictures())
    same = jax.lax.conv_general_dilated(
        x, dirac(jnp.ones((3, 3, 3, 3))), (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    np.testing.assert_array_equal(same, x)


@pytest.mark.parametrize("config", [RESIDUAL, PLAIN])
def test_no_array_is_shared_so_that_all_may_be_donated(config):
    variables, target, grown = deeper(config, 2, 3, 1)
    step = jax.jit(lambda v: jax.tree.map(lambda leaf: leaf + 1, v), donate_argnums=0)
    jax.block_until_ready(step(grown))
    assert np.isfinite(apply(config, variables, pictures())).all()


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        (RESIDUAL, {"stages": (2, 0, 2)}, "must give a number of blocks"),
        (replace(RESIDUAL, stages=(2, 2, 2)), {"stages": (3, 1, 3)}, r"\(3, 1, 3\) blocks do not hold the \(2, 2, 2\)"),
        (RESIDUAL, {"stages": (2, 2, 2), "widths": (8, 16, 32)}, r"widths is \(4, 8, 16\).* net \(8, 16, 32\)"),
        (RESIDUAL, {"stages": (2, 2, 2), "residual": False}, "residual is True"),
        (RESIDUAL, {"stages": (1, 1, 1, 1), "widths": (4, 8, 16, 32)}, "widths is"),
        (replace(RESIDUAL, shortcut="C"), {"stages": (2, 2, 2)}, "option C"),
        (replace(BOTTLENECK, residual=False), {"stages": (2, 2, 2)}, "a plain bottleneck"),
        (PLAIN, {"stages": (2, 2, 2)}, "needs images"),
    ],
)
def test_what_cannot_be_deepened_is_told(config, changes, message):
    with pytest.raises(ValueError, match=message):
        deepened(jax.random.key(0), config, {}, replace(config, **changes))
