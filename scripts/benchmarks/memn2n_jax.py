"""Training steps of end-to-end memory networks, `STEPS` and all restarts in one program as the engine takes them."""

import jax
import jax.numpy as jnp
import optax

from deepx.engine.data import epochs
from deepx.engine.supervised import supervised
from deepx.models import memn2n
from scripts.benchmarks.memn2n import BATCH, HOPS, MEMORIES, QUESTIONS, STEPS, parsed
from scripts.benchmarks.stepping import Step, stepping


def build(case: str, variant: str) -> Step:
    dimensions, vocabulary, words, restarts = parsed(case)
    config = memn2n.Config(vocabulary, MEMORIES, dimensions, HOPS)
    words_key, story_key, question_key, answer_key = jax.random.split(jax.random.key(2), 4)
    sentences_UJ = jax.random.randint(words_key, (QUESTIONS, words), 1, vocabulary)
    questions = {
        "story": jax.random.randint(story_key, (QUESTIONS, MEMORIES), 0, QUESTIONS),
        "question": jax.random.randint(question_key, (QUESTIONS,), 0, QUESTIONS),
        "answer": jax.random.randint(answer_key, (QUESTIONS,), 1, vocabulary),
        "length": jnp.full(QUESTIONS, MEMORIES),
    }
    source = epochs(questions, BATCH)

    def loss(params, stats, batch, key):
        logits, _ = memn2n.apply(config, params, batch["story"], batch["length"], batch["question"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"]).sum(), (stats, {})

    optimizer = optax.chain(optax.clip_by_global_norm(40.0), optax.sgd(0.01))
    training = supervised(lambda key: (memn2n.init(key, config), ()), loss, optimizer)

    def epoch(state, key, questions, sentences_UJ):
        def one(state, i):
            batch = source.sample(questions, key, i)
            batch |= {name: sentences_UJ[batch[name]] for name in ("story", "question")}
            return training.train_step(state, batch, key)[0], ()

        return jax.lax.scan(one, state, jnp.arange(STEPS))[0]

    keys = jax.random.split(jax.random.key(0), restarts)
    state = jax.vmap(training.init)(jax.random.split(jax.random.key(1), restarts))

    return stepping(jax.vmap(epoch, in_axes=(0, 0, None, None)), state, keys, questions, sentences_UJ)
