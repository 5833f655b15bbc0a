"""Weights of PyTorch nets: the same logits in ours, and all that does not fit told at once."""

import zipfile

import jax
import numpy as np
import pytest

from deepx.models import resnet, torch_weights, vgg

CIFAR = resnet.cifar(14, classes=5, widths=(4, 8, 16))


def shapes(net, config):
    return jax.eval_shape(lambda: net.init(jax.random.key(0), config))


def like_theirs(names, variables):
    """Arrays of a net that fits, in PyTorch's names and layout, every one unlike the others."""
    rng, arrays = np.random.default_rng(0), {}
    for path, leaf in jax.tree.leaves_with_path(variables):
        _, *layer, kind = (entry.key for entry in path)
        axes = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}[len(leaf.shape)]
        name = {"kernel": "weight", "scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}[
            kind
        ]
        array = rng.uniform(0.5, 1.5, [leaf.shape[axis] for axis in axes]).astype(np.float32)
        arrays[f"{names['/'.join(layer)]}.{name}"] = array
    return arrays


# The import


def test_every_leaf_is_taken_from_its_array_in_our_layout():
    names, variables = torch_weights.cifar_resnet(CIFAR), shapes(resnet, CIFAR)
    arrays = like_theirs(names, variables)
    filled = torch_weights.imported(names, arrays | {"bn1.num_batches_tracked": np.array(7)}, variables)
    assert jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype), filled, variables)
    params, stats = filled["params"]["stage2_block1"], filled["batch_stats"]["stage2_block1"]
    assert params["conv1"]["kernel"][0, 2, 3, 5] == arrays["layer2.0.conv1.weight"][5, 3, 0, 2]
    np.testing.assert_array_equal(params["norm2"]["scale"], arrays["layer2.0.bn2.weight"])
    np.testing.assert_array_equal(params["norm2"]["bias"], arrays["layer2.0.bn2.bias"])
    np.testing.assert_array_equal(stats["norm2"]["mean"], arrays["layer2.0.bn2.running_mean"])
    np.testing.assert_array_equal(stats["norm2"]["var"], arrays["layer2.0.bn2.running_var"])
    np.testing.assert_array_equal(filled["params"]["classifier"]["kernel"], arrays["linear.weight"].T)


def test_all_that_does_not_fit_is_told_at_once_by_name_and_shape():
    names, variables = torch_weights.cifar_resnet(CIFAR), shapes(resnet, CIFAR)
    arrays = like_theirs(names, variables)
    arrays["layer9.conv.weight"] = np.zeros((2, 3))
    arrays["linear.weight"] = arrays["linear.weight"][:4]
    del arrays["layer3.1.bn2.running_var"]
    with pytest.raises(ValueError) as caught:
        torch_weights.imported(names, arrays, variables)
    assert str(caught.value).splitlines() == [
        "these weights are of another net:",
        "  missing: layer3.1.bn2.running_var (16,) for stage3_block2/norm2",
        "  wrong shape: linear.weight is (4, 16), classifier takes (5, 16)",
        "  left over: layer9.conv.weight (2, 3)",
    ]


@pytest.mark.parametrize("other", [resnet.cifar(20, classes=5, widths=(4, 8, 16)), resnet.cifar(8, classes=5)])
def test_weights_of_another_depth_or_width_are_refused(other):
    arrays = like_theirs(torch_weights.cifar_resnet(other), shapes(resnet, other))
    with pytest.raises(ValueError, match="left over: layer1.2.conv1|wrong shape: layer1.0.conv1"):
        torch_weights.imported(torch_weights.cifar_resnet(CIFAR), arrays, shapes(resnet, CIFAR))


def test_bottlenecks_with_the_stride_elsewhere_are_refused():
    with pytest.raises(ValueError, match="have stride_on '3x3', this net has '1x1'"):
        torch_weights.torchvision_resnet(resnet.imagenet(50))


# The same logits as the nets they come from


