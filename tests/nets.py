"""What the tests of convolutional nets share."""

import dataclasses
import functools

import jax
import numpy as np


def shapes(model, config):
    """Shapes of a net's variables; nothing is computed."""
    return jax.eval_shape(lambda: model.init(jax.random.key(0), config))


def parameter_count(model, config):
    return sum(leaf.size for leaf in jax.tree.leaves(shapes(model, config)["params"]))


def shaken(model, config):
    """Variables of a net, none of them at its special initial value (0 or 1)."""
    rng = np.random.default_rng(0)

    def value(path, leaf):
        match path[-1].key:
            case "kernel":
                drawn = rng.normal(0, np.sqrt(2 / np.prod(leaf.shape[:-1])), leaf.shape)
            case "scale" | "var":
                drawn = rng.uniform(0.8, 1.4, leaf.shape)
            case "bias" | "mean":
                drawn = rng.normal(0, 0.2, leaf.shape)
        return drawn.astype(np.float32)

    return jax.tree.map_with_path(value, shapes(model, config))


def pictures(count=6, size=16, channels=3):
    return np.random.default_rng(1).normal(size=(count, size, size, channels)).astype(np.float32)


def joins_of(model, config, variables, images, join):
    """The (F(x), s(x)) of every block of a net under a join, by number, and the logits."""
    seen = {}

    def watched(f, s, l):
        seen[l] = (f, s)
        return join(f, s, l)

    return seen, model.apply(config, variables, images, join=watched)


def check_groups(model, config, images):
    """A batch of two groups gives the logits of two batches, and the mean of their statistics."""
    variables = shaken(model, config)
    grouped, plain = (
        jax.jit(functools.partial(model.apply, c, train=True))
        for c in (dataclasses.replace(config, norm_groups=2), config)
    )
    logits, stats = grouped(variables, images)
    parts = [plain(variables, part) for part in np.split(images, 2)]
    np.testing.assert_allclose(logits, np.concatenate([part[0] for part in parts]), rtol=1e-4, atol=1e-4)
    means = jax.tree.map(lambda a, b: (a + b) / 2, *(part[1] for part in parts))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), stats, means)
    assert np.abs(logits - plain(variables, images)[0]).max() > 1e-2
