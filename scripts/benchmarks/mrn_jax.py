"""A training step of a multimodal residual net."""

import jax
import jax.numpy as jnp
import optax

from deepx.engine.supervised import supervised
from deepx.models import mrn
from deepx.nn import sentence_vector
from scripts.benchmarks.mrn import BOUND, DROPOUT, LAYERS, LEARNING_RATE, LENGTH, READ_DROPOUT, SIZES, VOCABULARY
from scripts.benchmarks.stepping import Step, stepping


def build(case: str, variant: str) -> Step:
    sizes = SIZES[case]
    config = mrn.Config(sizes.cells, sizes.image, sizes.answers, sizes.joint, LAYERS, "b", DROPOUT, BOUND)
    of_words, of_images = jax.random.split(jax.random.key(0))
    batch = {
        "words": jax.random.randint(of_words, (sizes.batch, LENGTH), 1, VOCABULARY),
        "image": jax.random.normal(of_images, (sizes.batch, sizes.image)),
        "answer": jnp.arange(sizes.batch) % sizes.answers,
    }

    def init(key):
        of_reader, of_net = jax.random.split(key)
        reader = sentence_vector.init(of_reader, VOCABULARY, sizes.words, sizes.cells, "gru")
        return {"reader": reader, "net": mrn.init(of_net, config)}, ()

    def loss(params, stats, batch, key):
        of_reader, of_net = jax.random.split(key)
        q_NQ = sentence_vector.read(params["reader"], batch["words"], of_reader, READ_DROPOUT)
        logits = mrn.apply(config, params["net"], q_NQ, batch["image"], of_net)
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"]).mean(), (stats, {})

    training = supervised(init, loss, optax.rmsprop(LEARNING_RATE, decay=0.99))

    def step(carried, batch):
        state, key = carried
        key, now = jax.random.split(key)
        return training.train_step(state, batch, now)[0], key

    return stepping(step, (training.init(jax.random.key(1)), jax.random.key(2)), batch)
