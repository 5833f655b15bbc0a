"""Training steps of the neural Turing machine on the copy task, `STEPS` in one program as the engine takes them."""

import jax
import optax

from deepx.data.algorithmic import copy
from deepx.engine.supervised import supervised
from deepx.models import ntm
from scripts.benchmarks.ntm import BITS, CELLS, LENGTH, SLOTS, STEPS, WIDTH
from scripts.benchmarks.stepping import Step, stepping


def build(case: str, variant: str) -> Step:
    batch_size = int(case.removeprefix("batch "))
    config = ntm.Config(BITS + 1, BITS, controller_size=CELLS, memory_slots=SLOTS, slot_width=WIDTH)

    def loss(params, stats, batch, key):
        logits = ntm.apply(config, params, batch.inputs_BTI)
        costs = optax.sigmoid_binary_cross_entropy(logits, batch.targets_BTO) * batch.mask_BT[..., None]
        return costs.sum() / batch_size, (stats, {})

    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))
    training = supervised(lambda key: (ntm.init(key, config), ()), loss, optimizer)

    def one(state, key):
        batch = copy.sample(key, batch_size=batch_size, bits=BITS, min_length=LENGTH, max_length=LENGTH)
        return training.train_step(state, batch, key)[0], ()

    keys = jax.random.split(jax.random.key(0), STEPS)
    return stepping(lambda state, keys: jax.lax.scan(one, state, keys)[0], training.init(jax.random.key(1)), keys)
