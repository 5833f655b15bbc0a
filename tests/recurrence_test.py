"""Unrolling with weight gradients after the loop, against the same loop differentiated by JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepx.nn import dense
from deepx.nn.recurrence import unroll

WEIGHTS = {
    "in": {"kernel": jax.random.normal(jax.random.key(0), (5, 4)), "bias": jnp.arange(4.0)},
    "out": {"kernel": jax.random.normal(jax.random.key(1), (4, 3))},
    "unused": {"kernel": jnp.ones((2, 2))},
}
STATE = {"s": jax.random.normal(jax.random.key(2), (6, 3))}
INPUTS = jax.random.normal(jax.random.key(3), (7, 6, 2))


def step(product, state, x):
    hidden = jnp.tanh(product("in", jnp.concatenate([state["s"], x], -1)))
    after = jnp.sin(product("out", hidden)) + 0.5 * state["s"]
    return {"s": after}, (hidden, after[:, :1] * x)


def by_hand(weights, state, inputs):
    def scanned(state, x):
        return step(lambda name, a: dense.apply(weights[name], a), state, x)

    return jax.lax.scan(scanned, state, inputs)


def value(f):
    def loss(weights, state, inputs):
        final, (hidden, scaled) = f(weights, state, inputs)
        return jnp.sum(final["s"] ** 2) + jnp.sum(jnp.cos(hidden)) + jnp.sum(scaled)

    return loss


def ours(weights, state, inputs):
    return unroll(step, weights, state, inputs)


def same(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=1e-4)


def test_outputs_and_every_gradient_are_those_of_a_scan():
    same(ours(WEIGHTS, STATE, INPUTS), by_hand(WEIGHTS, STATE, INPUTS))
    gradients = [jax.jit(jax.grad(value(f), (0, 1, 2)))(WEIGHTS, STATE, INPUTS) for f in (ours, by_hand)]
    same(*gradients)
    assert not gradients[0][0]["unused"]["kernel"].any()


def test_what_every_step_is_given_has_its_gradient_too():
    context = {"m": jax.random.normal(jax.random.key(4), (6, 3)), "there": jnp.arange(6)[:, None] % 2 > 0}

    def looking(product, state, x, context):
        after, outputs = step(product, state, x)
        looked = jnp.where(context["there"], after["s"] * jnp.tanh(context["m"]), after["s"])
        return {"s": looked}, outputs

    def scanned(weights, state, inputs, m):
        product = lambda name, a: dense.apply(weights[name], a)  # noqa: E731
        return jax.lax.scan(lambda s, x: looking(product, s, x, {**context, "m": m}), state, inputs)

    def unrolled(weights, state, inputs, m):
        return unroll(looking, weights, state, inputs, None, {**context, "m": m})

    def gradient(f):
        loss = lambda w, s, x, m: value(lambda *given: f(*given, m))(w, s, x)  # noqa: E731
        return jax.jit(jax.grad(loss, (0, 1, 2, 3)))(WEIGHTS, STATE, INPUTS, context["m"])

    ours_, theirs = gradient(unrolled), gradient(scanned)
    same(ours_, theirs)
    assert jnp.abs(ours_[3]).min(where=context["there"], initial=1.0) > 0


def test_under_vmap_each_replica_has_its_own_weights():
    weights = jax.tree.map(lambda a: jnp.stack([a, 2 * a, -a]), WEIGHTS)
    over = [jax.vmap(jax.grad(value(f)), (0, None, None))(weights, STATE, INPUTS) for f in (ours, by_hand)]
    same(*over)


def test_the_backward_loop_carries_no_weight_gradient():
    """Only the state is carried: no loop holds an array of a kernel's shape, but for the kernels it multiplies with."""
    jaxpr = jax.make_jaxpr(jax.grad(value(ours)))(WEIGHTS, STATE, INPUTS)
    carried = [
        v.aval.shape
        for eqn in jaxpr.eqns
        if eqn.primitive.name == "scan"
        for v in eqn.outvars[: eqn.params["num_carry"]]
    ]
    assert carried and (5, 4) not in carried and (4, 3) not in carried


def test_a_name_that_is_not_among_the_weights_fails():
    with pytest.raises(KeyError, match="other"):
        unroll(lambda product, s, x: (product("other", s["s"]), x), WEIGHTS, STATE, INPUTS)


def test_clipped_in_time_gradients_stay_bounded_where_true_ones_overflow():
    def doubling(product, s, x):
        return 4.0 * product("w", s) + x, s

    weights, s, x = {"w": {"kernel": jnp.eye(2)}}, jnp.ones((1, 2)), jnp.zeros((100, 1, 2))

    def loss(clip):
        return jax.grad(lambda w: unroll(doubling, w, s, x, clip)[0].sum() * 1e-30)(weights)["w"]["kernel"]

    def of_state(clip):
        return jax.grad(lambda s: unroll(doubling, weights, s, x, clip)[0].sum())(s)

    assert not jnp.isfinite(of_state(None) ** 2).all()
    np.testing.assert_array_equal(of_state(10.0), 10.0)
    np.testing.assert_array_equal(loss(1e30), loss(None))
