"""A training step of SRResNet."""

import jax
import optax

from deepx.engine.supervised import supervised
from deepx.models import srgan
from scripts.benchmarks.srresnet import LEARNING_RATE, SIZES
from scripts.benchmarks.stepping import Step, stepping


def build(case: str, variant: str) -> Step:
    sizes = SIZES[case]
    config = srgan.Config(sizes.blocks, sizes.width, norm=sizes.norm)
    low = jax.random.uniform(jax.random.key(0), (sizes.batch, sizes.side, sizes.side, 3))
    high = jax.random.uniform(jax.random.key(1), (sizes.batch, 4 * sizes.side, 4 * sizes.side, 3), minval=-1.0)

    def init(key):
        variables = srgan.init_generator(key, config)
        return variables["params"], variables["batch_stats"]

    def loss(params, stats, batch, key):
        low, high = batch
        made, stats = srgan.generate(config, {"params": params, "batch_stats": stats}, low, train=True)
        return srgan.pixel_loss(made, high), (stats, {})

    training = supervised(init, loss, optax.adam(LEARNING_RATE))
    state, key = training.init(jax.random.key(2)), jax.random.key(3)
    return stepping(lambda *given: training.train_step(*given)[0], state, (low, high), key)
