"""All sentences, and all their hypotheses, a step at a time."""

from functools import partial

import jax
import jax.numpy as jnp

from deepx.models import seq2seq
from deepx.nn.decoding import beam
from scripts.benchmarks.beam import BEAM, SIZES
from scripts.benchmarks.seq2seq import LONGEST, pairs
from scripts.benchmarks.seq2seq_jax import config_of
from scripts.benchmarks.stepping import Step, calling


def build(case: str, variant: str) -> Step:
    sizes = SIZES[case]
    config = config_of(sizes)
    params = seq2seq.init(jax.random.key(1), config)
    source_BS = jnp.array(pairs(sizes.batch)[0])

    def decode(params, source_BS):
        context, states = seq2seq.encode(config, params, source_BS)
        return beam.search(partial(seq2seq.decode_step, config, params, context), states, BEAM, LONGEST)

    return calling(decode, params, source_BS)
