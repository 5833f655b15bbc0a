"""Context encoders: the channel-wise layer, holes and bands, the loss, and what filling leaves alone, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.data import holes
from deepx.models import context_encoder as model
from deepx.nn.channelwise import channelwise
from experiments import gan_inpainting

SMALL = model.Config(size=8, window=4, widths=(2, 3), band=1)


def drawn(hole):
    return ["".join(".#"[int(pixel)] for pixel in row) for row in np.asarray(hole)[..., 0]]


def count(tree):
    return sum(np.prod(leaf.shape) for leaf in jax.tree.leaves(tree))


def convolutions(*widths):
    """Weights of a chain of 4x4 convolutions."""
    return sum(16 * a * b for a, b in zip(widths, widths[1:], strict=False))


def test_channelwise_is_a_matrix_for_each_channel():
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(2, 3, 2, 4)), rng.normal(size=(4, 6, 6))
    wanted = np.empty_like(x)
    for n in range(2):
        for c in range(4):
            wanted[n, ..., c] = (x[n, ..., c].ravel() @ weights[c]).reshape(3, 2)
    np.testing.assert_allclose(channelwise(jnp.asarray(x), jnp.asarray(weights)), wanted, rtol=1e-4, atol=1e-5)


def test_the_hole_in_the_middle_and_its_bands():
    hole = holes.centre(6, 2)
    assert drawn(hole[0]) == ["......", "......", "..##..", "..##..", "......", "......"]
    assert drawn(holes.band(hole, 1)[0]) == ["......", ".####.", ".#..#.", ".#..#.", ".####.", "......"]
    assert drawn(holes.band(hole, 2)[0]) == ["######", "######", "##..##", "##..##", "######", "######"]


def test_random_holes_cover_a_quarter():
    squares = np.asarray(jax.jit(holes.blocks, static_argnums=(1, 2))(jax.random.key(0), 200, 8))
    assert set(np.unique(squares)) == {0, 1} and squares.shape == (200, 8, 8, 1)
    covered = squares.mean((1, 2, 3))
    assert covered.max() == 0.25 and 1 / 16 <= covered.min() < 0.25  # where squares overlap, less
    assert squares.mean(0).min() > 0  # every place is reached, the corners too
    regions = np.asarray(jax.jit(holes.region, static_argnums=(1, 2))(jax.random.key(0), 6, 32))
    np.testing.assert_allclose(regions.mean((1, 2, 3)), 0.25)
    assert not np.array_equal(regions[0], regions[1])


def test_the_surrounding_mean_is_of_the_pixels_that_touch():
    image = jnp.arange(36.0).reshape(1, 6, 6, 1).at[0, 2:4, 2:4].set(1000)  # what is in the hole does not count
    image = image.at[0, 0].set(1000)  # nor what is far
    around = [7, 8, 9, 10, 13, 16, 19, 22, 25, 26, 27, 28]
    assert holes.surrounding_mean(image, holes.centre(6, 2)).item() == pytest.approx(np.mean(around))


def test_loss_by_hand():
    """A hole of 2x2 pixels in a window of 4x4 and its band of 12, in two channels; errors of 1/2 and of 1."""
    config = model.Config(size=8, window=4, widths=(2, 3), band=1, channels=2, adversarial=0.1)
    hole = holes.centre(8, 2)
    images = jnp.zeros((3, 8, 8, 2))
    predicted = jnp.ones((3, 4, 4, 2)).at[:, 1:3, 1:3].set(0.5)
    loss = model.reconstruction_loss(config, predicted, images, hole, holes.band(hole, 1))
    assert float(loss) == pytest.approx((4 * 0.25 + 12 * 10 * 1) / 16)
    logits = jnp.log(jnp.array([1 / 3, 1.0, 3.0]))  # D = 1/4, 1/2, 3/4
    adversarial = -np.mean(np.log([0.25, 0.5, 0.75]))
    assert float(model.joint_loss(config, loss, logits)) == pytest.approx(0.9 * float(loss) + 0.1 * adversarial)


def test_filling_changes_the_hole_alone_and_does_not_see_it():
    rng, shapes = np.random.default_rng(0), jax.eval_shape(lambda key: model.init(key, SMALL).gen, jax.random.key(0))
    variables = jax.tree.map(lambda a: rng.uniform(0.01, 0.2, a.shape).astype(np.float32), shapes)
    hole, images = holes.centre(8, 2), rng.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    fill = jax.jit(lambda images: model.fill(SMALL, variables, images, hole))
    filled = fill(images)
    changed = np.any(filled != images, axis=-1, keepdims=True)
    np.testing.assert_array_equal(changed, np.broadcast_to(hole > 0, changed.shape))
    np.testing.assert_array_equal(filled, fill(np.where(hole > 0, np.float32(0.3), images)))


def test_the_nets_of_the_paper():
    """Widths of train.lua; its 128 pixels become 64 predicted ones, or 128 where holes may be anywhere."""
    narrow, whole = (64, (256, 128, 64), (64, 128, 256, 512)), (128, (256, 128, 64, 64), (64, 64, 128, 256, 512))
    for window, up, down in (narrow, whole):
        config = model.Config(window=window)
        nets = jax.eval_shape(lambda key, config=config: model.init(key, config), jax.random.key(0))
        encoder = convolutions(3, 64, 64, 128, 256, 512) + 512 * 16**2 + 512**2
        norms = 2 * (64 + 128 + 256 + 512) + 2 * (512 + sum(up))
        assert count(nets.gen["params"]) == encoder + convolutions(512, *up, 3) + norms
        assert count(nets.disc["params"]) == convolutions(3, *down) + 2 * sum(down[1:]) + 4 * 4 * 512


def test_scores_are_measured_in_the_hole():
    """An error of 1/4 of a pixel's range is 12.04 dB; what is wrong outside the hole does not count."""
    hole, scores = holes.centre(8, 4), jax.jit(gan_inpainting.scores)
    images = np.broadcast_to(np.arange(8)[:, None, None] / 4 - 1, (2, 8, 8, 1)).astype(np.float32)  # 1/8 a row
    fills = np.where(hole > 0, images + 0.5, images + 5)
    measured = {name: float(m.total / m.count) for name, m in scores(images, fills, hole, np.array([1.0, 0])).items()}
    plain = 10 * np.log10(1 / np.mean(np.square(np.array([-1.5, -0.5, 0.5, 1.5]) / 8)))
    wanted = {"l1": 25, "l2": 6.25, "psnr": 12.0412, "psnr_gain": 12.0412 - plain, "sharpness": 100}
    assert measured == pytest.approx(wanted, rel=1e-4)
    flat = scores(images, np.zeros_like(fills), hole, np.ones(2))["sharpness"]
    assert float(flat.total) == 0
