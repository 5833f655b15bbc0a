"""A training step of a residual net on 128 CIFAR-sized images."""

import jax
import optax

from deepx.engine.supervised import supervised
from deepx.models import resnet
from scripts.benchmarks.stepping import Step, stepping


def build(case: str, variant: str) -> Step:
    config = resnet.cifar(depth=int(case.removeprefix("resnet")))
    batch = {
        "image": jax.random.normal(jax.random.key(0), (128, 32, 32, 3)),
        "label": jax.numpy.arange(128) % 10,
    }

    def init(key):
        variables = resnet.init(key, config)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key):
        logits, stats = resnet.apply(config, {"params": params, "batch_stats": stats}, batch["image"], train=True)
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch["label"]).mean(), (stats, {})

    training = supervised(init, loss, optax.chain(optax.add_decayed_weights(1e-4), optax.sgd(0.1, momentum=0.9)))
    state, key = training.init(jax.random.key(1)), jax.random.key(0)
    return stepping(lambda *given: training.train_step(*given)[0], state, batch, key)
