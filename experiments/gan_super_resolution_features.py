"""The feature maps in which SRGAN compares content: of VGG-19 by a file of weights, or of a net trained here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flax import linen as nn
from ml_collections import ConfigDict

from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.models import vgg
from deepx.nn.convolutions import Variables
from deepx.nn.residual import alone
from experiments import image_sets, resnet
from experiments.nets import Net, net_of, weights_of
from experiments.trained import trained


def features_of(features: ConfigDict) -> Callable[[Array], Array] | None:
    """The maps, after activation, of images [N, H, W, 3] in [-1, 1]; None where content is compared in pixels.

    features.weights: a file of `scripts/convert_weights` with torchvision's VGG-19. features.run: a run of
    `resnet/cifar10_vgg`, of which the convolutions see larger images than they were trained on. layer: 'stage5_layer4'
    is phi_5,4 of the paper, the fourth convolution before the fifth maximum.

    Raises UserError, ValueError, OSError.
    """
    if features.weights and features.run:
        raise UserError("Give features.weights or features.run, not both.")
    if features.weights:
        net = Net(vgg, vgg.imagenet(19))
        variables, (mean, std) = weights_of(net, Path(features.weights))
        config = net.config
    elif features.run:
        theirs, variables = trained(Path(features.run), resnet.build)
        mean, std = image_sets.moments(theirs.data)
        config = net_of(theirs.model).config
    else:
        return None
    if not isinstance(config, vgg.Config):
        raise UserError(f"features.run: the net in {features.run} is no VGG net; a run of resnet/cifar10_vgg has one.")
    names = [place.name for place in config.places if place.name.startswith("stage")]
    if features.layer not in names:
        raise UserError(f"features.layer is {features.layer!r}; it must be one of {', '.join(names)}.")
    return lambda images: convolved(config, variables, ((images + 1) * 127.5 - mean) / std, features.layer)


def convolved(config: vgg.Config, variables: Variables, images: Array, layer: str) -> Array:
    """The maps of a convolution of a VGG net, before the maximum behind it; of images of any size, normalised."""
    x = images
    for place in config.places:
        own = {kind: variables[kind][place.name] for kind in variables if place.name in variables[kind]}
        x = vgg.Layer(config, place).apply(own, x, False, alone)
        if place.name == layer:
            return x
        x = nn.max_pool(x, (2, 2), (2, 2)) if place.pooled else x
    raise ValueError(f"the net has no layer {layer}")