def test_the_same_logits_as_the_public_cifar_net():
    """Option A there pads a quarter of the new width on both sides."""
    torch = pytest.importorskip("torch")
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self, before, width, stride):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
            self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
            self.quarter = width // 4 if stride > 1 else 0

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            if self.quarter:
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.quarter, self.quarter))
            return F.relu(y + x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1))
            self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1))
            self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1))
            self.linear = nn.Linear(64, 10)

        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))

    config = resnet.cifar(14)
    compare(torch, Net(), resnet, config, torch_weights.cifar_resnet(config), size=32)


@pytest.fixture(scope="module")
def torchvision():
    """The package. Built for another PyTorch, it lacks operators that nets do not use: they are declared for it."""
    pytest.importorskip("torch")
    try:
        yield pytest.importorskip("torchvision", exc_type=ImportError)
    except RuntimeError:
        from torch import library as operators

        library = operators.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        yield pytest.importorskip("torchvision", exc_type=ImportError)


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_the_same_logits_as_torchvisions_residual_nets(torchvision, depth):
    import torch

    theirs = getattr(torchvision.models, f"resnet{depth}")()
    config = resnet.imagenet(depth, stride_on="3x3")
    compare(torch, theirs, resnet, config, torch_weights.torchvision_resnet(config), size=64)


def test_the_same_logits_as_torchvisions_vgg(torchvision):
    """With narrow dense layers, at 64 pixels: their maps are of 2 x 2, so that the order of flattening counts."""
    import torch
    from torch import nn

    layers = torchvision.models.vgg
    with torch.device("meta"):  # without the 120 million weights of the dense layers
        theirs = layers.VGG(nn.Sequential(), init_weights=False)
    theirs.features, theirs.avgpool = layers.make_layers(layers.cfgs["D"]), nn.Identity()
    hidden = [nn.Linear(512 * 2 * 2, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 12), nn.ReLU(), nn.Dropout()]
    theirs.classifier = nn.Sequential(*hidden, nn.Linear(12, 7))
    config = vgg.imagenet(16, hidden=(8, 12), size=64, classes=7)
    compare(torch, theirs, vgg, config, torch_weights.torchvision_vgg(config), size=64)


def compare(torch, theirs, net, config, names, size):
    """Logits of one net in both frameworks, for random weights and running moments."""
    torch.manual_seed(0)
    init = torch.nn.init
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean, module.running_var):
                init.uniform_(values, 0.3, 0.8)
        elif isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            init.kaiming_normal_(module.weight)
            if module.bias is not None:
                init.uniform_(module.bias, 0.3, 0.8)
    arrays = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    variables = torch_weights.imported(names, arrays, shapes(net, config))
    images = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    with torch.no_grad():
        expected = theirs.eval()(torch.tensor(images.transpose(0, 3, 1, 2))).numpy()
    ours = jax.jit(lambda v, x: net.apply(config, v, x))(variables, images)
    assert np.ptp(expected[0] - expected[1]) > 0.05
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)


# Files


def test_the_arrays_of_a_file_are_read(tmp_path):
    np.savez(tmp_path / "net.npz", **{"conv1.weight": np.arange(3)})
    assert torch_weights.read(tmp_path / "net.npz")["conv1.weight"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["text", "one array", "objects", "half", "empty", "another zip"])
def test_a_file_without_named_arrays_is_told_with_the_command(tmp_path, kind):
    file = tmp_path / "net.npz"
    match kind:
        case "text":
            file.write_text("hello there")
        case "one array":
            np.save(tmp_path / "net", np.arange(3))
            (tmp_path / "net.npy").rename(file)
        case "objects":
            np.savez(file, a=np.array([print], object))
        case "half":
            np.savez(file, a=np.arange(1000), b=np.arange(1000))
            file.write_bytes(file.read_bytes()[:9000])
        case "empty":
            file.touch()
        case "another zip":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("data.pkl", b"...")
    with pytest.raises(ValueError, match=f"{file} holds no named arrays.*convert_weights"):
        torch_weights.read(file)
