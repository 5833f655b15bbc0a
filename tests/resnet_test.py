"""Residual nets: the paper's sizes, its equation, and PyTorch's numbers for the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import check_groups, parameter_count, pictures, shaken, shapes

from deepx.models import resnet
from deepx.nn.residual import added

init = jax.jit(resnet.init, static_argnames="config")
apply = jax.jit(resnet.apply, static_argnames=("config", "train"))
SMALL = resnet.cifar(depth=8, classes=5, widths=(4, 8, 16))


@pytest.fixture(scope="module")
def small():
    return shaken(resnet, SMALL)


@pytest.mark.parametrize(
    ("depth", "count"),
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962), (1202, 19_421_274)],
)
def test_as_many_parameters_as_in_the_paper(depth, count):
    """Table 6 has 0.27, 0.46, 0.66, 0.85, 1.7 and 19.4 million."""
    assert parameter_count(resnet, resnet.cifar(depth)) == count


@pytest.mark.parametrize(
    ("depth", "count"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160), (152, 60_192_808)]
)
def test_as_many_parameters_as_torchvisions(depth, count):
    assert parameter_count(resnet, resnet.imagenet(depth)) == count


@pytest.mark.parametrize(
    ("make", "depth"),
    [(resnet.cifar, 20), (resnet.cifar, 56), (resnet.imagenet, 18), (resnet.imagenet, 34), (resnet.imagenet, 50)],
)
def test_depth_counts_the_layers_with_weights_but_projections(make, depth):
    paths = [path for path, _ in jax.tree.leaves_with_path(shapes(resnet, make(depth))["params"])]
    assert sum(path[-1].key == "kernel" and path[-2].key != "shortcut_conv" for path in paths) == depth


@pytest.mark.parametrize(
    ("depth", "nearest"),
    [(21, "20 and 26"), (18, "14 and 20"), (19, "14 and 20"), (9, "8 and 14"), (2, "8"), (-4, "8")],
)
def test_a_depth_that_is_not_6n_plus_2_is_refused_with_the_nearest(depth, nearest):
    with pytest.raises(ValueError, match=rf"got {depth}; nearest: {nearest}$"):
        resnet.cifar(depth=depth)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: resnet.cifar(20, shortcut="D"), "shortcut is 'D'; it must be one of 'A', 'B', 'C'"),
        (lambda: resnet.cifar(20, stem="mnist"), "stem is 'mnist'; it must be one of 'cifar', 'imagenet'"),
        (lambda: resnet.cifar(20, block="bottleneck", stride_on="2x2"), "stride_on is '2x2'"),
        (lambda: resnet.cifar(24, block="bottleneck"), r"9n \+ 2 .*got 24; nearest: 20 and 29"),
        (lambda: resnet.imagenet(20), "depth must be one of 18, 34, 50, 101, 152, got 20"),
    ],
)
def test_nets_that_do_not_exist(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_initialised_as_he_et_al():
    """Kernels are normal with variance 2 / fan-in, scales 1, everything else 0; running statistics 0 and 1."""
    variables = jax.device_get(init(jax.random.key(0), resnet.cifar(depth=8)))
    for path, leaf in jax.tree.leaves_with_path(variables):
        match path[-1].key:
            case "kernel":
                fan_in = np.prod(leaf.shape[:-1])
                assert np.std(leaf) == pytest.approx(np.sqrt(2 / fan_in), rel=5 / np.sqrt(2 * leaf.size))
                if leaf.size > 5000:  # a normal distribution, not one cut off at two deviations
                    assert np.abs(leaf).max() > 3 * np.sqrt(2 / fan_in)
            case "scale" | "var":
                np.testing.assert_array_equal(leaf, 1)
            case "bias" | "mean":
                np.testing.assert_array_equal(leaf, 0)


def test_a_block_without_its_residual_function_is_the_identity(small):
    """Equation 1 with F = 0: y = relu(x), which is x behind the relu of the block before."""
    params = jax.tree.map(lambda v: v, small["params"])
    params["stage1_block1"]["norm2"] = jax.tree.map(np.zeros_like, params["stage1_block1"]["norm2"])
    variables = {
        "params": params["stage1_block1"],
        "batch_stats": small["batch_stats"]["stage1_block1"],
    }
    x = jnp.abs(pictures(channels=4))
    block = resnet.Block(SMALL, next(SMALL.places))
    np.testing.assert_array_equal(block.apply(variables, x, train=False, join=added), x)


def test_groups_of_a_batch_are_normalised_by_themselves():
    check_groups(resnet, resnet.cifar(8, classes=5, widths=(4, 8, 16), shortcut="C"), pictures())


def test_an_image_is_classified_by_itself_in_evaluation_and_with_its_batch_in_training(small):
    x = pictures()
    alone = apply(SMALL, small, x[:1])
    np.testing.assert_allclose(alone, apply(SMALL, small, x)[:1], rtol=1e-4, atol=1e-5)
    together, _ = apply(SMALL, small, x, train=True)
    halved, _ = apply(SMALL, small, x[:3], train=True)
    assert np.abs(together[:3] - halved).max() > 1e-2


def test_images_of_any_size_but_the_right_channels(small):
    assert apply(SMALL, small, pictures(size=12)).shape == (6, 5)
    with pytest.raises(AssertionError, match="shape"):
        apply(SMALL, small, pictures(channels=1))


def test_every_parameter_has_a_gradient_and_no_convolution_a_bias(small):
    def loss(params):
        logits, _ = apply(SMALL, {**small, "params": params}, pictures(), train=True)
        return jnp.mean(jax.nn.log_softmax(logits)[:, 0])

    gradients = jax.device_get(jax.jit(jax.grad(loss))(small["params"]))
    for path, gradient in jax.tree.leaves_with_path(gradients):
        assert np.abs(gradient).max() > 1e-6, path
        assert path[-1].key != "bias" or "conv" not in path[-2].key, path


def test_the_same_numbers_as_an_independent_implementation_in_pytorch(small):
    """Logits in both modes, running statistics, and the gradient, for weights copied over."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional

    class Basic(torch.nn.Module):
        def __init__(self, before, after, stride):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.norm1 = torch.nn.BatchNorm2d(after)
            self.conv2 = torch.nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.norm2 = torch.nn.BatchNorm2d(after)
            self.stride, self.new = stride, after - before

        def forward(self, x):
            y = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
            if self.new:
                x = functional.pad(functional.max_pool2d(x, 1, self.stride), (0, 0, 0, 0, self.new // 2, self.new // 2))
            return torch.relu(y + x)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem_conv, self.stem_norm = torch.nn.Conv2d(3, 4, 3, 1, 1, bias=False), torch.nn.BatchNorm2d(4)
            self.stage1_block1, self.stage2_block1, self.stage3_block1 = Basic(4, 4, 1), Basic(4, 8, 2), Basic(8, 16, 2)
            self.classifier = torch.nn.Linear(16, 5)

        def forward(self, x):
            x = torch.relu(self.stem_norm(self.stem_conv(x)))
            x = self.stage3_block1(self.stage2_block1(self.stage1_block1(x)))
            return self.classifier(functional.adaptive_avg_pool2d(x, 1).flatten(1))

    names = {"kernel": "weight", "scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}

    def to_torch(tree):
        """The state dictionary of a tree of ours: HWIO kernels become OIHW, IO ones OI."""
        tree = jax.device_get(tree)
        return {
            ".".join([*(entry.key for entry in path[:-1]), names[path[-1].key]]): torch.tensor(
                np.transpose(leaf, (3, 2, 0, 1)) if leaf.ndim == 4 else np.transpose(leaf)
            )
            for path, leaf in jax.tree.leaves_with_path(tree)
        }

    net = Net()
    missing, unexpected = net.load_state_dict(to_torch(small["params"]) | to_torch(small["batch_stats"]), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    x = pictures()
    x_torch = torch.tensor(x.transpose(0, 3, 1, 2))

    theirs = net.eval()(x_torch).detach()
    np.testing.assert_allclose(apply(SMALL, small, x), theirs, rtol=1e-4, atol=1e-4)

    theirs = net.train()(x_torch)
    logits, stats = apply(SMALL, small, x, train=True)
    np.testing.assert_allclose(logits, theirs.detach(), rtol=1e-4, atol=1e-4)

    after, before, sizes = net.state_dict(), to_torch(small["batch_stats"]), {4: 16, 8: 8, 16: 4}
    for name, ours in to_torch(stats).items():
        expected = after[name]
        if name.endswith("running_var"):  # PyTorch averages the unbiased variance of m values, we (1 - 1/m) of it
            m = len(x) * sizes[len(ours)] ** 2
            expected = 0.9 * before[name] + (1 - 1 / m) * (expected - 0.9 * before[name])
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5, err_msg=name)

    theirs.square().sum().backward()

    def loss(params):
        return jnp.square(apply(SMALL, {**small, "params": params}, x, train=True)[0]).sum()

    theirs = dict(net.named_parameters())
    for name, ours in to_torch(jax.jit(jax.grad(loss))(small["params"])).items():
        np.testing.assert_allclose(ours, theirs[name].grad, rtol=1e-2, atol=1e-2, err_msg=name)


def test_overfits_eight_images():
    config = resnet.cifar(depth=8, widths=(8, 16, 32))
    images = jax.random.normal(jax.random.key(0), (8, 16, 16, 3))
    labels = jnp.arange(8)
    variables = resnet.init(jax.random.key(1), config)

    def loss(params, stats):
        logits, stats = resnet.apply(config, {"params": params, "batch_stats": stats}, images, train=True)
        return -jax.nn.log_softmax(logits)[jnp.arange(8), labels].mean(), stats

    @jax.jit
    def step(params, stats):
        (value, stats), gradients = jax.value_and_grad(loss, has_aux=True)(params, stats)
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, gradients), stats, value

    params, stats = variables["params"], variables["batch_stats"]
    for _ in range(150):
        params, stats, value = step(params, stats)
    assert value < 0.02
    logits = resnet.apply(config, {"params": params, "batch_stats": stats}, images)  # by the running statistics
    assert (logits.argmax(-1) == labels).all()
