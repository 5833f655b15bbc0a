"""Text to image synthesis: its losses by hand, what its nets see, and the joint embedding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.models import joint_embedding, text_to_image
from deepx.nn.adversarial import GenDisc

SMALL = text_to_image.Config(16, condition=5, projected=3, noise=4, generator=(8, 4), discriminator=(4, 8))


def test_the_matching_loss_by_hand():
    """s_r = 1/5, 4/5; s_w = 1/2, 1/2; s_f = 3/4, 1/4."""
    logits = [np.log([1 / 4, 4.0]), np.zeros(2), np.log([3.0, 1 / 3])]
    real = (np.log(1 / 5) + np.log(4 / 5)) / 2
    wrong, fake = np.log(1 / 2), (np.log(1 / 4) + np.log(3 / 4)) / 2
    losses = text_to_image.matching_loss(*map(jnp.asarray, logits))
    np.testing.assert_allclose(losses, -(real + (wrong + fake) / 2), rtol=1e-6)
    right, wrong, fake = jax.grad(text_to_image.matching_loss, (0, 1, 2))(*map(jnp.asarray, logits))
    np.testing.assert_allclose(right, [-4 / 10, -1 / 10], rtol=1e-6)  # -(1 - s_r) / N
    np.testing.assert_allclose(wrong, [1 / 8, 1 / 8], rtol=1e-6)  # s_w / 2 N
    np.testing.assert_allclose(fake, [3 / 16, 1 / 16], rtol=1e-6)


def test_interpolated_sentences_lie_between():
    phi = jnp.array([[0.0, 2.0], [1.0, 1.0], [4.0, 0.0], [3.0, -1.0]])
    np.testing.assert_allclose(text_to_image.interpolated(phi, 0.5), [[2.0, 1.0], [2.0, 0.0]])
    np.testing.assert_allclose(text_to_image.interpolated(phi, 0.25), [[3.0, 0.5], [2.5, -0.5]])
    with pytest.raises(ValueError, match="3 is odd"):
        text_to_image.interpolated(phi[:3], 0.5)


@pytest.fixture(scope="module")
def seen():
    """Logits of the small nets: two sentences together, each alone, in training and not; and images."""

    def run(key):
        variables = text_to_image.init(key, SMALL)
        images, phi = jax.random.normal(key, (6, 16, 16, 3)), jax.random.normal(key, (2, 6, 5))
        both, stats = text_to_image.discriminate(SMALL, variables.disc, images, phi, train=True)
        alone = jnp.stack([text_to_image.discriminate(SMALL, variables.disc, images, p, train=True)[0] for p in phi])
        tested = text_to_image.discriminate(SMALL, variables.disc, images, phi)
        one = text_to_image.discriminate(SMALL, variables.disc, images[2:3], phi[1, 2:3])
        z = jax.random.normal(key, (3, 4))
        made, _ = text_to_image.generate(SMALL, variables.gen, z, phi[0, :3], train=True)
        other = text_to_image.generate(SMALL, variables.gen, z, phi[1, :3])
        same = text_to_image.generate(SMALL, variables.gen, z, phi[0, :3])
        return dict(both=both, alone=alone, tested=tested, one=one, made=made, other=other, same=same)

    return jax.jit(run)(jax.random.key(0))


def test_several_sentences_of_an_image_are_scored_as_each_alone(seen):
    assert seen["both"].shape == (2, 6)
    np.testing.assert_allclose(seen["both"], seen["alone"], atol=1e-5)
    np.testing.assert_allclose(seen["tested"][1, 2:3], seen["one"], atol=1e-6)
    assert np.abs(seen["tested"][0] - seen["tested"][1]).max() > 1e-4  # the sentence matters


def test_images_depend_on_the_sentence(seen):
    assert seen["made"].shape == (3, 16, 16, 3) and np.abs(seen["made"]).max() <= 1
    assert np.abs(seen["same"] - seen["other"]).max() > 1e-4


def test_sizes():
    """Counted by hand from the paper's and its code's layers, of 64 pixels."""
    shapes = jax.eval_shape(lambda key: text_to_image.init(key, text_to_image.Config()), jax.random.key(0))
    counts = GenDisc(*(sum(a.size for a in jax.tree.leaves(net["params"])) for net in shapes))
    sentence = 1024 * 128 + 128
    norms = 2 * (1024 + 512 + 256 + 128)
    ups = 228 * 16 * 1024 + 16 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    assert counts.gen == sentence + norms + ups
    downs = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
    join, score = (512 + 128) * 512 + 2 * 512, 16 * 512
    assert counts.disc == sentence + downs + 2 * (128 + 256 + 512) + join + score
    with pytest.raises(ValueError, match="generator has 4 widths, which lead from 4 to 64 pixels, not to size = 32"):
        text_to_image.Config(size=32)


def test_the_embedding_loss_by_hand():
    """Of two pairs: fits are [[2, 1.5], [0, 0.5]]; hinges are 0.5 and 0.5 a picture, 0 and 2 a sentence."""
    pictures, sentences = jnp.array([[2.0, 0.0], [0.0, 1.0]]), jnp.array([[1.0, 0.0], [0.75, 0.5]])
    np.testing.assert_allclose(pictures @ sentences.T, [[2, 1.5], [0, 0.5]])
    np.testing.assert_allclose(joint_embedding.loss(pictures, sentences), (0.5 + 0.5 + 0 + 2) / 4)
    assert joint_embedding.found(pictures, sentences).tolist() == [True, True]
    assert joint_embedding.found(sentences, pictures).tolist() == [True, False]


@pytest.mark.parametrize("vocabulary", [7, 300])  # words reach the gates by a product, or by looking them up
def test_sentences_are_read_to_their_last_word(vocabulary):
    config = joint_embedding.Config(vocabulary, words=3, cells=4, embedding=5, eye=(2, 2), size=8)

    def run(key):
        params = joint_embedding.init(key, config)
        words = jnp.array([[1, 5, 0, 0], [1, 5, 0, 0], [5, 1, 0, 0], [1, 5, 2, 0]])
        read = joint_embedding.read(config, params, words)
        return read, joint_embedding.read(config, params, words[:, :3]), params, words

    read, short, params, words = jax.jit(run)(jax.random.key(0))
    np.testing.assert_allclose(read, short, atol=1e-6)
    np.testing.assert_allclose(read[0], read[1], atol=1e-6)
    assert min(np.abs(read[0] - read[i]).max() for i in (2, 3)) > 1e-4  # order and every word matter
    h = c = np.zeros(4)
    reader = params["reader"]
    cell = reader["cell"]
    for word in (1, 5):  # the cell by hand
        gates = reader["words_VW"][word] @ cell["input"]["kernel"] + cell["input"]["bias"]
        i, f, g, o = np.split(np.asarray(gates + h @ cell["recurrent"]["kernel"]), 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    np.testing.assert_allclose(read[0], h @ params["embed"]["kernel"] + params["embed"]["bias"], atol=1e-5)
