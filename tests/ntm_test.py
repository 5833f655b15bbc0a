"""The neural Turing machine: parity with plain NumPy, gradients, parameters, and that it learns."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.data.algorithmic import copy
from deepx.models import ntm

SMALL = ntm.Config(
    input_size=4,
    output_size=3,
    controller_size=6,
    memory_slots=7,
    slot_width=5,
    read_heads=2,
    write_heads=2,
    shift_range=2,
)


def normal_like(tree, seed):
    """A tree of normal NumPy numbers of the same shapes."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda a: rng.standard_normal(a.shape).astype(a.dtype), tree)


def scrambled(config):
    """Parameters with nothing at zero, so that no term of the equations hides."""
    shapes = jax.eval_shape(lambda key: ntm.init(key, config), jax.random.key(0))
    return jax.tree.map(lambda a: 0.7 * a, normal_like(shapes, 0))


def in_numpy(config, params, x_TI):
    """The paper's equations for one sequence, one head and one slot at a time, in float64."""
    p = jax.tree.map(lambda a: np.asarray(a, np.float64), params)
    sigmoid, softplus = lambda x: 1 / (1 + np.exp(-x)), lambda x: np.log1p(np.exp(x))
    softmax = lambda x: np.exp(x) / np.exp(x).sum()  # noqa: E731
    R, E, W, N = config.read_heads, config.write_heads, config.slot_width, config.memory_slots
    M = p["initial"]["memory_WN"].T
    layers = p["controller"]
    states = list(p["initial"]["controller"])
    reads = list(p["initial"]["read_RW"])
    weightings = [softmax(w) for w in p["initial"]["w_HN"]]
    outputs = []
    for x in x_TI:
        outputs_of_layers = []
        for l, layer in enumerate(layers):
            seen = [*reads, *outputs_of_layers[-1:], *([states[l][0]] if states else [])]
            gates = x @ layer["input"]["kernel"] + layer["input"]["bias"]
            gates = gates + np.concatenate(seen) @ layer["recurrent"]["kernel"]
            if states:
                i, f, g, o = np.split(gates, 4)
                c = sigmoid(f) * states[l][1] + sigmoid(i) * np.tanh(g)
                states[l] = (sigmoid(o) * np.tanh(c), c)
            outputs_of_layers.append(states[l][0] if states else np.tanh(gates))
        h = outputs_of_layers[-1]
        emitted = list(h @ p["heads"]["kernel"] + p["heads"]["bias"])
        take = lambda n: np.array([emitted.pop(0) for _ in range(n)])  # noqa: E731, B023
        for head in range(R + E):
            k, beta, gate = np.tanh(take(W)), softplus(take(1)), sigmoid(take(1))
            gamma, s = 1 + softplus(take(1)), softmax(take(config.shifts))
            cosine = np.array([k @ m / (np.linalg.norm(k) * np.linalg.norm(m)) for m in M])
            w = gate * softmax(beta * cosine) + (1 - gate) * weightings[head]
            offsets = range(-config.shift_range, config.shift_range + 1)
            w = np.array([sum(w[(i - j) % N] * s_j for j, s_j in zip(offsets, s, strict=True)) for i in range(N)])
            weightings[head] = w**gamma / (w**gamma).sum()
        reads = [w @ M for w in weightings[:R]]
        updates = [(w, sigmoid(take(W)), np.tanh(take(W))) for w in weightings[R:]]
        for w, e, _ in updates:
            M = M * (1 - np.outer(w, e))
        for w, _, a in updates:
            M = M + np.outer(w, a)
        outputs.append(np.concatenate([*outputs_of_layers, *reads]) @ p["output"]["kernel"] + p["output"]["bias"])
    return np.array(outputs), np.array(weightings)


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
@pytest.mark.parametrize("layers", [1, 2])
def test_agrees_with_the_equations_in_numpy(controller, layers):
    config = dataclasses.replace(SMALL, controller=controller, controller_layers=layers)
    params = scrambled(config)
    x = jax.random.normal(jax.random.key(2), (2, 6, 4))
    logits, trace = jax.jit(lambda p, x: ntm.apply(config, p, x, trace=True))(params, x)
    for b in range(2):
        expected, weightings = in_numpy(config, params, np.asarray(x[b], np.float64))
        np.testing.assert_allclose(logits[b], expected, atol=1e-4)
        np.testing.assert_allclose(
            jnp.concatenate([trace.read_w_BTRN, trace.write_w_BTEN], 2)[b, -1], weightings, atol=1e-4
        )


