"""Pre-activation nets: sizes, the identity between blocks, and PyTorch's numbers for the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import check_groups, joins_of, parameter_count, pictures, shaken, shapes

from deepx.models import preact
from deepx.nn.residual import added, gated

SMALL = preact.cifar(11, block="bottleneck", widths=(2, 3, 4), classes=5)
TWO = preact.cifar(14, widths=(4, 6, 8), shortcut="A", classes=5)


@pytest.fixture(scope="module")
def small():
    return shaken(preact, SMALL)


@pytest.mark.parametrize(
    ("depth", "block", "count"),
    [(110, "basic", 1_730_522), (164, "bottleneck", 1_703_258), (1001, "bottleneck", 10_327_706)],
)
def test_as_many_parameters_as_in_the_paper(depth, block, count):
    """1.7, 1.7 and 10.2 million; the authors' code makes 10.33."""
    assert parameter_count(preact, preact.cifar(depth, block=block)) == count


@pytest.mark.parametrize("make", [preact.cifar, lambda depth: preact.cifar(depth, block="bottleneck")])
def test_depth_counts_the_layers_with_weights_but_projections(make):
    kernels = [
        path for path, _ in jax.tree.leaves_with_path(shapes(preact, make(20))["params"]) if path[-1].key == "kernel"
    ]
    assert sum(path[-2].key != "shortcut_conv" for path in kernels) == 20


def test_depth_of_a_wide_net_counts_its_convolutions():
    kernels = [leaf for leaf in jax.tree.leaves(shapes(preact, preact.wide(16, 2))["params"]) if leaf.ndim == 4]
    assert len(kernels) == 16


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: preact.cifar(111), r"6n \+ 2 .*got 111; nearest: 110 and 116"),
        (lambda: preact.cifar(111, block="bottleneck"), r"9n \+ 2 .*got 111; nearest: 110 and 119"),
        (lambda: preact.wide(20, 2), r"6n \+ 4 .*got 20; nearest: 16 and 22"),
        (lambda: preact.cifar(20, block="fire"), "block is 'fire'"),
        (lambda: preact.cifar(20, shortcut="D"), "shortcut is 'D'; it must be one of 'A', 'B', 'C'"),
    ],
)
def test_nets_that_do_not_exist(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_widening():
    """Both widths of a wide net are its stages'; only `cifar` widens the first convolution."""
    assert (preact.cifar(20, widen=4).widths, preact.cifar(20, widen=4).entering) == ((64, 128, 256), 64)
    assert (preact.wide(58, 4).widths, preact.wide(58, 4).entering) == ((64, 128, 256), 16)
    assert preact.wide(58, 4).reshaping == (0, 9, 18)


def test_nothing_stands_on_the_way_between_blocks():
    """What leaves a block is the next one's shortcut, to the bit; not where a stage begins."""
    seen, _ = joins_of(preact, TWO, shaken(preact, TWO), jnp.asarray(pictures()), added)
    for l in (1, 3, 5):
        np.testing.assert_array_equal(seen[l][1], seen[l - 1][0] + seen[l - 1][1])
        assert (seen[l][1] < 0).any()
    for l in (0, 2, 4):
        assert (seen[l][1] >= 0).all()  # behind a relu


def test_a_gate_of_0_is_the_net_without_the_block():
    variables = shaken(preact, TWO)
    shorter = preact.Config(stages=(2, 1, 2), widths=(4, 6, 8), stem_width=4, shortcut="A", classes=5)
    gates = jnp.ones(6).at[3].set(0)  # stage2_block2
    ours = preact.apply(TWO, variables, pictures(), join=gated(gates))
    without = {kind: {n: v for n, v in tree.items() if n != "stage2_block2"} for kind, tree in variables.items()}
    np.testing.assert_allclose(ours, preact.apply(shorter, without, pictures()), rtol=1e-5, atol=1e-5)
    assert np.abs(ours - preact.apply(TWO, variables, pictures())).max() > 1e-2


def test_groups_of_a_batch_are_normalised_by_themselves():
    check_groups(preact, SMALL, pictures())


def test_every_parameter_has_a_gradient(small):
    def loss(params):
        logits, _ = preact.apply(SMALL, {**small, "params": params}, pictures(), train=True)
        return jnp.mean(jax.nn.log_softmax(logits)[:, 0])

    for path, gradient in jax.tree.leaves_with_path(jax.device_get(jax.jit(jax.grad(loss))(small["params"]))):
        assert np.abs(gradient).max() > 1e-7, path
        assert path[-1].key != "bias" or "conv" not in path[-2].key, path


def test_the_same_numbers_as_an_independent_implementation_in_pytorch(small):
    """As the authors' code has it: projections behind the first activation, strides on the first 1x1."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    variables = jax.tree.map(torch.tensor, small)

    def norm(x, *path):
        params, stats = variables["params"], variables["batch_stats"]
        for name in path:
            params, stats = params[name], stats[name]
        return torch.relu(functional.batch_norm(x, stats["mean"], stats["var"], params["scale"], params["bias"]))

    def conv(x, *path, stride=1):
        params = variables["params"]
        for name in path:
            params = params[name]
        kernel = params["kernel"].permute(3, 2, 0, 1)
        return functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)

    x = conv(torch.tensor(pictures().transpose(0, 3, 1, 2)), "stem_conv")
    for name, stride in (("stage1_block1", 1), ("stage2_block1", 2), ("stage3_block1", 2)):
        first = norm(x, name, "norm1")
        f = conv(first, name, "conv1", stride=stride)
        f = conv(norm(f, name, "norm2"), name, "conv2")
        f = conv(norm(f, name, "norm3"), name, "conv3")
        x = f + conv(first, name, "shortcut_conv", stride=stride)
    features = norm(x, "last_norm").mean((2, 3))
    classifier = variables["params"]["classifier"]
    expected = features @ classifier["kernel"] + classifier["bias"]
    np.testing.assert_allclose(preact.apply(SMALL, small, pictures()), expected, rtol=1e-4, atol=1e-4)
