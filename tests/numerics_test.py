"""Half precision, batches in parts, and blocks that are computed again: near to, or the same as, the plain step."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.engine.experiment import Mean
from deepx.engine.supervised import accumulated
from deepx.models import preact, resnet, ror
from deepx.nn.batch_norm import BatchNorm
from deepx.nn.residual import gated
from experiments import reproduce
from experiments import resnet as experiment

NETS = {
    "resnet": (resnet, resnet.cifar(8, widths=(4, 8, 8))),
    "preact": (preact, preact.cifar(8, widths=(4, 8, 8))),
    "ror": (ror, ror.cifar(8, widths=(4, 8, 8))),
}


def config(**changes):
    made = load(reproduce.CONFIGS / "resnet/cifar10_resnet20.py", "smoke").unlock()
    for name, value in changes.items():
        made.update_from_flattened_dict({name.replace("__", "."): value})
    return made


def step_of(**changes):
    """The gradients of the first step, and the state and metrics after it."""
    made = experiment.build(config(**changes))
    state, key = jax.jit(made.init)(jax.random.key(0)), jax.random.key(1)
    batch = jax.jit(made.train_data.sample)(made.train_data.arrays, jax.random.key(2), 0)
    gradients, taken = jax.jit(lambda *given: (made.gradients(*given), made.train_step(*given)))(state, batch, key)
    return gradients, *taken


@pytest.fixture(scope="module")
def plain():
    return step_of()


def test_in_half_precision_the_state_stays_single_and_gradients_are_near(plain):
    (full, state, _), (half, in_half, metrics) = plain, step_of(precision="bfloat16")
    assert jax.tree.map(lambda a: a.dtype, state) == jax.tree.map(lambda a: a.dtype, in_half)
    assert metrics["loss"].total.dtype == jnp.float32
    apart = optax.tree.norm(jax.tree.map(jnp.subtract, full, half)) / optax.tree.norm(full)
    assert 1e-3 < apart < 0.1


@pytest.mark.parametrize("name", ["own", "stochastic_depth"])
def test_in_half_precision_convolutions_take_half(name):
    join = {"name": name} | ({"survival": 0.5} if name == "stochastic_depth" else {})
    made = experiment.build(config(precision="bfloat16", join=join))
    state = jax.eval_shape(made.init, jax.random.key(0))
    batch = jax.eval_shape(made.train_data.sample, made.train_data.arrays, jax.random.key(0), 0)
    text = jax.jit(made.train_step).lower(state, batch, jax.random.key(0)).as_text()
    convolutions = [line for line in text.splitlines() if "stablehlo.convolution" in line]
    assert len(convolutions) == 3 * 7 - 1  # forwards, and for weights and activations, but for those of the images
    assert not [line for line in convolutions if "xf32>" in line]


def test_statistics_of_half_precision_are_sums_in_single():
    x = (30 + jax.random.normal(jax.random.key(0), (4096, 2))).astype(jnp.bfloat16)
    norm = BatchNorm(use_running_average=False, momentum=0.0)
    y, written = norm.apply(norm.init(jax.random.key(0), x), x, mutable=["batch_stats"])
    assert y.dtype == jnp.bfloat16
    np.testing.assert_allclose(written["batch_stats"]["var"], x.astype(jnp.float32).var(0), rtol=1e-3)


def regression(params, stats, batch, key):
    """Mean squared error, a count of steps beside an average, and a metric."""

    def loss(params):
        return jnp.square(batch["x"] @ params - batch["y"]).mean()

    value, of_loss = jax.value_and_grad(loss)(params)
    return of_loss, ({"count": stats["count"] + 1, "mean": batch["x"].mean()}, {"loss": Mean.of(value[None])})


@pytest.mark.parametrize("parts", [2, 4, 8])
def test_a_batch_in_parts_has_the_gradients_of_the_whole(parts):
    x, y = jax.random.normal(jax.random.key(0), (2, 8, 3))
    given = jnp.ones(3), {"count": jnp.int32(4), "mean": jnp.zeros(())}, {"x": x, "y": y[:, 0]}, jax.random.key(1)
    (whole, (stats, metrics)), (ours, (our_stats, our_metrics)) = (
        jax.jit(accumulated(regression, n))(*given) for n in (1, parts)
    )
    chex.assert_trees_all_close((whole, stats), (ours, our_stats), rtol=1e-5)
    assert our_stats["count"] == 5 and our_metrics["loss"].count == parts
    np.testing.assert_allclose(our_metrics["loss"].total / parts, metrics["loss"].total, rtol=1e-5)


def test_batch_statistics_of_parts_are_those_of_groups():
    def gradients_of(groups):
        norm = BatchNorm(use_running_average=False, momentum=0.9, groups=groups)

        def loss(params, stats, batch, key):
            y, written = norm.apply({"params": params, "batch_stats": stats}, batch, mutable=["batch_stats"])
            return jnp.sin(y).mean(), (written["batch_stats"], {})

        return jax.grad(loss, has_aux=True), norm

    (in_parts, norm), (by_groups, _) = gradients_of(1), gradients_of(4)
    x = jax.random.normal(jax.random.key(0), (16, 3))
    variables, key = norm.init(jax.random.key(1), x), jax.random.key(2)
    given = variables["params"], variables["batch_stats"]
    dealt = x.reshape(4, 4, 3).swapaxes(0, 1).reshape(16, 3)  # every fourth example is of the same part
    chex.assert_trees_all_close(
        accumulated(in_parts, 4)(*given, x, key), by_groups(*given, dealt, key), rtol=1e-5, atol=1e-7
    )


def test_parts_of_a_batch_have_keys_of_their_own():
    def drawing(params, stats, batch, key):
        return params, (stats, {"drawn": Mean.of(jax.random.uniform(key)), "first": Mean.of(batch[0])})

    _, (_, metrics) = accumulated(drawing, 2)(jnp.zeros(()), (), jnp.arange(6.0), jax.random.key(0))
    drawn = jax.vmap(jax.random.uniform)(jax.random.split(jax.random.key(0)))
    assert metrics["drawn"].total == drawn.sum() and drawn[0] != drawn[1]
    assert metrics["first"].total == 0 + 1  # every second example is of the same part


def test_a_batch_that_does_not_divide_is_told():
    with pytest.raises(ValueError, match="batch of 6 does not divide into 4 parts"):
        accumulated(regression, 4)(jnp.zeros(3), (), {"x": jnp.ones((6, 3)), "y": jnp.ones(6)}, jax.random.key(0))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("joined", [False, True])
def test_blocks_that_are_computed_again_give_the_same_gradients(name, joined):
    model, plain = NETS[name]
    if name == "ror":
        again = dataclasses.replace(plain, base=dataclasses.replace(plain.base, remat=True))
    else:
        again = dataclasses.replace(plain, remat=True)
    variables = model.init(jax.random.key(0), plain)
    images = jax.random.normal(jax.random.key(1), (4, 8, 8, 3))

    def loss(config, params, gates):
        join = gated(gates) if joined else None
        given = {"params": params, "batch_stats": variables["batch_stats"]}
        logits, stats = model.apply(config, given, images, train=True, join=join)
        return jnp.square(logits).sum(), stats

    gates = jnp.linspace(0.5, 1.0, plain.block_count)
    found = [
        jax.jit(jax.grad(lambda *given, c=c: loss(c, *given), (0, 1), has_aux=True))(variables["params"], gates)
        for c in (plain, again)
    ]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * jnp.abs(a).max() + 1e-6), *found)


def test_blocks_that_are_computed_again_keep_their_inputs_only():
    """What the backward pass is given, in bytes, of two nets that differ by twelve blocks."""

    def kept(depth, remat):
        net = resnet.cifar(depth, widths=(8, 8, 8), remat=remat)
        variables = jax.eval_shape(lambda: resnet.init(jax.random.key(0), net))

        def backward(variables, images):
            return jax.vjp(lambda images: resnet.apply(net, variables, images, train=True)[0], images)[1]

        images = jax.ShapeDtypeStruct((4, 8, 8, 3), jnp.float32)
        return sum(a.size * a.dtype.itemsize for a in jax.tree.leaves(jax.eval_shape(backward, variables, images)))

    of_map = 4 * 4 * 8 * 8 * 8
    maps = of_map * (1 + 1 / 4 + 1 / 16)  # the inputs of a block of each stage
    weights = 4 * 2 * (9 * 8 * 8 + 2 * 8)  # of a block
    assert kept(20, True) - kept(8, True) <= 2 * (maps + 3 * weights) * 1.01
    assert kept(20, False) - kept(8, False) > 2 * 4 * maps


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accumulate": 3}, "accumulate is 3; batch_size 16 must be a multiple of it"),
        ({"precision": "float8"}, "precision is 'float8'; it must be one of float32, bfloat16"),
        ({"accumulate": 4, "model__norm_groups": 8}, "batch_size / accumulate is 4: no multiple of model.norm_groups"),
    ],
)
def test_settings_that_make_no_sense(changes, said):
    with pytest.raises(UserError, match=said):
        experiment.build(config(**changes))