def test_the_trace_changes_nothing_and_shows_every_head():
    params, x = scrambled(SMALL), jax.random.normal(jax.random.key(2), (2, 6, 4))
    logits, trace = jax.jit(lambda p, x: ntm.apply(SMALL, p, x, trace=True))(params, x)
    np.testing.assert_allclose(logits, jax.jit(lambda p, x: ntm.apply(SMALL, p, x))(params, x), atol=1e-6)
    assert trace.read_w_BTRN.shape == trace.write_w_BTEN.shape == (2, 6, 2, 7)
    assert trace.read_BTRW.shape == trace.erase_BTEW.shape == trace.add_BTEW.shape == (2, 6, 2, 5)
    np.testing.assert_allclose(trace.write_w_BTEN.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
def test_gradient_agrees_with_finite_differences(controller):
    config = ntm.Config(
        3, 2, controller=controller, controller_layers=2, controller_size=4, memory_slots=5, slot_width=3
    )
    with jax.enable_x64(True):
        params = jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), scrambled(config))
        x = jax.random.normal(jax.random.key(2), (1, 4, 3), jnp.float64)
        loss = jax.jit(lambda p: jnp.sum(jnp.square(ntm.apply(config, p, x))))
        gradient = jax.jit(jax.grad(loss))(params)
        for seed in range(3):
            leaves, tree = jax.tree.flatten(params)
            keys = jax.random.split(jax.random.key(seed), len(leaves))
            direction = tree.unflatten(
                [jax.random.normal(k, a.shape, a.dtype) for k, a in zip(keys, leaves, strict=True)]
            )
            moved = [loss(jax.tree.map(lambda a, d: a + h * d, params, direction)) for h in (1e-5, -1e-5)]  # noqa: B023
            slope = sum(jnp.vdot(g, d) for g, d in zip(*map(jax.tree.leaves, (gradient, direction)), strict=True))
            np.testing.assert_allclose((moved[0] - moved[1]) / 2e-5, slope, rtol=1e-5)


@pytest.mark.parametrize("initial_memory", [0.0, 1e-6, None])
def test_gradients_are_finite_from_an_empty_memory(initial_memory):
    config = ntm.Config(4, 3, controller_size=6, memory_slots=7, slot_width=5, initial_memory=initial_memory)
    params = ntm.init(jax.random.key(0), config)
    gradient = jax.jit(jax.grad(lambda p: jnp.sum(ntm.apply(config, p, jnp.ones((2, 9, 4))))))(params)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradient))


def test_overfits_eight_examples():
    config = ntm.Config(4, 3, controller_size=20, memory_slots=8, slot_width=6, initial_memory=1e-6)
    batch = copy.sample(jax.random.key(0), batch_size=8, bits=3, min_length=1, max_length=3)
    optimizer = optax.adam(1e-2)

    def loss(params):
        entropy = optax.sigmoid_binary_cross_entropy(ntm.apply(config, params, batch.inputs_BTI), batch.targets_BTO)
        return jnp.sum(entropy * batch.mask_BT[..., None]) / len(entropy)

    def update(carry, _):
        params, state = carry
        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(params, updates), state), value

    params = ntm.init(jax.random.key(1), config)
    losses = jax.jit(lambda c: jax.lax.scan(update, c, length=300)[1])((params, optimizer.init(params)))
    assert losses[0] > 3 and losses[-1] < 0.05


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"read_heads": 0}, "read_heads must be at least 1"),
        ({"write_heads": 0}, "write_heads must be at least 1"),
        ({"controller_size": 0}, "controller_size must be at least 1"),
        ({"controller_layers": 0}, "controller_layers must be at least 1"),
        ({"controller": "none"}, "must be 'lstm' or 'feedforward', not 'none'"),
        ({"shift_range": -1}, "shift_range must not be negative"),
        ({"memory_slots": 4, "shift_range": 2}, "memory_slots = 4 is smaller than the window of 5 shifts"),
    ],
)
def test_config_refuses_sizes_that_make_no_machine(wrong, message):
    with pytest.raises(ValueError, match=message):
        ntm.Config(**({"input_size": 9, "output_size": 8} | wrong))
